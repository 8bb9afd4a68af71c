"""The form of an evaluation configuration: what fits the level of its dataset can be chosen."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms

from datasets.item_forms import Text
from datasets.models import Dataset
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.fields import ScopedChoiceField
from runs.evaluator_choices import WithEvaluators
from runs.models import EvaluationConfig, ModelEndpoint
from runs.models.configuration import PARAMETERS, refused_at_level

FIELDS = ("name", "dataset", "generation", "judge", "system_prompt", "auto_run", "is_shared")


class ConfigForm(WithEvaluators):
    """All that a person can say of a configuration."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Its runs are called after it.",
    )
    dataset = ScopedChoiceField(Dataset, label="Dataset", empty_label="Choose…")
    generation = ScopedChoiceField(
        ModelEndpoint,
        label="Where they come from",
        required=False,
        empty_label="Stored outputs: judge what the dataset holds",
        help_text="Choose an endpoint to have every input answered anew.",
    )
    system_prompt = Text(
        label="System prompt",
        rows=3,
        help_text="Sent before every input when outputs are generated.",
    )
    judge = ScopedChoiceField(
        ModelEndpoint,
        label="Judge",
        required=False,
        empty_label="Built-in: compares words, and carries out no evaluators",
        help_text="Answers the checks that words cannot decide, and the evaluators that name no "
        "endpoint. The built-in one always has low confidence.",
    )
    uses_checks = forms.BooleanField(
        label="Carry out the checks of the dataset",
        required=False,
        help_text="Those on every item, and those that items carry.",
    )
    compares_right_answer = forms.BooleanField(
        label="Compare with the right answer",
        required=False,
        help_text="Asks of each row with an expected output whether the output says the same.",
    )
    heavyweight_factor = forms.IntegerField(
        label="Ask each judge",
        min_value=1,
        max_value=15,
        initial=1,
        help_text="times, 1 to 15; the most frequent verdict counts.",
    )
    auto_run = forms.BooleanField(
        label="Run by itself on new rows",
        required=False,
        help_text="When a rule brings sessions into the dataset, a delta run scores these, and "
        "only these. What comes by hand, file or queue starts nothing.",
    )
    is_shared = forms.BooleanField(
        label="Shared with the team",
        required=False,
        help_text="Everybody who sees the dataset may read it and run it.",
    )

    def __init__(
        self, data: Any = None, *, actor: Actor, row: EvaluationConfig | None = None, **told: Any
    ) -> None:
        initial = PARAMETERS | (said_of(row) if row else {}) | told
        super().__init__(data, initial=initial)
        for name in ("dataset", "generation", "judge"):
            field = self.fields[name]
            assert isinstance(field, ScopedChoiceField)
            field.open_to(actor)
        self.offer_evaluators(actor)
        dataset = self.dataset_chosen()
        self.level = dataset.level if dataset else ""

    @property
    def generation_why_not(self) -> str:
        return refused_at_level(self.level).get("generation", "")

    @property
    def auto_run_why_not(self) -> str:
        return refused_at_level(self.level).get("auto_run", "")

    def clean_name(self) -> str:
        return unicodedata.normalize("NFC", self.cleaned_data["name"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name, why_not in refused_at_level(self.level).items():
            if cleaned.get(name):
                self.add_error(name, why_not)
        if not self.errors and not self._judges_something(cleaned):
            self.add_error("evaluators", "Choose an evaluator, or let the checks be carried out.")
        return cleaned

    def _judges_something(self, cleaned: dict[str, Any]) -> bool:
        judged = ("evaluators", "uses_checks", "compares_right_answer", "generation")
        return any(cleaned.get(name) for name in judged)

    def values(self) -> dict[str, Any]:
        """What the model keeps."""
        cleaned = self.cleaned_data
        parameters = {name: cleaned[name] for name in PARAMETERS}
        return {name: cleaned[name] for name in FIELDS} | {"parameters": parameters}


def said_of(row: EvaluationConfig) -> dict[str, Any]:
    """A stored configuration as its form says it."""
    return {
        **row.parameters,
        **{name: getattr(row, name) for name in FIELDS},
        "dataset": row.dataset_id,
        "generation": row.generation_id,
        "judge": row.judge_id,
        "evaluators": [str(each.pk) for each in row.evaluators()],
    }
