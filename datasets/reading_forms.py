"""How a file of items is read: what each column is for, and the switches of its format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict

from datasets.formats.columns import DROP, OBJECTS, PLAIN, TITLES, ColumnMapping, guess_target
from datasets.formats.options import ReadOptions
from datasets.import_columns import Column
from datasets.item_upload_forms import UPLOADED

N_COLUMNS = 200  # what a page lists; the columns after them keep their use
MAX_NAME = 500
KEYED = {
    "context.": "Context key…",
    "participant_data.": "Participant data…",
    "session_state.": "Session state…",
    "key:": "Context key with a dot in it…",
}
USES = [
    (
        "The exchange",
        [(name, TITLES[name]) for name in ("input", "output", "history", "created_at")],
    ),
    (
        "The item",
        [
            ("id", "id: which item to change"),
            ("expected_output", TITLES["expected_output"]),
            ("tags", "Tags"),
            ("summary", TITLES["summary"]),
        ],
    ),
    ("Data, by a name", list(KEYED.items())),
    ("Data, whole JSON objects", [(name, TITLES.get(name, name)) for name in OBJECTS]),
    ("Nothing", [(DROP, "Leave this column out")]),
]
SWITCHES: dict[str, tuple[str, str]] = {
    "automatic_history": (
        "Automatic history",
        "The file is one conversation in order: each row gets all rows above it as its history.",
    ),
    "read_values_as_json": (
        "Read values as JSON",
        "Numbers, true, false and null in data columns become values of their kind, not text.",
    ),
    "empty_cells_clear": (
        "Empty cells clear",
        "In rows with an id, an empty cell empties the field. Otherwise the field stays as it is.",
    ),
    "overwrite": (
        "Overwrite tests with matching ids",
        "A test whose Test Id the dataset holds already is changed. Otherwise it is an error.",
    ),
}
SUITES = ("suite-csv", "suite-json", "suite-zip")
UNGUARD = (("auto", "When every such cell has it"), ("yes", "Always"), ("no", "Never"))
STATES = {"auto": None, "yes": True, "no": False}


class MappedColumn(NamedTuple):
    """A row of the mapping table."""

    column: Column
    use: BoundField
    name: BoundField
    faults: list[str]


class ReadingForm(forms.Form):
    """The options of one import; `mapping` and `options` are what was chosen."""

    format = forms.ChoiceField(
        label="Read as",
        required=False,
        choices=[(each.slug, each.label) for each in UPLOADED.values()],
        help_text="What the file was taken for. Choose another format to have it read as that.",
    )
    unguard = forms.ChoiceField(
        label="Take off the mark ' before formulas",
        choices=UNGUARD,
        required=False,
        help_text="Exports for spreadsheets put a ' before cells that begin with = + - or @.",
    )

    def __init__(
        self,
        data: QueryDict | None,
        *,
        format_slug: str,
        is_update: bool,
        columns: Sequence[Column],
        options: dict[str, Any],
    ) -> None:
        super().__init__(data, initial={"format": format_slug})
        self.columns = list({each.title: each for each in columns}.values())
        self.kept = options
        self.faults: dict[str, list[str]] = {}
        self.switches = switches_of(format_slug, is_update=is_update)
        if format_slug != "dataset-csv":
            del self.fields["unguard"]
        self._add_switches()
        self._add_columns()
        if data is None:
            self._find_faults(self._kept_mapping())

    def _add_switches(self) -> None:
        for name in self.switches:
            label, help_text = SWITCHES[name]
            field = forms.BooleanField(label=label, required=False, help_text=help_text)
            self.fields[name] = field
            self.initial[name] = bool(self.kept.get(name))
        states = {state: name for name, state in STATES.items()}
        self.initial["unguard"] = states.get(self.kept.get("unguard"), "auto")

    def _add_columns(self) -> None:
        kept = self._kept_mapping()
        for n, column in enumerate(self.columns[:N_COLUMNS]):
            of = f"“{column.title[:80]}”"
            self.fields[f"use-{n}"] = forms.ChoiceField(label=f"Use of {of}", choices=USES)
            self.fields[f"name-{n}"] = forms.CharField(
                label=f"Name for {of}", required=False, max_length=MAX_NAME
            )
            self.initial[f"use-{n}"], self.initial[f"name-{n}"] = split(kept[column.title])

    def _kept_mapping(self) -> dict[str, str]:
        titles = tuple(column.title for column in self.columns)
        kept = {
            title: use for title, use in self.kept.get("mapping", {}).items() if title in titles
        }
        return dict(ColumnMapping(kept).completed(titles).targets)

    @property
    def n_more(self) -> int:
        """How many columns are not listed."""
        return max(0, len(self.columns) - N_COLUMNS)

    @property
    def is_certain(self) -> bool:
        """Whether every column says itself what it is for, so that nobody needs to look."""
        return not self.faults and all(
            guess_target(each.title) in (*PLAIN, *OBJECTS) or "." in each.title
            for each in self.columns
        )

    def rows(self) -> Iterator[MappedColumn]:
        """The table of columns, each with its faults."""
        for n, column in enumerate(self.columns[:N_COLUMNS]):
            use, name = self[f"use-{n}"], self[f"name-{n}"]
            faults = [*use.errors, *name.errors, *self.faults.get(column.title, [])]
            yield MappedColumn(column, use, name, faults)

    def other_faults(self) -> list[str]:
        """What is wrong with no column in particular: a required one is missing."""
        titles = {column.title for column in self.columns}
        return [said for title, each in self.faults.items() if title not in titles for said in each]

    def all_faults(self) -> list[tuple[str, str]]:
        """What is wrong with the mapping, each with the column it is about, if any."""
        of_columns = [(each.column.title, fault) for each in self.rows() for fault in each.faults]
        return of_columns + [("", fault) for fault in self.other_faults()]

    def switch_fields(self) -> list[BoundField]:
        """The switches of the format."""
        return [self[name] for name in self.switches]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.columns and not self.errors:
            self._find_faults(self._chosen_mapping(cleaned))
            if self.faults:
                raise forms.ValidationError("The columns cannot be read this way yet.")
        return cleaned

    def _chosen_mapping(self, cleaned: dict[str, Any]) -> dict[str, str]:
        """The use of every column: as chosen, and as it was of those that are not listed."""
        mapping = self._kept_mapping()
        for n, column in enumerate(self.columns[:N_COLUMNS]):
            use = cleaned[f"use-{n}"]
            mapping[column.title] = f"{use}{cleaned[f'name-{n}']}" if use in KEYED else use
        return mapping

    def _find_faults(self, mapping: dict[str, str]) -> None:
        titles = tuple(column.title for column in self.columns)
        self.faults = {}
        for fault in ColumnMapping(mapping).faults(titles) if titles else ():
            self.faults.setdefault(fault.column, []).append(fault.message)

    def options(self) -> dict[str, Any]:
        """What the import keeps."""
        chosen: dict[str, Any] = {name: self.cleaned_data[name] for name in self.switches}
        if self.columns:
            chosen["mapping"] = self._chosen_mapping(self.cleaned_data)
        if "unguard" in self.fields:
            chosen["unguard"] = STATES[self.cleaned_data["unguard"] or "auto"]
        return chosen

    def read_options(self) -> ReadOptions:
        """The same for a reader."""
        return ReadOptions.from_json(self.kept | self.options())


def switches_of(format_slug: str, *, is_update: bool) -> tuple[str, ...]:
    """The switches that mean something for a file of this format."""
    if format_slug in SUITES:
        return ("overwrite",) if is_update else ()
    updating = ("empty_cells_clear",) if is_update else ()
    if format_slug == "dataset-csv":
        return ("automatic_history", "read_values_as_json", *updating)
    if format_slug in ("dataset-json", "dataset-jsonl"):
        return ("automatic_history", *updating)
    return ()


def split(target: str) -> tuple[str, str]:
    """A target as its select and its name say it."""
    if target in (*PLAIN, *OBJECTS, DROP):
        return target, ""
    if target.startswith("key:"):
        name = target.removeprefix("key:")
        return ("key:" if "." in name else "context."), name
    root, _, path = target.partition(".")
    return f"{root}.", path
