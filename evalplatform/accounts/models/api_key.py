"""Keys that let programs act for a membership, and the log of their calls."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from datetime import timedelta

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from evalplatform.accounts.models.membership import verbs_held
from evalplatform.accounts.models.user import User, new_id, refuse_hidden_characters, tidy_name
from evalplatform.accounts.roles import SCOPES, Role, Verb, verbs_of_key
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from evalplatform.scoping.models import EVERYBODY, ScopedModel

ALPHABET = string.ascii_letters + string.digits
KEY_FORM = re.compile(r"evp_([A-Za-z0-9]{8})([A-Za-z0-9]{24})")
LAST_USED_STEP = timedelta(minutes=1)


def hash_of(key: str) -> str:
    """Return the SHA-256 of a key: it holds 190 random bits, so no slow hash is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


class ApiKey(ScopedModel):
    """`evp_` and 32 random characters; 8 are kept to find and show it, the whole only as a hash."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    membership = models.ForeignKey(
        "accounts.Membership", on_delete=models.PROTECT, related_name="api_keys"
    )
    name = models.CharField(max_length=120, validators=[refuse_hidden_characters])
    prefix = models.CharField(max_length=8, unique=True, editable=False)
    key_sha256 = models.CharField(max_length=64, editable=False)
    scopes = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+", editable=False
    )

    class Meta(ScopedModel.Meta):
        verbose_name = "API key"
        ordering = ("-created_at",)
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "name"],
                condition=Q(revoked_at=None),
                name="one_living_key_per_name",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} (evp_{self.prefix}…)"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Everybody sees their own keys; those who manage members see the team's."""
        team = Q(membership__team=actor.team)
        mine = Q(membership__user=actor.user)
        return team if actor.may(Verb.MANAGE_MEMBERS) else team & mine

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        """One's own, and for those who manage members everybody's but owners'."""
        if actor.may(Verb.MANAGE_OWNERS):
            return EVERYBODY
        mine = Q(membership__user=actor.user)
        if actor.may(Verb.MANAGE_MEMBERS):
            return mine | ~Q(membership__role=Role.OWNER)
        return mine

    @classmethod
    def issue(
        cls, name: str, *, by: Actor, scopes: list[str] | None = None, days: int | None = None
    ) -> tuple[ApiKey, str]:
        """Make a key for the actor's own membership; returns it with its text, shown this once."""
        from evalplatform.audit.recording import record

        if not by.may(Verb.MANAGE_OWN_KEYS):
            raise PermissionDenied("A key cannot make keys.")
        unknown = sorted(set(scopes or []) - set(SCOPES))
        if unknown:
            raise ValidationError({"scopes": f"Unknown: {', '.join(unknown)}."})
        name = tidy_name(name)
        secret = "".join(secrets.choice(ALPHABET) for _ in range(32))
        text = f"evp_{secret}"
        with transaction.atomic():
            if Verb.MANAGE_OWN_KEYS not in verbs_held(by):
                raise PermissionDenied("Your place in the team has ended.")
            mine = cls.all_rows.filter(membership=by.membership, revoked_at=None)
            if mine.filter(name=name).exists():
                raise ValidationError({"name": "You have a key of this name: choose another."})
            key = cls(
                membership=by.membership,
                name=name,
                prefix=secret[:8],
                key_sha256=hash_of(text),
                scopes=sorted(set(scopes or [])),
                expires_at=timezone.now() + timedelta(days=days) if days else None,
            )
            key.full_clean()
            key.save()
            issued = ("name", "scopes", "expires_at")
            changes = {field: [None, getattr(key, field)] for field in issued}
            record(by, "api_key.issue", key, changes=changes)
        return key, text

    @classmethod
    def find(cls, text: str) -> ApiKey | None:
        """Return the usable key this text is, read from the database at every call; else None."""
        form = KEY_FORM.fullmatch(text)
        if not form:
            return None
        key = (
            cls.all_rows.select_related("membership__user", "membership__team")
            .filter(prefix=form[1], revoked_at=None)
            .filter(membership__ended_at=None, membership__team__deleted_at=None)
            .filter(membership__user__is_active=True)
            .first()
        )
        held = key.key_sha256 if key else "0" * 64
        if not secrets.compare_digest(held, hash_of(text)) or key is None:
            return None
        return None if key.is_expired else key

    @property
    def is_usable(self) -> bool:
        """Say whether the key itself still opens the API; needs membership and user at hand."""
        ended = self.revoked_at or self.is_expired or self.membership.ended_at
        return not ended and self.membership.user.is_active

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def act(self, *, request_id: str = "", address: str | None = None) -> Actor:
        """Return the actor: never more than the membership can do today."""
        return Actor(
            membership=self.membership,
            verbs=verbs_of_key(self.membership.role, self.scopes),
            via="key",
            key=self,
            request_id=request_id,
            address=address,
        )

    def note_use(self) -> None:
        """Keep when it was last used, to the minute, so that busy keys do not write each call."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > LAST_USED_STEP:
            ApiKey.all_rows.filter(pk=self.pk).update(last_used_at=now)

    def revoke(self, *, by: Actor) -> None:
        """Stop the key at once; revoking twice is the same as once."""
        from evalplatform.audit.recording import record

        with transaction.atomic():
            held = ApiKey.all_rows.select_for_update(of=("self",)).get(pk=self.pk)
            require_editable(held, by)
            if held.revoked_at:
                return
            held.revoked_at, held.revoked_by = timezone.now(), by.user
            held.save(update_fields=["revoked_at", "revoked_by"])
            record(by, "api_key.revoke", held, changes={"revoked_at": [None, held.revoked_at]})

    @classmethod
    def revoke_by_operator(cls, user: User) -> int:
        """Stop every key of a person, from the command line; returns how many."""
        from evalplatform.audit.recording import record_by_operator

        living = cls.all_rows.filter(membership__user=user, revoked_at=None).order_by("pk")
        with transaction.atomic():
            keys = list(living.select_related("membership__team").select_for_update(of=("self",)))
            for key in keys:
                key.revoked_at = timezone.now()
                key.save(update_fields=["revoked_at"])
                changes = {"revoked_at": [None, key.revoked_at]}
                record_by_operator(key.membership.team, "api_key.revoke", key, changes=changes)
        return len(keys)


class AccessLogEntry(ScopedModel):
    """One API call: who, what, how it ended, how long it took (formats.md 1.4)."""

    at = models.DateTimeField(auto_now_add=True)
    team = models.ForeignKey("accounts.Team", on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="+")
    key = models.ForeignKey(ApiKey, null=True, on_delete=models.CASCADE, related_name="calls")
    endpoint = models.CharField(max_length=200)
    method = models.CharField(max_length=10)
    status_code = models.PositiveSmallIntegerField()
    response_ms = models.PositiveIntegerField()

    class Meta(ScopedModel.Meta):
        verbose_name_plural = "access log entries"
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["team", "-id"], name="access_log_of_team"),
            models.Index(fields=["team", "user", "-id"], name="access_log_of_person"),
            models.Index(fields=["at"], name="access_log_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.endpoint} {self.status_code}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own calls; those who manage members see the team's."""
        team = Q(team=actor.team)
        return team if actor.may(Verb.MANAGE_MEMBERS) else team & Q(user=actor.user)
