"""A dataset, and its numbered versions."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.core.exceptions import PermissionDenied
from django.core.validators import MinLengthValidator
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from evalplatform.accounts.models.user import new_id, refuse_hidden_characters
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel


class Dataset(ScopedModel):
    """Items with one level, which never changes; a test suite is one whose items carry checks.

    `version` is the number of the newest version and `n_items` its size. `is_shared` lets the whole
    team read it. A deleted one exists for nobody, until it is restored.
    """

    class Level(models.TextChoices):
        MESSAGE = "message"
        SESSION = "session"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(
        max_length=200, validators=[MinLengthValidator(1), refuse_hidden_characters]
    )
    description = models.TextField(blank=True)
    level = models.CharField(max_length=7, choices=Level.choices)
    is_shared = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)
    n_items = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(ScopedModel.Meta):
        ordering = ("-updated_at", "-id")
        constraints = [
            models.CheckConstraint(
                name="dataset_level_is_known", condition=Q(level__in=["message", "session"])
            ),
            models.UniqueConstraint(fields=["id", "level"], name="dataset_with_its_level"),
        ]
        indexes = [
            models.Index(
                fields=["team", "-updated_at", "-id"],
                condition=Q(deleted_at=None),
                name="datasets_of_team",
            ),
        ]
        triggers = [pgtrigger.ReadOnly(name="level_is_fixed", fields=["level", "team"])]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("dataset", args=[self.team.slug, self.pk])

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
    def create(
        cls, *, name: str, level: str, description: str = "", pk: Any = None, by: Actor
    ) -> Dataset:
        """An empty dataset, its version 1 and the event, in one transaction.

        A `pk` that is taken is an IntegrityError.
        """
        if not by.may(Verb.EDIT_EVIDENCE):
            raise PermissionDenied("Your role may not make datasets.")
        dataset = cls(
            team=by.team, owner=by.user, name=name.strip(), description=description, level=level
        )
        dataset.pk = pk or dataset.pk
        dataset.full_clean(
            exclude=["team", "owner"], validate_unique=False, validate_constraints=False
        )
        with transaction.atomic():
            dataset.save(force_insert=True)
            DatasetVersion.all_rows.create(
                dataset=dataset, number=1, kind=DatasetVersion.Kind.CREATED, created_by=by.user
            )
            record(by, "dataset.create", dataset, changes={"level": [None, level]})
        return dataset

    def change(self, *, by: Actor, **values: Any) -> None:
        """Save other values of name, description or is_shared, and what they were before."""
        assert values.keys() <= {"name", "description", "is_shared"}
        with transaction.atomic():
            row = locked(self, by)
            before = {name: getattr(row, name) for name in values}
            changes = {
                name: [before[name], value]
                for name, value in values.items()
                if before[name] != value
            }
            for name, (_, value) in changes.items():
                setattr(row, name, value)
                setattr(self, name, value)
            row.full_clean(exclude=["team", "owner"], validate_unique=False)
            if changes:
                row.updated_at = timezone.now()
                row.save(update_fields=[*changes, "updated_at"])
                record(by, "dataset.change", row, changes=changes)

    def delete_for_all(self, *, by: Actor) -> None:
        """Take it out of everybody's sight; its rows stay, so that it can be restored."""
        with transaction.atomic():
            row = locked(self, by)
            row.deleted_at = timezone.now()
            row.save(update_fields=["deleted_at"])
            record(by, "dataset.delete", row, changes={"deleted_at": [None, row.deleted_at]})

    @classmethod
    def restore_deleted(cls, pk: Any, *, by: Actor) -> Dataset:
        """Bring a deleted dataset back, for those who could have deleted it."""
        with transaction.atomic():
            rows = cls.all_rows.select_for_update(of=("self",)).filter(
                cls.editability(by), team=by.team, pk=pk
            )
            dataset: Dataset = rows.get()
            before, dataset.deleted_at = dataset.deleted_at, None
            dataset.save(update_fields=["deleted_at"])
            if before:
                record(by, "dataset.restore", dataset, changes={"deleted_at": [before, None]})
        return dataset


def locked(dataset: Dataset, by: Actor) -> Dataset:
    """The dataset's row as it is now, locked; 404's DoesNotExist or 403 when it may not be."""
    rows = Dataset.objects.visible_to(by).select_for_update(of=("self",))
    row: Dataset = rows.get(pk=dataset.pk)
    require_editable(row, by)
    return row


class DatasetVersion(ScopedModel):
    """One numbered state of a dataset: an import, a clone, or an edit session of one person.

    An edit session takes the edits of its author while it `is_open`; what a run or an export reads
    is closed first and never changes again. `global_checks` are the checks on every item, as
    CheckRecord.as_json() gives them.
    """

    class Kind(models.TextChoices):
        CREATED = "created"
        EDIT = "edit"
        IMPORT = "import"
        CLONE = "clone"
        QUEUE = "queue"
        RULE = "rule"
        RESTORE = "restore"

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    title = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    touched_at = models.DateTimeField(default=timezone.now)
    is_open = models.BooleanField(default=False)
    restores = models.PositiveIntegerField(null=True)
    n_items = models.PositiveIntegerField(default=0)
    n_created = models.PositiveIntegerField(default=0)
    n_updated = models.PositiveIntegerField(default=0)
    n_removed = models.PositiveIntegerField(default=0)
    global_checks = models.JSONField(default=list, blank=True)

    class Meta(ScopedModel.Meta):
        ordering = ("dataset", "-number")
        constraints = [
            models.UniqueConstraint(fields=["dataset", "number"], name="one_version_per_number"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="closed_version_is_final",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "number", "kind", "n_items", "global_checks"
                ),
                condition=pgtrigger.Q(old__is_open=False),
                func="RAISE EXCEPTION 'this version of the dataset is closed';",
            )
        ]

    def __str__(self) -> str:
        return self.title or f"{self.get_kind_display()} {self.number}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """A version is seen by whoever sees its dataset."""
        return Q(dataset__in=Dataset.objects.visible_to(actor))

    def rename(self, title: str, *, by: Actor) -> None:
        """Give the version another title; '' for none."""
        with transaction.atomic():
            dataset = locked(self.dataset, by)
            before, self.title = self.title, title
            if title != before:
                self.save(update_fields=["title"])
                changes = {"version": [None, self.number], "title": [before, title]}
                record(by, "dataset.version_title", dataset, changes=changes)

    def finish(self, *, by: Actor) -> None:
        """End an edit session: the next edit is another version. A finished one stays finished."""
        with transaction.atomic():
            dataset = locked(self.dataset, by)
            if DatasetVersion.all_rows.filter(pk=self.pk, is_open=True).update(is_open=False):
                changes = {"version": [None, self.number], "is_open": [True, False]}
                record(by, "dataset.version_finish", dataset, changes=changes)
            self.is_open = False
