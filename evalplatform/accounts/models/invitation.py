"""A link that lets one person join a team; the only way in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from evalplatform.accounts.models.membership import Membership, verbs_held
from evalplatform.accounts.models.team import Team
from evalplatform.accounts.models.user import (
    User,
    new_id,
    normalised_email,
    refuse_hidden_characters,
)
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
    email = models.EmailField(max_length=254, validators=[refuse_hidden_characters])
    role = models.CharField(max_length=20, choices=[(role, role.title()) for role in Role])
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(  # None: an operator, from the command line
        "accounts.User", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
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
        """Those who manage members; an owner's invitation is an owner's to revoke."""
        if actor.may(Verb.MANAGE_OWNERS):
            return EVERYBODY
        return ~Q(role=Role.OWNER) if actor.may(Verb.MANAGE_MEMBERS) else NOBODY

    @classmethod
    def issue(cls, email: str, role: str, *, by: Actor) -> tuple[Invitation, str]:
        """Make an invitation, return it with its token; an open one for the address ends."""
        from evalplatform.audit.recording import record

        with transaction.atomic():
            Team.all_rows.select_for_update(no_key=True).get(pk=by.team.pk)
            cls._require_may_invite(role, verbs_held(by))
            for replaced in cls.still_open(by.team, normalised_email(email)):
                replaced.revoke(by=by)
            invitation, token = cls._make(by.team, email, role, invited_by=by.user)
            record(by, "invitation.issue", invitation, changes=invitation.issued())
        return invitation, token

    @classmethod
    def issue_by_operator(cls, team: Team, email: str) -> tuple[Invitation, str]:
        """Invite an owner from the command line of the installation: nobody is in the team yet."""
        from evalplatform.audit.recording import record_by_operator

        with transaction.atomic():
            invitation, token = cls._make(team, email, Role.OWNER, invited_by=None)
            record_by_operator(team, "invitation.issue", invitation, changes=invitation.issued())
        return invitation, token

    @staticmethod
    def _require_may_invite(role: str, verbs: frozenset[str]) -> None:
        if Verb.MANAGE_MEMBERS not in verbs:
            raise PermissionDenied("Your role may not invite people.")
        if role == Role.OWNER and Verb.MANAGE_OWNERS not in verbs:
            raise PermissionDenied("Only an owner may invite an owner.")

    @classmethod
    def still_open(cls, team: Team, address: str) -> list[Invitation]:
        """Return what is neither accepted nor revoked for the address, expired ones included."""
        waiting = cls.all_rows.filter(team=team, accepted_at=None, revoked_at=None)
        return list(waiting.filter(email=address).select_for_update())

    @classmethod
    def _make(
        cls, team: Team, email: str, role: str, *, invited_by: User | None
    ) -> tuple[Invitation, str]:
        address = normalised_email(email)
        members = Membership.all_rows.filter(team=team, ended_at=None, user__email=address)
        if members.exists():
            raise ValidationError({"email": "This person is in the team already."})
        token = secrets.token_urlsafe(32)
        invitation = cls(
            team=team,
            email=address,
            role=role,
            token_sha256=hash_of(token),
            invited_by=invited_by,
            expires_at=timezone.now() + VALID_FOR,
        )
        invitation.full_clean()
        invitation.save()
        return invitation, token

    def issued(self) -> dict[str, list[object]]:
        """Return what the audit event of an issue says; never the token."""
        fields = ("email", "role", "expires_at")
        return {name: [None, getattr(self, name)] for name in fields}

    @property
    def has_account(self) -> bool:
        """Say whether the invited address can sign in already."""
        return User.objects.filter(email=self.email).exists()

    @property
    def is_open(self) -> bool:
        """Say whether the link still opens the door."""
        ended = self.accepted_at or self.revoked_at or self.team.deleted_at
        return not ended and self.expires_at > timezone.now()

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
            held = Invitation.all_rows.select_for_update().get(pk=self.pk)
            if held.accepted_at:
                raise ValidationError("This invitation was accepted meanwhile.")
            if held.revoked_at:
                return
            self._require_may_invite(held.role, verbs_held(by))
            held.revoked_at = self.revoked_at = timezone.now()
            held.save(update_fields=["revoked_at"])
            record(by, "invitation.revoke", held, changes={"revoked_at": [None, held.revoked_at]})

    def accept_as_new_person(
        self, name: str, password: str, *, request_id: str = "", address: str | None = None
    ) -> User:
        """Make the user this invitation names and give them their place, or neither."""
        user = User(email=self.email, name=name)
        user.set_password(password)
        try:
            with transaction.atomic():
                user.full_clean(validate_unique=False)
                user.save()
                self.accept(user, request_id=request_id, address=address)
        except IntegrityError as error:
            taken = "This address has an account meanwhile: open the link again."
            raise ValidationError(taken) from error
        return user

    def accept(self, user: User, *, request_id: str = "", address: str | None = None) -> Membership:
        """Give the user their place; the link works once, whatever races for it."""
        from evalplatform.audit.recording import record

        membership: Membership
        with transaction.atomic():
            waiting = Invitation.all_rows.select_related("team").select_for_update(of=("self",))
            held = waiting.get(pk=self.pk)
            if not held.is_open:
                raise ValidationError("This invitation is no longer open: ask for a new one.")
            if user.email != held.email or not user.is_active:
                raise PermissionDenied("This invitation is for somebody else.")
            membership, _ = Membership.all_rows.get_or_create(
                user=user, team=held.team, ended_at=None, defaults={"role": held.role}
            )
            held.accepted_at, held.accepted_by = timezone.now(), user
            held.save(update_fields=["accepted_at", "accepted_by"])
            actor = membership.act(via="page", request_id=request_id, address=address)
            record(actor, "invitation.accept", held, changes={"role": [None, membership.role]})
        return membership
