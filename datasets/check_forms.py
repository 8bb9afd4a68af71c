"""The forms of checks, of one item or of every item of a dataset."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from datasets import operators
from datasets.formats.fields import Findings
from datasets.formats.items import CheckRecord, Example
from datasets.formats.suite_checks import MAX_WEIGHT, RawCheck, read_check, read_example
from datasets.item_forms import Text

PREFIX = "checks"
MOST_CHECKS = 500
NAMES = {name: name for name in RawCheck._fields}
TYPES = (("positive", "Passes"), ("negative", "Fails"))


class Examples(forms.Widget):
    """Repeated pairs of a type and a text; templates draw them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:
        both = (
            data.getlist(f"{name}_{part}") if hasattr(data, "getlist") else []
            for part in ("type", "text")
        )
        return [(kind or "", text or "") for kind, text in zip_longest(*both)]


class ExamplesField(forms.Field):
    """Outputs that pass or fail a check; rows without a text are nothing."""

    widget = Examples

    def clean(self, value: Any) -> tuple[Example, ...]:
        found = Findings(None)
        texts = [(kind, text.replace("\r\n", "\n")) for kind, text in value if text.strip()]
        read = [read_example(found, kind, text, ("", "")) for kind, text in texts]
        if found.errors:
            raise ValidationError([error.message for error in found.errors])
        return tuple(each for each in read if each)

    def has_changed(self, initial: Any, data: Any) -> bool:
        said = [(kind, text.replace("\r\n", "\n")) for kind, text in data if text.strip()]
        return said != [tuple(each) for each in initial or ()]


def operator_choices(also: str = "") -> list[tuple[str, Any]]:
    """The operators by their group, for a select; `also` is one that is offered no more."""
    offered = operators.choices()
    if also and also not in {each.slug for each in offered} and also in operators.OPERATORS:
        offered = [*offered, operators.OPERATORS[also]]
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in offered:
        groups.setdefault(str(each.group), []).append((each.slug, each.label))
    return [("", "Choose…"), *groups.items()]


class CheckForm(forms.Form):
    """One check; a check that was not touched is kept as it is."""

    operator = forms.CharField(label="Check", max_length=100, required=False)
    criteria = Text(label="Criteria", rows=2)
    weight = forms.CharField(
        label="Weight",
        required=False,
        max_length=20,
        help_text=f"0 to {MAX_WEIGHT}; left empty, 1.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    category = forms.CharField(
        label="Category", required=False, max_length=200, help_text="Left empty, the operator’s."
    )
    extractor = Text(
        label="Extraction prompt",
        rows=2,
        help_text="What to take out of the output before it is checked.",
    )
    conditional_operator = forms.CharField(label="Only when", max_length=100, required=False)
    conditional_criteria = Text(label="Criteria of the condition", rows=2)
    examples = ExamplesField(label="Examples", required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in ("operator", "conditional_operator"):
            slug = str(self.initial.get(name, ""))
            self.fields[name].widget = forms.Select(choices=operator_choices(slug))

    @property
    def chosen(self) -> operators.Operator | None:
        """The operator that is chosen now, for its help."""
        return operators.OPERATORS.get(str(self["operator"].value() or ""))

    @property
    def says_something(self) -> bool:
        """Whether anything but its place was changed."""
        return not set(self.changed_data).isdisjoint(self.base_fields)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.says_something or self.errors:
            return cleaned
        if not cleaned["operator"]:
            self.add_error("operator", "Choose what is checked.")
            return cleaned
        found = Findings(None)
        raw = RawCheck(**{name: cleaned[name] for name in RawCheck._fields})
        self.check = read_check(found, raw, NAMES)
        for error in found.errors:
            self.add_error(error.column, error.message)
        return cleaned

    def record(self) -> CheckRecord | None:
        """The check as it is kept; None for a form that says nothing."""
        if not self.says_something:
            kept = self.initial.get("kept")
            return CheckRecord.from_json(kept) if kept else None
        assert self.check is not None
        return self.check._replace(examples=self.cleaned_data["examples"])


class BaseChecks(forms.BaseFormSet):  # type: ignore[type-arg]
    """Checks in their order, some of them to be taken out."""

    def total_form_count(self) -> int:
        """No more than were sent, whatever number is claimed: each costs time to draw."""
        claimed: int = super().total_form_count()
        if not self.is_bound:
            return claimed
        sent = (re.match(rf"{self.prefix}-(\d{{1,9}})-", name) for name in self.data)
        return min(claimed, 1 + max((int(each[1]) for each in sent if each), default=-1))

    def records(self) -> list[CheckRecord]:
        """What is to be kept, in the order that was asked for."""
        said = [form for form in self.forms if form not in self.deleted_forms]
        ranked = sorted(said, key=lambda form: _rank(form.cleaned_data.get("ORDER")))
        return [record for record in (form.record() for form in ranked) if record]

    @property
    def n_errors(self) -> int:
        return sum(bool(form.errors) for form in self.forms)


def _rank(order: int | None) -> tuple[bool, int]:
    """Those without a number come last, as they came."""
    return (order is None, order or 0)


Checks: Any = forms.formset_factory(
    CheckForm,
    formset=BaseChecks,
    extra=0,
    can_order=True,
    can_delete=True,
    max_num=MOST_CHECKS,
    validate_max=True,
    absolute_max=MOST_CHECKS + 1,
)


def checks_form(kept: Sequence[dict[str, Any]], data: Any = None) -> Any:
    """The formset of these checks (as JSON holds them)."""
    records = [(CheckRecord.from_json(each), each) for each in kept]
    initial = [
        check._asdict() | {"weight": str(check.weight), "kept": each} for check, each in records
    ]
    return Checks(data, initial=initial, prefix=PREFIX)
