"""What one check said of one row, and what a person put in its place."""

from __future__ import annotations

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Now

from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel
from runs.models.run import Run
from runs.models.run_item import RunItem


class CheckResult(ScopedModel):
    """A verdict of the machine (`auto_eval`: pass, fail, a number, or a label) and its check.

    The check is a snapshot. `feedback` says why, also why there is no verdict. An override keeps
    the original beside it; `stands` is the verdict that counts: the override's when there is one.
    """

    class State(models.TextChoices):
        DONE = "done"
        SKIPPED = "skipped"
        ERROR = "error"

    class Confidence(models.TextChoices):
        HIGH = "high"
        LOW = "low"

    id = models.BigAutoField(primary_key=True)
    # One constraint of the database holds both: a result belongs to a row of its run (migration
    # 0005). Two of them, one for each column, took as long as all else of saving a result.
    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    run_item = models.ForeignKey(
        RunItem, on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    position = models.PositiveSmallIntegerField()
    evaluator = models.CharField(max_length=200, blank=True)
    operator = models.CharField(max_length=60)
    criteria = models.TextField(blank=True)
    weight = models.PositiveSmallIntegerField(default=1)
    category = models.CharField(max_length=200, blank=True)
    extraction_prompt = models.TextField(blank=True)
    conditional_operator = models.CharField(max_length=60, blank=True)
    conditional_criteria = models.TextField(blank=True)
    examples = models.JSONField(default=list, blank=True)
    is_global = models.BooleanField(default=False)
    state = models.CharField(max_length=7, choices=State.choices)
    auto_eval = models.CharField(max_length=200, blank=True)
    is_passed = models.BooleanField(null=True)
    confidence = models.CharField(max_length=4, choices=Confidence.choices, blank=True)
    feedback = models.TextField(blank=True)
    extracted = models.TextField(null=True)
    edited_auto_eval = models.CharField(max_length=4, blank=True)  # pass | fail
    edited_feedback = models.TextField(blank=True)
    edited_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    edited_at = models.DateTimeField(null=True)
    stands = models.GeneratedField(
        expression=Case(
            When(edited_auto_eval="pass", then=Value(True)),
            When(edited_auto_eval="fail", then=Value(False)),
            default=F("is_passed"),
        ),
        output_field=models.BooleanField(null=True),
        db_persist=True,
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta(ScopedModel.Meta):
        ordering = ("run_item", "position")
        constraints = [
            models.UniqueConstraint(
                fields=["run_item", "position"], name="one_result_per_place_of_row"
            ),
            models.CheckConstraint(
                name="only_done_checks_have_a_verdict",
                condition=Q(state="done") | Q(auto_eval="", is_passed=None, edited_auto_eval=""),
            ),
            models.CheckConstraint(
                name="override_says_who_and_when",
                condition=Q(edited_auto_eval="", edited_by=None, edited_at=None)
                | (
                    Q(edited_auto_eval__in=["pass", "fail"])
                    & Q(edited_by__isnull=False, edited_at__isnull=False)
                ),
            ),
        ]
        indexes = [
            models.Index(fields=["run"], name="results_of_run"),
            models.Index(
                fields=["run", "operator", "run_item"],
                include=["evaluator", "category"],
                condition=Q(stands=False),
                name="results_that_fail",
            ),
            models.Index(
                fields=["run", "run_item"],
                condition=~Q(edited_auto_eval=""),
                name="results_overridden",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operator}: {self.auto_eval or self.state}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """A result is seen by whoever sees its run."""
        return Q(run__in=Run.objects.visible_to(actor))

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        """Overrides are for those who may change the run."""
        return Q(run__in=Run.objects.editable_by(actor))
