"""A person's place in a team, with a role."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Role, Verb, verbs_of
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel

if TYPE_CHECKING:
    from evalplatform.accounts.models.team import Team
    from evalplatform.accounts.models.user import User


class Membership(ScopedModel):
    """One person in one team; ended, not deleted, so that what they did keeps its name."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="memberships")
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role, role.title()) for role in Role])
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta(ScopedModel.Meta):
        ordering = ("created_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["user", "team"], condition=Q(ended_at=None), name="one_membership_per_team"
            ),
            models.CheckConstraint(name="role_is_known", condition=Q(role__in=list(Role))),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Everybody sees themselves; those who manage members see all of them."""
        mine = Q(team=actor.team, ended_at=None)
        return mine if actor.may(Verb.MANAGE_MEMBERS) else mine & Q(user=actor.user)

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        """Admins change everybody but owners; owners change owners too."""
        if actor.may(Verb.MANAGE_OWNERS):
            return EVERYBODY
        return ~Q(role=Role.OWNER) if actor.may(Verb.MANAGE_MEMBERS) else NOBODY

    def act(self, *, via: str, request_id: str = "", address: str | None = None) -> Actor:
        """Return the actor this membership is, with today's verbs."""
        return Actor(
            membership=self,
            verbs=verbs_of(self.role),
            via=via,
            request_id=request_id,
            address=address,
        )

    def change_role(self, role: str, *, by: Actor) -> None:
        """Give another role, at once; the team keeps at least one owner."""
        from evalplatform.audit.recording import record

        with transaction.atomic():
            self._lock_for(by, role)
            before, self.role = self.role, role
            if role == before:
                return
            self.full_clean()
            self.save(update_fields=["role"])
            record(by, "membership.change_role", self, changes={"role": [before, role]})

    def end(self, *, by: Actor) -> None:
        """Take the person out of the team; their keys stop with it."""
        from evalplatform.audit.recording import record

        with transaction.atomic():
            self._lock_for(by, None)
            self.ended_at = timezone.now()
            self.save(update_fields=["ended_at"])
            record(by, "membership.end", self, changes={"role": [self.role, None]})

    def _lock_for(self, by: Actor, role: str | None) -> None:
        """Hold the team's memberships, then check the acting role and that an owner remains.

        Both are read under the lock: two owners who remove each other at once cannot both succeed.
        """
        team = {row.pk: row for row in held_memberships(self.team_id)}
        if self.pk not in team:
            raise ValidationError("This person is no longer in the team.")
        self.role = team[self.pk].role
        acting = team.get(by.membership.pk)
        verbs = by.verbs & verbs_of(acting.role) if acting else frozenset()
        if Verb.MANAGE_MEMBERS not in verbs:
            raise PermissionDenied("Your role may not change members.")
        if Role.OWNER in (self.role, role) and Verb.MANAGE_OWNERS not in verbs:
            raise PermissionDenied("Only an owner may make or change an owner.")
        others = [row for row in team.values() if row.pk != self.pk]
        if (
            self.role == Role.OWNER
            and role != Role.OWNER
            and not any(row.role == Role.OWNER and row.user.is_active for row in others)
        ):
            raise ValidationError("A team keeps at least one owner: make somebody else one first.")


def held_memberships(team_id: Any) -> models.QuerySet[Membership]:
    """Return a team's living memberships, locked, in one order so that no two changes deadlock."""
    living = Membership.all_rows.filter(team=team_id, ended_at=None)
    return living.select_related("user").select_for_update(of=("self",)).order_by("pk")


def teams_owned_alone(user: User) -> list[Team]:
    """Return the living teams of which this person is the only owner who can sign in.

    The memberships of each stay locked, so that no other owner goes at the same time.
    """
    owned = Membership.all_rows.filter(user=user, role=Role.OWNER, ended_at=None)
    places = owned.filter(team__deleted_at=None).select_related("team").order_by("team_id")
    return [place.team for place in places if not has_other_owner(place)]


def has_other_owner(place: Membership) -> bool:
    """Say whether somebody else owns the team and can sign in, asked after its rows are locked."""
    list(held_memberships(place.team_id))
    owners = Membership.all_rows.filter(team=place.team_id, role=Role.OWNER, ended_at=None)
    return bool(owners.filter(user__is_active=True).exclude(pk=place.pk).exists())


def verbs_held(by: Actor) -> frozenset[str]:
    """Return what the actor may do at this moment, by the locked row; nothing once it has ended."""
    held = Membership.all_rows.select_for_update().filter(pk=by.membership.pk, ended_at=None)
    row = held.first()
    return by.verbs & verbs_of(row.role) if row else frozenset()
