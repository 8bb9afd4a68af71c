"""How a dataset is evaluated: what makes the outputs, and what judges them."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse

from datasets.models import Dataset
from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel
from runs.models.endpoint import ModelEndpoint
from runs.models.evaluator import Evaluator, refuse_unseen
from runs.models.tool import Tool

PARAMETERS: dict[str, Any] = {
    "uses_checks": True,
    "compares_right_answer": False,
    "heavyweight_factor": 1,
}
ONLY_SESSIONS = "Only datasets of sessions have rules that bring new rows."
NO_GENERATION = (
    "Sessions are judged as they are: outputs are generated for datasets of messages only."
)


def refused_at_level(level: str) -> dict[str, str]:
    """Which fields make no sense for a dataset of this level, and why; nothing for no level."""
    return {
        Dataset.Level.SESSION.value: {"generation": NO_GENERATION},
        Dataset.Level.MESSAGE.value: {"auto_run": ONLY_SESSIONS},
    }.get(level, {})


class EvaluationConfig(Tool):
    """A dataset, its evaluators, and where the outputs come from.

    Without `generation` the stored outputs are judged; without `judge` the built-in lexical judge
    answers. With `auto_run`, rows that auto-population brings are scored by a delta run.
    It is seen with its dataset.
    """

    WORD = "config"
    SAID = (
        "dataset", "generation", "judge", "system_prompt", "parameters", "auto_run",
    )  # fmt: skip

    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    generation = models.ForeignKey(
        ModelEndpoint, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    judge = models.ForeignKey(
        ModelEndpoint, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    system_prompt = models.TextField(blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    auto_run = models.BooleanField(default=False)

    class Meta(Tool.Meta):
        verbose_name = "evaluation configuration"
        indexes = [
            models.Index(
                fields=["dataset"],
                condition=Q(auto_run=True, deleted_at=None),
                name="configs_that_run_alone",
            ),
        ]

    def get_absolute_url(self) -> str:
        return reverse("config", args=[self.team.slug, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own, the shared ones, or all; and of those only what goes with a seen dataset."""
        return super().visibility(actor) & Q(dataset__in=Dataset.objects.visible_to(actor))

    def clean(self) -> None:
        super().clean()
        refused = refused_at_level(self.dataset.level if self.dataset_id else "")
        if wrong := {name: why for name, why in refused.items() if getattr(self, name)}:
            raise ValidationError(wrong)
        factor = (PARAMETERS | self.parameters)["heavyweight_factor"]
        if not isinstance(factor, int) or isinstance(factor, bool) or not 1 <= factor <= 15:
            raise ValidationError({"parameters": "The heavyweight factor is 1 to 15."})
        if unknown := self.parameters.keys() - PARAMETERS.keys():
            raise ValidationError({"parameters": f"Not known: {', '.join(sorted(unknown))}."})

    def check_rows(self, by: Actor) -> None:
        """Its dataset and endpoints are ones that the actor sees."""
        refuse_unseen(self, by, "dataset", "generation", "judge")

    def use(self, evaluators: list[Evaluator], *, by: Actor) -> None:
        """Choose the evaluators; ValidationError for those of the other level or not seen."""
        seen = {row.pk for row in Evaluator.objects.visible_to(by)}
        for each in evaluators:
            if each.pk not in seen:
                raise ValidationError({"evaluators": "This is not there. Choose another."})
            if each.level != self.dataset.level:
                raise ValidationError(
                    {"evaluators": f"“{each.name}” judges rows of level {each.level}; this dataset "
                                   f"is of level {self.dataset.level}."}
                )  # fmt: skip
        before, after = self.evaluators(), list(evaluators)
        with transaction.atomic():
            ConfigEvaluator.all_rows.filter(config=self).delete()
            ConfigEvaluator.all_rows.bulk_create(
                ConfigEvaluator(config=self, evaluator=each, position=n)
                for n, each in enumerate(after)
            )
            if before == after:
                return
            names = [[each.name for each in chosen] for chosen in (before, after)]
            record(by, f"{self.WORD}.change", self, changes={"evaluators": names})

    def evaluators(self) -> list[Evaluator]:
        """The chosen evaluators in their order, those that were deleted since left out."""
        rows = ConfigEvaluator.all_rows.filter(config=self, evaluator__deleted_at=None)
        return [row.evaluator for row in rows.select_related("evaluator").order_by("position")]


class ConfigEvaluator(ScopedModel):
    """One evaluator of a configuration, in its place."""

    config = models.ForeignKey(EvaluationConfig, on_delete=models.CASCADE, related_name="+")
    evaluator = models.ForeignKey(Evaluator, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()

    class Meta(ScopedModel.Meta):
        ordering = ("config", "position")
        constraints = [
            models.UniqueConstraint(
                fields=["config", "evaluator"], name="evaluator_once_per_configuration"
            ),
        ]

    def __str__(self) -> str:
        return str(self.evaluator)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Seen with its configuration."""
        return Q(config__in=EvaluationConfig.objects.visible_to(actor))
