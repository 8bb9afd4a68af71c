"""What the export pages of a dataset, a run and reviews ask alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from django import forms

from exports.formats.options import TableFormat
from exports.forms import BundleForm

TABLES = {
    TableFormat.CSV: ("CSV", "One header each, for every program."),
    TableFormat.PARQUET: ("Parquet", "Every value with its type, for programs of data frames."),
}


class FileForm(BundleForm):
    """One of some formats, for people by default; `token` makes a form sent twice ask once."""

    format = forms.ChoiceField(widget=forms.RadioSelect)
    spreadsheet_safe = forms.BooleanField(
        required=False,
        label="Safe for spreadsheets",
        help_text="A ' before cells of CSV files that a spreadsheet program would run as a "
        "formula. Programs want them without it.",
    )
    token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, formats: Iterable[Any], data: Any = None, **first: Any) -> None:
        self.formats = {each.slug: each for each in formats}
        first |= {"format": next(iter(self.formats), ""), "spreadsheet_safe": True}
        super().__init__(data, initial=first | {"token": uuid4()})
        choices: forms.ChoiceField = self.fields["format"]  # type: ignore[assignment]
        choices.choices = [(each.slug, each.label) for each in self.formats.values()]

    @property
    def chosen(self) -> Any:
        """Return the chosen format."""
        return self.formats[self.cleaned_data["format"]]


class TablesForm(FileForm):
    """As above, where some formats are tables."""

    tables = forms.ChoiceField(
        choices=[(each.value, label) for each, (label, _) in TABLES.items()],
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(self, formats: Iterable[Any], data: Any = None, **first: Any) -> None:
        super().__init__(formats, data, tables=TableFormat.CSV.value, **first)

    @property
    def kinds_of_tables(self) -> list[tuple[str, str, str]]:
        """Return value, label and help of each."""
        return [(each.value, *texts) for each, texts in TABLES.items()]

    @property
    def heeded(self) -> dict[str, Any]:
        """Return the chosen options by name, of those that the format heeds."""
        found = {name: self.cleaned_data[name] for name in self.chosen.options}
        found = {name: value for name, value in found.items() if value != ""}
        if found.get("tables") == TableFormat.PARQUET:
            del found["spreadsheet_safe"]
        return found
