"""A person who signs in with an e-mail address."""

from __future__ import annotations

import unicodedata
import uuid
from typing import TYPE_CHECKING, Any, ClassVar

import uuid_utils.compat
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import EmailValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Lower

if TYPE_CHECKING:
    from evalplatform.scoping.actor import Actor

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# Drawn as nothing, yet no control characters: fillers, joiner, blank Braille, variation selectors.
BLANK = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
)


def new_id() -> uuid.UUID:
    """Return a UUIDv7: unguessable enough for an address, ordered enough for an index."""
    return uuid_utils.compat.uuid7()


def normalised_email(email: str) -> str:
    """Return the one spelling of an address: NFC, no outer spaces, lower case."""
    return unicodedata.normalize("NFC", email.strip()).lower()


def tidy_name(name: str) -> str:
    """Return the one spelling of a name: NFC, one plain space between words, none around."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


def refuse_hidden_characters(name: str) -> None:
    """Refuse control, zero-width, blank and direction characters in a name or an address."""
    if any(c in BLANK or unicodedata.category(c) in HIDDEN for c in name):
        raise ValidationError("This holds an invisible character: type it again.")


class UserManager(BaseUserManager["User"]):
    """Makes users; a name is enough beside the address."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Save a user whose password is hashed (None: cannot sign in with one)."""
        user = self.model(email=normalised_email(email), **fields)
        user.set_password(password)
        user.full_clean()
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Same as create_user: there is no bypass to hand out, roles are memberships."""
        return self.create_user(email, password, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=normalised_email(username or ""))


class User(AbstractBaseUser):
    """One person, in as many teams as have a membership for them.

    `objects` is plain because Django's and allauth's sign-in ask it before anybody is known;
    our pages reach people through Membership, which is scoped.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    email = models.EmailField(
        max_length=254, unique=True, validators=[EmailValidator(), refuse_hidden_characters]
    )
    name = models.CharField(max_length=120, blank=True, validators=[refuse_hidden_characters])
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        ordering = ("email",)
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="email_is_lower_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def clean(self) -> None:
        super().clean()
        self.email = normalised_email(self.email)
        self.name = tidy_name(self.name)

    def rename(self, name: str, *, by: Actor) -> None:
        """Change one's own name; told to the team in which it was done."""
        from evalplatform.audit.recording import record

        if by.user.pk != self.pk:
            raise PermissionDenied("A name is its owner's to change.")
        with transaction.atomic():
            held = User.objects.select_for_update().get(pk=self.pk)
            before, held.name = held.name, name
            held.full_clean()
            self.name = held.name
            if held.name != before:
                held.save(update_fields=["name"])
                record(by, "user.rename", held, changes={"name": [before, held.name]})

    def deactivate_by_operator(self, *, is_forced: bool = False) -> tuple[int, int]:
        """Shut the person out of every team at once, from the command line: their browsers are
        signed out and their keys revoked; returns how many of each. What they did keeps its name.

        Raises ValidationError when a team would be left without an owner, unless forced.
        """
        from evalplatform.accounts.models.api_key import ApiKey
        from evalplatform.accounts.models.membership import teams_owned_alone
        from evalplatform.accounts.sign_ins import end_sign_ins
        from evalplatform.audit.recording import record_by_operator

        with transaction.atomic():
            ownerless = [team.name for team in teams_owned_alone(self)]
            if ownerless and not is_forced:
                raise ValidationError(f"Nobody else owns {', '.join(ownerless)}.")
            held = User.objects.select_for_update().get(pk=self.pk)
            if not held.is_active:
                raise ValidationError("This person is deactivated already.")
            held.is_active = self.is_active = False
            held.save(update_fields=["is_active"])
            for place in self.memberships.filter(ended_at=None).select_related("team"):
                changes = {"is_active": [True, False]}
                record_by_operator(place.team, "user.deactivate", held, changes=changes)
            return end_sign_ins(held), ApiKey.revoke_by_operator(held)

    def get_full_name(self) -> str:
        return self.name or self.email

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] or self.email

    @property
    def is_staff(self) -> bool:
        """Let the admin's door ask; what is behind it is decided by memberships (admin site)."""
        return self.is_active and self.memberships.filter(ended_at=None).exists()

    @property
    def is_superuser(self) -> bool:
        """Nobody: superusers get no bypass here."""
        return False

    def has_perm(self, perm: str, obj: object = None) -> bool:
        return False

    def has_perms(self, perm_list: Any, obj: object = None) -> bool:
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False

    def get_all_permissions(self, obj: object = None) -> set[str]:
        return set()
