"""The form "Add to dataset": which sessions, into which dataset, and which of their messages."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from datasets.clone_writing import Wanted
from datasets.filters import NAMES, filter_sessions
from datasets.models import Dataset, Session
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.fields import ScopedChoiceField

MOST_IDS = 10_000
MOST_TAGS = 50
SEPARATORS = re.compile(r"[,\n\r]+")


class DatasetChoice(ScopedChoiceField):
    """A dataset that the actor may change, said with its level and size."""

    def open_to(self, actor: Actor) -> None:
        super().open_to(actor)
        self.queryset = Dataset.objects.editable_by(actor).order_by("-updated_at", "-id")

    def label_from_instance(self, dataset: Any) -> str:
        return f"{dataset.name[:80]} ({dataset.level} level, {dataset.n_items:,} items)"


class CloneForm(forms.Form):
    """An existing dataset or a new one; all messages or those that a filter finds."""

    dataset = DatasetChoice(Dataset, required=False, empty_label="A new dataset…", label="Dataset")
    name = forms.CharField(
        label="Name of the new dataset",
        required=False,
        max_length=200,
        validators=[refuse_hidden_characters],
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    level = forms.ChoiceField(
        label="One item is",
        required=False,
        choices=[
            (Dataset.Level.MESSAGE, "one exchange: a question and its reply"),
            (Dataset.Level.SESSION, "a whole conversation"),
        ],
        initial=Dataset.Level.MESSAGE,
        widget=forms.RadioSelect,
    )
    messages = forms.ChoiceField(
        label="Messages",
        required=False,
        choices=[("all", "All messages"), ("filtered", "Filtered messages only")],
        initial="all",
        widget=forms.RadioSelect,
        help_text="Filtered: an exchange is taken when its question or its reply fits. "
        "Whole conversations are always taken whole.",
    )
    message_tags = forms.CharField(
        label="With one of these tags",
        required=False,
        max_length=20_000,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="With commas between them.",
    )
    message_text = forms.CharField(
        label="That say",
        required=False,
        max_length=500,
        strip=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Letters as they stand in the message, large or small.",
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, actor: Actor, data: Any = None, *, dataset: str = "") -> None:
        super().__init__(data, initial={"token": uuid4(), "dataset": dataset})
        self.fields["dataset"].open_to(actor)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not values.get("dataset") and not self.errors and not values.get("name"):
            self.add_error("name", "Choose a dataset, or name a new one.")
        is_filtered = values.get("messages") == "filtered"
        if is_filtered and not (self.tags(values) or values.get("message_text")):
            self.add_error("message_tags", "Name a tag or a text, or take all messages.")
        if len(self.tags(values)) > MOST_TAGS:
            self.add_error("message_tags", f"Name at most {MOST_TAGS} tags.")
        return values

    @property
    def wanted(self) -> Wanted | None:
        """The message filter, None for all messages."""
        values = self.cleaned_data
        if values["messages"] != "filtered":
            return None
        return Wanted(self.tags(values), values["message_text"])

    def tags(self, values: dict[str, Any]) -> tuple[str, ...]:
        texts = SEPARATORS.split(values.get("message_tags") or "")
        return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))

    def chosen_or_new(self, by: Actor) -> Dataset:
        """The chosen dataset, else a new one."""
        found: Dataset | None = self.cleaned_data["dataset"]
        if found:
            return found
        level = self.cleaned_data["level"] or Dataset.Level.MESSAGE
        return Dataset.create(name=self.cleaned_data["name"], level=level, by=by)


def chosen_sessions(actor: Actor, data: QueryDict) -> Any:
    """The visible sessions that are ticked, or all of the filtered view.

    Raises ValidationError for a broken filter or selection, and when neither is given.
    """
    if "ids" in data and data.get("scope") != "all":
        return Session.objects.visible_to(actor).filter(pk__in=ids_of(data))
    if data.get("scope") != "all":
        raise ValidationError("Select at least one session.")
    found = filter_sessions(actor, data)
    if found.errors:
        raise ValidationError("The filter is broken: correct it first.")
    return found.qs


def ids_of(data: QueryDict) -> list[UUID]:
    texts = data.getlist("ids")
    if len(texts) > MOST_IDS:
        raise ValidationError(f"Select at most {MOST_IDS:,} sessions, or all that match.")
    try:
        return [UUID(text) for text in texts]
    except ValueError as error:
        raise ValidationError("The selection is broken: select again.") from error


def as_hidden(data: QueryDict) -> list[tuple[str, str]]:
    """The hidden fields by which the form says again which sessions it is about."""
    names = (*NAMES, "scope") if data.get("scope") == "all" else ("ids",)
    return [(name, value) for name in names for value in data.getlist(name) if value]
