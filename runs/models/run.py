"""A run: the rows of one dataset version, or prompts, answered and checked by machine."""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.core.validators import MinLengthValidator
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from datasets.models import Dataset
from evalplatform.accounts.models.user import new_id, refuse_hidden_characters
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from evalplatform.scoping.models import EVERYBODY, ScopedModel
from runs.models.configuration import EvaluationConfig


class RunBatch(ScopedModel):
    """Runs that were started together by a controlled batch, or by the command line."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200, blank=True)
    n_runs = models.PositiveIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ScopedModel.Meta):
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.title or f"Batch of {self.n_runs}"

    def get_absolute_url(self) -> str:
        return reverse("batch", args=[self.team.slug, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own batches, or all of the team's."""
        team = Q(team=actor.team)
        return team if actor.may(Verb.SEE_ALL) else team & Q(owner=actor.user)


class Run(ScopedModel):
    """What was asked, of which rows, with which checks: `plan` is frozen when the run is made.

    `plan`: {"evaluators": [Evaluator.snapshot()], "global_checks": [CheckRecord.as_json()],
    "generation" and "judge": {"endpoint", "name", "model"} or null, "system_prompt",
    "heavyweight_factor", "compares_right_answer", "uses_checks"}. `dataset` and `version` are the
    pinned ones. Rows keep their `order_index` for ever. `cursor` is the order_index from which rows
    are handed out next. `metrics` are computed from rows when it ends and after each override.
    Work is done with the rights of `carried_by`: who started it, or went on with it last.
    `request_sha256` is of the request that named an idempotency key (making_once.py).
    """

    class Kind(models.TextChoices):
        FULL = "full"
        DELTA = "delta"
        PREVIEW = "preview"
        IMPORTED = "imported"
        LAUNCHED = "launched"

    class Source(models.TextChoices):
        CUSTOM = "custom"
        AUTO_GENERATED = "auto_generated", "Auto-generated"
        CONTROLLED_BATCH = "controlled_batch", "Controlled batch"
        DATASET = "dataset"
        IMPORT = "import"

    class Status(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        PAUSED = "paused"
        SUCCESS = "success"
        ERROR = "error"
        CANCELLED = "cancelled"

    OPEN = (Status.PENDING, Status.RUNNING, Status.PAUSED)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    carried_by = models.ForeignKey(
        "accounts.Membership",
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    is_shared = models.BooleanField(default=False)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    source = models.CharField(max_length=16, choices=Source.choices)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.PENDING)
    title = models.CharField(
        max_length=200, validators=[MinLengthValidator(1), refuse_hidden_characters]
    )
    mode = models.CharField(max_length=60, blank=True)
    category = models.CharField(max_length=60, blank=True)
    subcategory = models.CharField(max_length=60, blank=True)
    template_key = models.CharField(max_length=60, blank=True)
    prompt_count = models.PositiveIntegerField(default=0)
    admin_branch = models.CharField(max_length=200, blank=True)
    engine_branch = models.CharField(max_length=200, blank=True)
    remote_run_id = models.CharField(max_length=200, blank=True)
    config = models.ForeignKey(
        EvaluationConfig, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    version = models.PositiveIntegerField(null=True)
    batch = models.ForeignKey(
        RunBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    batch_position = models.PositiveIntegerField(null=True)
    parameters = models.JSONField(default=dict, blank=True)
    plan = models.JSONField(default=dict)
    n_items = models.PositiveIntegerField(default=0)
    cursor = models.PositiveIntegerField(default=0)
    error_message = models.TextField(blank=True)
    error_analysis = models.TextField(blank=True)
    failure_type = models.CharField(max_length=60, blank=True)
    failure_reason = models.TextField(blank=True)
    failed_at = models.DateTimeField(null=True)
    metrics = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    request_sha256 = models.CharField(max_length=64, blank=True, db_default="", editable=False)

    class Meta(ScopedModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = [
            models.CheckConstraint(
                name="run_of_a_dataset_pins_its_version",
                condition=Q(dataset=None) | Q(version__isnull=False),
            ),
            models.CheckConstraint(
                name="ended_run_says_when",
                condition=Q(status__in=["pending", "running", "paused"])
                | Q(completed_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["batch", "batch_position"],
                condition=Q(batch__isnull=False),
                name="one_run_per_place_of_batch",
            ),
        ]
        indexes = [
            models.Index(
                fields=["team", "-created_at", "-id"],
                condition=Q(deleted_at=None),
                name="runs_of_team",
            ),
            models.Index(fields=["dataset", "-created_at"], name="runs_of_dataset"),
            models.Index(
                fields=["status"], condition=Q(status__in=["pending", "running"]), name="open_runs"
            ),
        ]
        triggers = [
            pgtrigger.ReadOnly(
                name="plan_is_frozen", fields=["plan", "dataset", "version", "team", "kind"]
            )
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("run", args=[self.team.slug, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """All of the team's for those who see all, else one's own and the shared ones."""
        team = Q(team=actor.team, deleted_at=None)
        if actor.may(Verb.SEE_ALL):
            return team
        return team & (Q(owner=actor.user) | Q(is_shared=True))

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        """Its owner, whatever the role: testers start runs too; and who may change everything."""
        return EVERYBODY if actor.may(Verb.EDIT_ALL_EVIDENCE) else Q(owner=actor.user)

    @property
    def is_open(self) -> bool:
        """Whether rows may still be worked on."""
        return self.status in self.OPEN

    def change(self, *, by: Actor, **values: Any) -> None:
        """Save another title or whether the team may read it."""
        assert values.keys() <= {"title", "is_shared"}
        with transaction.atomic():
            row = locked(self, by)
            changes = {
                name: [getattr(row, name), value]
                for name, value in values.items()
                if getattr(row, name) != value
            }
            for name, (_, value) in changes.items():
                setattr(row, name, value)
                setattr(self, name, value)
            row.clean_fields(exclude={field.name for field in row._meta.fields} - changes.keys())
            if changes:
                row.save(update_fields=list(changes))
                record(by, "run.change", row, changes=changes)

    def delete_for_all(self, *, by: Actor) -> None:
        """Take it out of everybody's sight; an open one is cancelled by its next look."""
        with transaction.atomic():
            row = locked(self, by)
            row.deleted_at = timezone.now()
            fields = ["deleted_at"]
            if row.is_open:
                row.status, row.completed_at = row.Status.CANCELLED, row.deleted_at
                fields += ["status", "completed_at"]
            row.save(update_fields=fields)
            record(by, "run.delete", row, changes={"deleted_at": [None, row.deleted_at]})

    @classmethod
    def restore_deleted(cls, pk: Any, *, by: Actor) -> Run:
        """Bring a deleted run back, for those who could have deleted it."""
        with transaction.atomic():
            rows = cls.all_rows.select_for_update(of=("self",)).filter(
                cls.editability(by), team=by.team, pk=pk
            )
            run: Run = rows.get()
            before, run.deleted_at = run.deleted_at, None
            run.save(update_fields=["deleted_at"])
            if before:
                record(by, "run.restore", run, changes={"deleted_at": [before, None]})
        return run


def locked(run: Run, by: Actor) -> Run:
    """The run's row as it is now, locked; DoesNotExist or 403 when the actor may not change it."""
    row: Run = Run.objects.visible_to(by).select_for_update(of=("self",)).get(pk=run.pk)
    require_editable(row, by)
    return row
