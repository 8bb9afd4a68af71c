"""What endpoints, evaluators and configurations have in common: made by one, perhaps shared."""

from __future__ import annotations

from typing import Any, Self

from django.core.exceptions import PermissionDenied
from django.core.validators import MinLengthValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from evalplatform.accounts.models.user import new_id, refuse_hidden_characters
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel


class Tool(ScopedModel):
    """Something of a team that runs are made with. A deleted one exists for nobody.

    `SAID` are the fields that people may set; a change is saved whole, with what was before in the
    audit. Runs keep what they were made with in their plan, so that a change reaches later runs.
    """

    SAID: tuple[str, ...] = ()
    WORD = ""  # as the audit says it
    SECRET: tuple[str, ...] = ()  # fields whose values the audit does not hold
    LONG: tuple[str, ...] = ()  # fields of which the audit says how much they hold

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(
        max_length=200, validators=[MinLengthValidator(1), refuse_hidden_characters]
    )
    is_shared = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(ScopedModel.Meta):
        abstract = True
        ordering = ("name", "id")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """All of the team's for those who see all, else one's own and the shared ones."""
        team = Q(team=actor.team, deleted_at=None)
        if actor.may(Verb.SEE_ALL):
            return team
        return team & (Q(owner=actor.user) | Q(is_shared=True))

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        if actor.may(Verb.EDIT_ALL_EVIDENCE):
            return EVERYBODY
        return Q(owner=actor.user) if actor.may(Verb.EDIT_EVIDENCE) else NOBODY

    @classmethod
    def create(cls, *, by: Actor, **values: Any) -> Self:
        """Save a new one of the actor's; PermissionDenied for roles that make none."""
        if not by.may(Verb.EDIT_EVIDENCE):
            raise PermissionDenied(f"Your role may not make {cls._meta.verbose_name_plural}.")
        assert values.keys() <= {"name", "is_shared", *cls.SAID}
        row = cls(team=by.team, owner=by.user)
        row._take(values)
        with transaction.atomic():
            row.check_rows(by)
            row.save(force_insert=True)
            record(by, f"{cls.WORD}.create", row, changes={"name": [None, row.name]})
        return row

    def change(self, *, by: Actor, **values: Any) -> None:
        """Save other values; nothing new changes nothing."""
        assert values.keys() <= {"name", "is_shared", *self.SAID}
        with transaction.atomic():
            row = self._locked(by)
            before = {name: getattr(row, name) for name in values}
            row._take(values)
            row.check_rows(by)
            changes = {
                name: [row._told(name, old), row._told(name, getattr(row, name))]
                for name, old in before.items()
                if getattr(row, name) != old
            }
            if changes:
                row.updated_at = timezone.now()
                row.save()
                record(by, f"{self.WORD}.change", row, changes=changes)
        self.refresh_from_db()

    def delete_for_all(self, *, by: Actor) -> None:
        """Take it out of everybody's sight; runs made with it keep what they were."""
        with transaction.atomic():
            row = self._locked(by)
            row.deleted_at = timezone.now()
            row.save(update_fields=["deleted_at"])
            record(by, f"{self.WORD}.delete", row, changes={"deleted_at": [None, row.deleted_at]})

    @classmethod
    def restore_deleted(cls, pk: Any, *, by: Actor) -> Self:
        """Bring a deleted one back, for those who could have deleted it."""
        with transaction.atomic():
            rows = cls.all_rows.select_for_update(of=("self",)).filter(
                cls.editability(by), team=by.team, pk=pk
            )
            row: Self = rows.get()
            before, row.deleted_at = row.deleted_at, None
            row.save(update_fields=["deleted_at"])
            if before:
                record(by, f"{cls.WORD}.restore", row, changes={"deleted_at": [before, None]})
        return row

    def check_rows(self, by: Actor) -> None:
        """Refuse what points at rows that the actor may not use; ValidationError at the field."""

    def _told(self, name: str, value: Any) -> Any:
        """What the audit says of a value: rows by their id."""
        if name in self.SECRET:
            return "hidden"
        if isinstance(value, models.Model):
            return str(value.pk)
        return f"{len(value):,} entries" if name in self.LONG else value

    def _take(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            setattr(self, name, value)
        self.full_clean(exclude=["team", "owner"], validate_unique=False)

    def _locked(self, by: Actor) -> Self:
        rows = type(self).objects.visible_to(by).select_for_update(of=("self",))
        row: Self = rows.get(pk=self.pk)
        require_editable(row, by)
        return row
