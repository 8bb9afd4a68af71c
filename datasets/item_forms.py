"""The form of an item: what is typed, read by the rules that files are read by."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django import forms

from datasets.formats import history, item_rules
from datasets.formats.fields import Fields, Findings
from datasets.formats.items import ItemRecord
from datasets.formats.values import MAX_TEXT
from datasets.models import Dataset, DatasetItem
from evalplatform import strict_json
from evalplatform.strict_json import StrictJsonError

INLINE = ("input", "output", "expected_output", "tags")
OF_MESSAGES = ("input", "output", "history", "created_at")  # session snapshots hold none of these
OBJECTS = ("context", "participant_data", "session_state")


class Text(forms.CharField):
    """A text as it was typed, with the line ends that we store; a browser sends others."""

    widget = forms.Textarea

    def __init__(self, *, rows: int = 3, **options: Any) -> None:
        attrs = {"rows": rows, "dir": "auto"} | options.pop("attrs", {})
        options.setdefault("widget", forms.Textarea(attrs=attrs))
        super().__init__(required=False, strip=False, max_length=MAX_TEXT, **options)

    def to_python(self, value: Any) -> str:
        return with_our_line_ends(str(super().to_python(value) or ""))


def with_our_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


class ItemForm(forms.Form):
    """All that a person can say of an item; what was not touched keeps its exact value."""

    public_id = forms.CharField(
        label="Id",
        required=False,
        max_length=item_rules.MAX_ID,
        help_text="Unique in the dataset. Left empty, one is made.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    input = Text(label="Input", rows=4)
    output = Text(label="Output", rows=4)
    expected_output = Text(
        label="Expected output", rows=3, help_text="The right answer, when there is one."
    )
    tags = forms.CharField(
        label="Tags",
        required=False,
        max_length=50_000,
        help_text="With commas between them.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    history = Text(
        label="History",
        help_text="What was said before the input: lines that begin with user: or assistant:. "
        "A line that begins with neither continues the one above it.",
        attrs={"data-history": "", "spellcheck": "false"},
    )
    summary = Text(label="Summary", rows=2)
    created_at = forms.CharField(
        label="Took place at",
        required=False,
        max_length=60,
        help_text="Such as 2026-01-15T09:30:00Z.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    context = Text(label="Context", attrs={"data-pairs": "", "spellcheck": "false"})
    participant_data = Text(
        label="Participant data", attrs={"data-pairs": "", "spellcheck": "false"}
    )
    session_state = Text(label="Session state", attrs={"data-pairs": "", "spellcheck": "false"})

    def __init__(
        self,
        data: Any = None,
        *,
        item: DatasetItem | None = None,
        level: str = Dataset.Level.MESSAGE,
        only: Sequence[str] = (),
    ) -> None:
        self.item = item
        self.before = texts_of(item) if item else {}
        super().__init__(data, initial=self.before)
        unfit = OF_MESSAGES if level == Dataset.Level.SESSION else ()
        for name in list(self.fields):
            if name in unfit or (only and name not in only):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        return {
            name: getattr(self.item, name)
            if self._is_untouched(name, text)
            else self._read(name, text)
            for name, text in list(typed.items())
        }

    def _is_untouched(self, name: str, text: str) -> bool:
        return self.item is not None and text == with_our_line_ends(self.before[name]).strip(
            "" if isinstance(self.fields[name], Text) else None
        )

    def _read(self, name: str, text: str) -> Any:
        """Read what was typed; what is wrong becomes an error at the field."""
        found = Findings(None)
        value = READERS[name](found, name, text) if name in READERS else text
        for error in found.errors:
            self.add_error(name, error.message)
        return value

    def clean_input(self) -> str:
        """A new item asks something; one that asked nothing may go on so."""
        text: str = self.cleaned_data["input"]
        if not text.strip() and (self.item is None or self.item.input.strip()):
            raise forms.ValidationError("The input is empty. Write what was asked.")
        return text

    def changed_values(self) -> dict[str, Any]:
        """What the form says otherwise than its item; an empty id stays what it was."""
        said = {
            name: value
            for name, value in self.cleaned_data.items()
            if self.item is None or getattr(self.item, name) != value
        }
        if not said.get("public_id", "x"):
            del said["public_id"]
        return said

    def record(self) -> ItemRecord:
        """A new item as the form says it."""
        said = dict(self.cleaned_data)
        for name in ("tags", "history"):
            said[name] = tuple(said.get(name, ()))
        return ItemRecord(**said)


def texts_of(item: DatasetItem) -> dict[str, str]:
    """The item as its form shows it."""
    texts = {name: getattr(item, name) for name in ("public_id", "input", "output", "summary")}
    return texts | {
        "expected_output": item.expected_output,
        "tags": write_tags(item.tags),
        "history": write_history(item.history),
        "created_at": item.created_at.isoformat() if item.created_at else "",
        **{name: write_object(getattr(item, name)) for name in OBJECTS},
    }


def write_tags(tags: Iterable[str]) -> str:
    """The tags with commas between them; one that holds a comma stands in quotes."""
    return ", ".join(
        '"' + tag.replace('"', '""') + '"' if "," in tag or tag.startswith('"') else tag
        for tag in tags
    )


def read_tags(found: Findings, name: str, text: str) -> list[str]:
    try:
        parts = next(csv.reader([text.replace("\n", ",")], skipinitialspace=True), [])
    except csv.Error:
        found.error(name, "These tags cannot be read. Write them with commas between.", text)
        return []
    return list(Fields(found, {name: [part for part in parts if part.strip()]}).tags(name))


def write_history(messages: Sequence[dict[str, Any]]) -> str:
    """Lines where they say all there is, else JSON."""
    text = history.write_cell(messages)
    return write_json(list(messages)) if text.startswith("[") else text


def read_history(found: Findings, name: str, text: str) -> list[dict[str, Any]]:
    if text.lstrip().startswith("["):
        value = _json(found, name, text)
        return [] if value is None else list(history.read_list(found, name, value))
    return list(history.read_lines(found, name, text))


def write_object(value: dict[str, Any]) -> str:
    return write_json(value) if value else ""


def write_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def read_object(found: Findings, name: str, text: str) -> dict[str, Any]:
    if not text.strip():
        return {}
    return Fields(found, {name: _json(found, name, text)}).data(name)


def read_moment(found: Findings, name: str, text: str) -> datetime | None:
    return Fields(found, {name: text.strip() or None}).moment(name)


def _json(found: Findings, name: str, text: str) -> Any:
    try:
        return strict_json.loads(text)
    except StrictJsonError as error:
        found.error(name, f"This is not JSON. {error.message}", text)
        return None


READERS: dict[str, Callable[[Findings, str, str], Any]] = {
    "public_id": item_rules.public_id,
    "tags": read_tags,
    "history": read_history,
    "created_at": read_moment,
    **dict.fromkeys(OBJECTS, read_object),
}
