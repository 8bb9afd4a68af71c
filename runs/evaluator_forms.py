"""The form of an evaluator; its output schema is typed as parts."""

from __future__ import annotations

import unicodedata
from itertools import zip_longest
from typing import Any

from django import forms

from datasets.item_forms import Text
from datasets.models import Dataset
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.fields import ScopedChoiceField
from runs.models import Evaluator, ModelEndpoint
from runs.output_schemas import BOUNDS, NUMBERS, TYPES, schema_fault

LEVEL_SAYS = (
    (Dataset.Level.MESSAGE, "Messages", "Judges one exchange: an input and its output."),
    (Dataset.Level.SESSION, "Sessions", "Judges a whole conversation."),
)
KIND_SAYS = (
    (
        Evaluator.Kind.JUDGE,
        "A judge with a prompt",
        "Fills your prompt with each row and reads the reply.",
    ),
    (
        Evaluator.Kind.CHECKS,
        "The checks of the dataset",
        "Carries out the checks that the dataset and its items hold. Needs no prompt.",
    ),
)
FIELDS = (
    "name", "description", "level", "kind", "prompt", "endpoint", "category", "weight", "is_shared",
)  # fmt: skip


class Choices(forms.Widget):
    """Repeated pairs of a label and whether it passes; templates draw them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:
        both = (
            data.getlist(f"{name}_{part}") if hasattr(data, "getlist") else []
            for part in ("label", "passes")
        )
        return [(label or "", passes or "") for label, passes in zip_longest(*both)]


class ChoicesField(forms.Field):
    """Labels that a judge may answer; rows without a label are nothing."""

    widget = Choices

    def clean(self, value: Any) -> list[tuple[str, str]]:
        said = [(unicodedata.normalize("NFC", label.strip()), passes) for label, passes in value]
        return [(label, passes) for label, passes in said if label]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.clean(data) != list(initial or ())


class EvaluatorForm(forms.Form):
    """All that a person can say of an evaluator."""

    name = forms.CharField(
        label="Name",
        max_length=200,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Results are shown under this name.",
    )
    description = forms.CharField(
        label="Description",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    level = forms.ChoiceField(
        label="Level",
        choices=[(value, label) for value, label, _ in LEVEL_SAYS],
        initial=Dataset.Level.MESSAGE,
        widget=forms.RadioSelect,
    )
    kind = forms.ChoiceField(
        label="Kind",
        choices=[(value, label) for value, label, _ in KIND_SAYS],
        initial=Evaluator.Kind.JUDGE,
        widget=forms.RadioSelect,
    )
    prompt = Text(
        label="Prompt", rows=12, attrs={"spellcheck": "true", "class": "mono", "data-prompt": ""}
    )
    answers = forms.ChoiceField(
        label="The judge answers", choices=list(TYPES.items()), initial="binary"
    )
    choices = ChoicesField(label="Labels", required=False)
    at_least = forms.FloatField(
        label="Passes from", required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    at_most = forms.FloatField(
        label="Passes up to", required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    endpoint = ScopedChoiceField(
        ModelEndpoint,
        label="Endpoint",
        required=False,
        empty_label="The judge of the configuration",
    )
    category = forms.CharField(
        label="Category",
        required=False,
        max_length=200,
        validators=[refuse_hidden_characters],
        help_text="Results are summed by category.",
    )
    weight = forms.IntegerField(
        label="Weight",
        required=False,
        min_value=0,
        max_value=1000,
        help_text="0 to 1,000; left empty, 1. Counts in the weighted rate.",
    )
    is_shared = forms.BooleanField(
        label="Shared with the team",
        required=False,
        help_text="Everybody in the team may use it. Only you, and who administers the team, can "
        "change it.",
    )

    def __init__(self, data: Any = None, *, actor: Actor, row: Evaluator | None = None) -> None:
        self.row = row
        super().__init__(data, initial=said_of(row) if row else None)
        endpoint = self.fields["endpoint"]
        assert isinstance(endpoint, ScopedChoiceField)
        endpoint.open_to(actor)

    def clean_name(self) -> str:
        return unicodedata.normalize("NFC", self.cleaned_data["name"])

    def clean_weight(self) -> int:
        weight = self.cleaned_data["weight"]
        return 1 if weight is None else int(weight)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.errors or cleaned["kind"] != Evaluator.Kind.JUDGE:
            return cleaned
        schema = self.schema(cleaned)
        if fault := schema_fault(schema):
            self.add_error(self.place_of_fault(cleaned), fault)
        return cleaned

    def schema(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """The parts as one output schema; what the form has no part for stays as it was."""
        kind = cleaned["answers"]
        schema: dict[str, Any] = {"type": kind}
        if kind == "choice":
            schema["choices"] = [label for label, _ in cleaned["choices"]]
        if passes := self._passes(kind, cleaned):
            schema["passes"] = passes
        return schema

    def _passes(self, kind: str, cleaned: dict[str, Any]) -> Any:
        if kind == "choice":
            return [label for label, passes in cleaned["choices"] if passes]
        bounds = {
            name: int(cleaned[name]) if cleaned[name] == int(cleaned[name]) else cleaned[name]
            for name in BOUNDS
            if kind in NUMBERS and cleaned[name] is not None
        }
        before = self.row.output_schema if self.row else {}
        listed = before.get("passes") if before.get("type") == kind else None
        return bounds or (listed if isinstance(listed, list) else None)

    def place_of_fault(self, cleaned: dict[str, Any]) -> str:
        return {"choice": "choices", "int": "at_least", "float": "at_least"}.get(
            cleaned["answers"], "answers"
        )

    def values(self) -> dict[str, Any]:
        """What the model keeps."""
        cleaned = self.cleaned_data
        is_judge = cleaned["kind"] == Evaluator.Kind.JUDGE
        return {name: cleaned[name] for name in FIELDS} | {
            "prompt": cleaned["prompt"] if is_judge else "",
            "output_schema": self.schema(cleaned) if is_judge else {},
        }


def said_of(row: Evaluator) -> dict[str, Any]:
    """A stored evaluator as the parts of its form."""
    schema = row.output_schema or {}
    passes = schema.get("passes", [])
    bounds = passes if isinstance(passes, dict) else {}
    labels = passes if isinstance(passes, list) else []
    return {name: getattr(row, name) for name in FIELDS} | {
        "endpoint": row.endpoint_id,
        "answers": schema.get("type", "binary"),
        "choices": [(label, "1" if label in labels else "") for label in schema.get("choices", [])],
        "at_least": bounds.get("at_least"),
        "at_most": bounds.get("at_most"),
    }
