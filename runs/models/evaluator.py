"""A judge with a prompt of the team's own."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from datasets.models import Dataset
from evalplatform.scoping.actor import Actor
from runs.models.endpoint import ModelEndpoint
from runs.models.tool import Tool
from runs.output_schemas import schema_fault
from runs.prompt_faults import place_of
from runs.prompting import TemplateFault, parse


class Evaluator(Tool):
    """Asks one question about every row of a run.

    Kind `checks` carries out the checks of the dataset and needs no prompt; kind `judge` fills
    `prompt` with the row and reads the reply by `output_schema`: {"type": "string" | "int" |
    "float" | "choice" | "binary", "choices": [...], "passes": [labels] | {"at_least": x} |
    {"at_most": x}}. It serves rows of one level only.
    """

    class Kind(models.TextChoices):
        CHECKS = "checks", "Checks of the dataset"
        JUDGE = "judge", "Judge with a prompt"

    WORD = "evaluator"
    SAID = (
        "description", "level", "kind", "prompt", "output_schema", "endpoint", "category", "weight",
    )  # fmt: skip

    description = models.TextField(blank=True)
    level = models.CharField(
        max_length=7, choices=Dataset.Level.choices, default=Dataset.Level.MESSAGE
    )
    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.JUDGE)
    prompt = models.TextField(blank=True)
    output_schema = models.JSONField(default=dict, blank=True)
    endpoint = models.ForeignKey(
        ModelEndpoint, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    category = models.CharField(max_length=200, blank=True)
    weight = models.PositiveSmallIntegerField(default=1, validators=[MaxValueValidator(1000)])

    class Meta(Tool.Meta):
        pass

    def get_absolute_url(self) -> str:
        return reverse("evaluator-edit", args=[self.team.slug, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own, the shared ones, or all of the team's."""
        return super().visibility(actor)

    def clean(self) -> None:
        """A judge has a prompt, and says how its reply is read."""
        super().clean()
        if self.kind != self.Kind.JUDGE:
            return
        if not self.prompt.strip():
            raise ValidationError({"prompt": "The prompt is empty. Write what is to be judged."})
        try:
            parse(self.prompt, self.level)
        except TemplateFault as fault:
            where = place_of(self.prompt, fault)
            raise ValidationError({"prompt": where.in_words}) from fault
        if wrong := schema_fault(self.output_schema):
            raise ValidationError({"output_schema": wrong})

    def check_rows(self, by: Actor) -> None:
        """Its endpoint is one that the actor sees; its level stays as it was made."""
        refuse_unseen(self, by, "endpoint")
        rows = Evaluator.objects.visible_to(by).filter(pk=self.pk).exclude(level=self.level)
        if rows.exists():
            raise ValidationError({"level": "The level stays as it was made. Copy it instead."})

    def snapshot(self) -> dict[str, Any]:
        """What a plan keeps of it."""
        return {
            "id": str(self.pk),
            "name": self.name,
            "kind": self.kind,
            "prompt": self.prompt,
            "output_schema": self.output_schema,
            "endpoint": str(self.endpoint_id) if self.endpoint_id else None,
            "category": self.category,
            "weight": self.weight,
        }


def refuse_unseen(row: Any, by: Actor, *names: str) -> None:
    """ValidationError at each field whose row the actor cannot see: as if it were not there."""
    faults = {}
    for name in names:
        target = getattr(row, name)
        if target and not type(target).objects.visible_to(by).filter(pk=target.pk).exists():
            faults[name] = "This is not there. Choose another."
    if faults:
        raise ValidationError(faults)
