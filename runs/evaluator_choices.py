"""Evaluators as a form offers them: those of the other level are there, with the reason why not."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django import forms

from datasets.models import Dataset
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.fields import ScopedChoiceField
from runs.models import Evaluator, ModelEndpoint

MOST_EVALUATORS = 500
THINGS = {Dataset.Level.MESSAGE: "messages", Dataset.Level.SESSION: "whole sessions"}


def judge_missing(evaluators: Iterable[Evaluator], judge: ModelEndpoint | None) -> str:
    """Why these evaluators cannot be carried out without a judge; "" when they can."""
    if judge:
        return ""
    asking = [row.name for row in evaluators if row.kind == row.Kind.JUDGE and not row.endpoint_id]
    if not asking:
        return ""
    return f"“{asking[0]}” asks a model, and names none of its own. Choose the judge that answers."


class Choice(NamedTuple):
    """One evaluator as the form offers it; `why_not` says why it cannot be chosen."""

    row: Evaluator
    is_chosen: bool
    why_not: str


class WithEvaluators(forms.Form):
    """A form with evaluators to choose; `level` is that of the rows that are to be judged."""

    evaluators = forms.MultipleChoiceField(label="Evaluators", required=False)
    level = ""

    def offer_evaluators(self, actor: Actor) -> None:
        """Offer those that the actor sees."""
        rows = Evaluator.objects.visible_to(actor).select_related("owner", "endpoint")
        self.offered = list(rows[:MOST_EVALUATORS])
        field = self.fields["evaluators"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(str(each.pk), each.name) for each in self.offered]

    def evaluator_choices(self) -> list[Choice]:
        """The evaluators that can be chosen first, then those of the other level."""
        chosen = {str(pk) for pk in self["evaluators"].value() or []}
        rows = [
            Choice(row, str(row.pk) in chosen and not self.why_not(row), self.why_not(row))
            for row in self.offered
        ]
        return sorted(rows, key=lambda each: bool(each.why_not))

    def why_not(self, row: Evaluator) -> str:
        """Why this evaluator cannot be chosen for these rows, "" when it can."""
        if not self.level or row.level == self.level:
            return ""
        return f"Judges {THINGS[Dataset.Level(row.level)]}. {self.holds()}"

    def holds(self) -> str:
        """What there is to be judged, as a sentence."""
        return f"This dataset holds {THINGS[Dataset.Level(self.level)]}."

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "evaluators" in cleaned and "judge" in cleaned:
            fitting = [row for row in self.chosen() if not self.why_not(row)]
            if missing := judge_missing(fitting, cleaned["judge"]):
                self.add_error("judge", missing)
        return cleaned

    def chosen(self) -> list[Evaluator]:
        """The evaluators that were chosen, in the order that the form shows."""
        chosen = set(self.cleaned_data["evaluators"])
        return [row for row in self.offered if str(row.pk) in chosen]

    def dataset_chosen(self, name: str = "dataset") -> Dataset | None:
        """The visible dataset that is chosen at this moment."""
        field = self.fields[name]
        assert isinstance(field, ScopedChoiceField)
        assert field.queryset is not None
        value: Any = self[name].value()
        try:
            found = field.queryset.filter(pk=value).first() if value else None
        except (forms.ValidationError, ValueError, TypeError):
            return None
        return found if isinstance(found, Dataset) else None
