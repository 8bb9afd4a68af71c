"""One row of a run: a case with its prompt, its output, and the counts of its checks."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from datasets.models import DatasetItem
from evalplatform.accounts.models.user import new_id
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel
from runs.models.run import Run


class RunItem(ScopedModel):
    """A test result. `order_index` begins at 0 and is never given again.

    `item` is the revision of the dataset that the run pinned, `item_key` the item in all its
    revisions: by it two runs are compared. `prompt_locked` prompts are sent as they stand. The
    counts are of its checks by their standing verdicts (an override counts instead of what it
    overrides): `n_checks` = with a verdict of pass or fail, `n_passed` of them, `n_done` = carried
    out, `n_low` of those with low confidence, `n_skipped`, `n_errors`; `is_passed` when it was
    answered and none failed or erred, None while nobody can say.
    """

    class Status(models.TextChoices):
        PENDING = "pending"
        SUCCESS = "success"
        ERROR = "error"

    class SourceType(models.TextChoices):
        DATASET = "dataset"
        PROMPT = "prompt"
        TEMPLATE = "template"
        IMPORT = "import"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+", db_index=False)
    order_index = models.PositiveIntegerField()
    item = models.ForeignKey(
        DatasetItem, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    item_key = models.UUIDField(null=True)
    public_id = models.CharField(max_length=64)
    source_type = models.CharField(max_length=8, choices=SourceType.choices)
    title = models.CharField(max_length=200, blank=True)
    prompt_text = models.TextField(blank=True)
    prompt_locked = models.BooleanField(default=False)
    response = models.TextField(blank=True)
    files = ArrayField(models.TextField(), default=list, blank=True)
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.PENDING)
    error = models.TextField(blank=True)
    in_tokens = models.PositiveBigIntegerField(null=True)
    out_tokens = models.PositiveBigIntegerField(null=True)
    duration = models.FloatField(null=True)  # seconds
    input_context = models.JSONField(default=dict, blank=True)
    output_context = models.JSONField(default=dict, blank=True)
    category = models.CharField(max_length=60, blank=True)
    subcategory = models.CharField(max_length=60, blank=True)
    template_key = models.CharField(max_length=60, blank=True)
    tags = ArrayField(models.TextField(), default=list, blank=True)
    n_checks = models.PositiveSmallIntegerField(default=0)
    n_passed = models.PositiveSmallIntegerField(default=0)
    n_done = models.PositiveSmallIntegerField(default=0)
    n_low = models.PositiveSmallIntegerField(default=0)
    n_skipped = models.PositiveSmallIntegerField(default=0)
    n_errors = models.PositiveSmallIntegerField(default=0)
    weight = models.PositiveIntegerField(default=0)
    weight_passed = models.PositiveIntegerField(default=0)
    is_passed = models.BooleanField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta(ScopedModel.Meta):
        ordering = ("run", "order_index")
        constraints = [
            models.UniqueConstraint(fields=["run", "order_index"], name="one_row_per_order_index"),
            # What results refer to, so that they have the run of their row.
            models.UniqueConstraint(fields=["id", "run"], name="one_run_of_row"),
            models.CheckConstraint(
                name="row_counts_agree",
                condition=Q(n_passed__lte=models.F("n_checks"), n_checks__lte=models.F("n_done")),
            ),
        ]
        indexes = [
            models.Index(
                fields=["run", "order_index"],
                condition=Q(status="pending"),
                name="rows_to_do",
            ),
            models.Index(
                fields=["run", "order_index"], condition=Q(status="error"), name="rows_in_error"
            ),
            models.Index(
                fields=["run", "order_index"], condition=Q(is_passed=False), name="rows_that_fail"
            ),
            models.Index(
                fields=["run", "order_index"],
                condition=Q(n_low__gt=0),
                name="rows_of_low_trust",
            ),
            models.Index(
                fields=["run", "order_index"], condition=Q(n_skipped__gt=0), name="rows_that_skip"
            ),
            models.Index(
                fields=["run", "order_index"],
                condition=Q(status="success", is_passed=None),
                name="rows_without_verdict",
            ),
            models.Index(fields=["run", "status"], name="rows_by_status"),
            models.Index(
                fields=["run", "item_key"],
                condition=Q(item_key__isnull=False),
                name="rows_by_item",
            ),
            models.Index(fields=["item"], condition=Q(item__isnull=False), name="rows_of_revision"),
        ]

    def __str__(self) -> str:
        return self.public_id

    def get_absolute_url(self) -> str:
        return reverse("run-item", args=[self.run.team.slug, self.run_id, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """A row is seen by whoever sees its run."""
        return Q(run__in=Run.objects.visible_to(actor))

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return Q(run__in=Run.objects.editable_by(actor))
