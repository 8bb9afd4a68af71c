"""The form of a prompt template: the values of each place of its text, one a line."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms

from datasets.item_forms import Text, with_our_line_ends
from evalplatform.accounts.models.user import refuse_hidden_characters
from runs.models import PromptTemplate
from runs.prompt_filling import MOST_PLACES, PLACE, Source, fill, values_fault

PREFIX = "values_"
NAMES = ("title", "template_key", "category", "subcategory", "text", "is_enabled", "position")
SHORT = forms.TextInput(attrs={"autocomplete": "off"})


class TemplateForm(forms.Form):
    """Text with places such as {city}; `places` are those of the text as it is typed now."""

    title = forms.CharField(
        label="Title", max_length=200, validators=[refuse_hidden_characters], widget=SHORT
    )
    category = forms.CharField(
        label="Category", max_length=60, validators=[refuse_hidden_characters], widget=SHORT
    )
    subcategory = forms.CharField(
        label="Subcategory",
        required=False,
        max_length=60,
        validators=[refuse_hidden_characters],
        widget=SHORT,
    )
    template_key = forms.SlugField(
        label="Key",
        max_length=60,
        widget=SHORT,
        help_text="Such as late-arrival. Several templates may have one key.",
    )
    text = Text(
        label="Text", rows=4, help_text="Write a place in braces, such as {city} or {guest}."
    )
    position = forms.IntegerField(
        label="Place in the list", required=False, min_value=0, max_value=100_000
    )
    is_enabled = forms.BooleanField(label="In use", required=False, initial=True)

    def __init__(self, data: Any = None, *, row: PromptTemplate | None = None) -> None:
        initial = {name: getattr(row, name) for name in NAMES} if row else None
        super().__init__(data, initial=initial)
        self.kept: dict[str, list[str]] = row.values if row else {}

    def places(self) -> list[tuple[str, str]]:
        """The places of the text as it is now, each with its values, one a line."""
        text = str(self["text"].value() or "")
        names = list(dict.fromkeys(PLACE.findall(text)))[:MOST_PLACES]
        return [(name, self.typed(name)) for name in names]

    def typed(self, name: str) -> str:
        """The values of a place as typed, else as they are kept."""
        said = self.data.get(f"{PREFIX}{name}") if self.is_bound else None
        return "\n".join(self.kept.get(name, ())) if said is None else str(said)

    def values_now(self) -> dict[str, list[str]]:
        """The values of the places of the text; blank lines are nothing."""
        return {
            name: [
                unicodedata.normalize("NFC", line.strip())
                for line in with_our_line_ends(typed).split("\n")
                if line.strip()
            ]
            for name, typed in self.places()
        }

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if not text.strip():
            raise forms.ValidationError("The text is empty. Write the prompt.")
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "text" in cleaned and (fault := values_fault(cleaned["text"], self.values_now())):
            self.add_error(None, fault)
        return cleaned

    def values(self) -> dict[str, Any]:
        """What the model keeps."""
        said = {name: self.cleaned_data[name] for name in NAMES}
        return said | {"values": self.values_now(), "position": said["position"] or 0}

    def example(self) -> tuple[int, list[str]]:
        """How many prompts it gives as it is typed now, and the first three of them."""
        text, values = str(self["text"].value() or ""), self.values_now()
        if not text.strip() or values_fault(text, values):
            return 0, []
        source = Source("", "", "", "", text, values)
        n = source.n_combinations
        return n, [each.text for each in fill([source], min(n, 3))]
