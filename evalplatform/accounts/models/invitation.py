"""A link that lets one person join a team; the only way in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from evalplatform.accounts.models.membership import Membership
from evalplatform.accounts.models.user import User, new_id, normalised_email
from evalplatform.accounts.roles import Role, Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel

VALID_FOR = timedelta(days=7)


def hash_of(token: str) -> str:
    """Return the SHA-256 of a random token: enough, since nobody can guess 256 bits."""
    return hashlib.sha256(token.encode()).hexdigest()


class Invitation(ScopedModel):
    """An address, a role, and the hash of a token that is shown once, in the link."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=20, choices=[(role, role.title()) for role in Role])
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta(ScopedModel.Meta):
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["team", "email"],
                condition=Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_address",
            )
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return Q(team=actor.team) if actor.may(Verb.MANAGE_MEMBERS) else NOBODY

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return EVERYBODY if actor.may(Verb.MANAGE_MEMBERS) else NOBODY

    @classmethod
    def issue(cls, email: str, role: str, *, by: Actor) -> tuple[Invitation, str]:
        """Make an invitation, return it with its token; an open one for the address ends."""
        from evalplatform.audit.recording import record

        if not by.may(Verb.MANAGE_MEMBERS) or (
            role == Role.OWNER and not by.may(Verb.MANAGE_OWNERS)
        ):
            raise PermissionDenied("Only an owner may invite an owner.")
        address = normalised_email(email)
        members = Membership.all_rows.filter(team=by.team, ended_at=None, user__email=address)
        if members.exists():
            raise ValidationError({"email": "This person is in the team already."})
        token = secrets.token_urlsafe(32)
        with transaction.atomic():
            open_ones = cls.all_rows.filter(team=by.team, email=address, accepted_at=None)
            open_ones.filter(revoked_at=None).update(revoked_at=timezone.now())
            invitation = cls(
                team=by.team,
                email=address,
                role=role,
                token_sha256=hash_of(token),
                invited_by=by.user,
                expires_at=timezone.now() + VALID_FOR,
            )
            invitation.full_clean()
            invitation.save()
            record(by, "invitation.issue", invitation, changes={"role": [None, role]})
        return invitation, token

    @classmethod
    def open_for(cls, token: str) -> Invitation | None:
        """Return the invitation a token still opens, else None."""
        return (
            cls.all_rows.select_related("team", "invited_by")
            .filter(token_sha256=hash_of(token), accepted_at=None, revoked_at=None)
            .filter(expires_at__gt=timezone.now(), team__deleted_at=None)
            .first()
        )

    def revoke(self, *, by: Actor) -> None:
        """Make the link useless at once."""
        from evalplatform.audit.recording import record

        with transaction.atomic():
            self.revoked_at = timezone.now()
            self.save(update_fields=["revoked_at"])
            record(by, "invitation.revoke", self)

    def accept(self, user: User, *, request_id: str = "", address: str | None = None) -> Membership:
        """Give the user their place; the link works once, whatever races for it."""
        from evalplatform.audit.recording import record

        membership: Membership
        with transaction.atomic():
            held = Invitation.all_rows.select_for_update().get(pk=self.pk)
            if held.accepted_at or held.revoked_at or held.expires_at <= timezone.now():
                raise ValidationError("This invitation is no longer open: ask for a new one.")
            membership, _ = Membership.all_rows.get_or_create(
                user=user, team=held.team, ended_at=None, defaults={"role": held.role}
            )
            held.accepted_at, held.accepted_by = timezone.now(), user
            held.save(update_fields=["accepted_at", "accepted_by"])
            actor = membership.act(via="page", request_id=request_id, address=address)
            record(actor, "invitation.accept", held, changes={"role": [None, membership.role]})
        return membership
