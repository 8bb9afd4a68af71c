"""The columns of a suite CSV: their titles, and which cell of a row is which."""

from __future__ import annotations

from collections.abc import Sequence

from datasets.formats.csv_rows import Table
from datasets.formats.records import RowError, RowWarning, row_error, row_warning
from datasets.formats.suite_checks import COLUMNS as CHECK_PARTS
from datasets.formats.suite_checks import RawCheck
from datasets.formats.suite_context import key_fault

TEST_COLUMNS = (
    *("Test Id", "Test Input", "Right Answer", "Tags", "Files", "Context Keys", "Context Values"),
)
EXAMPLE_COLUMNS = ("Example Type", "Example Value")
TITLES = (*TEST_COLUMNS, *CHECK_PARTS.values(), *EXAMPLE_COLUMNS)
CONTEXT = "context:"
_KNOWN = {title.lower(): title for title in TITLES}
KNOWN = frozenset(_KNOWN)
FIELDS_SAID = {
    "Right Answer": "expected_output",
    "Tags": "tags",
    "Context Keys": "context",
    "Operator": "checks",
}


class SuiteRow:
    """One row of the file, its cells by title; empty ones are not kept."""

    def __init__(self, number: int, cells: dict[str, str], context: list[tuple[str, str]]) -> None:
        self.number = number
        self.cells = cells
        self.context = context  # keys and cells of the columns `context:<key>`

    def __getitem__(self, title: str) -> str:
        return self.cells.get(title, "")

    def has(self, title: str) -> bool:
        """Whether the cell holds more than spaces."""
        cell = self.cells.get(title)
        return cell is not None and bool(cell.strip())

    def raw_check(self) -> RawCheck:
        """The check that stands on the row."""
        return RawCheck(*(self[title] for title in CHECK_PARTS.values()))


class SuiteColumns:
    """Where the columns stand; `findings` says what is wrong with the header."""

    def __init__(self, table: Table) -> None:
        self.header = table.header
        self.findings: list[RowError | RowWarning] = []
        self.places: dict[str, int] = {}
        self.context_places: dict[str, int] = {}
        self._row = table.header_row
        for place, title in enumerate(table.header):
            self._add(place, title)
        if "Test Input" not in self.places:
            message = 'There is no column "Test Input". Write this title over the inputs.'
            self._error("Test Input", message)

    @property
    def is_usable(self) -> bool:
        """Whether rows can be told apart at all."""
        return "Test Input" in self.places

    def _add(self, place: int, title: str) -> None:
        if known := _KNOWN.get(title.lower()):
            if known in self.places:
                self._error(title, f'The column "{known}" is there twice. Remove one.')
            self.places.setdefault(known, place)
        elif title.lower().startswith(CONTEXT):
            self._add_context(place, title)
        elif title:
            message = f'"{title[:200]}" is not a column we know, it is ignored.'
            self.findings.append(row_warning(self._row, title, message))

    def _add_context(self, place: int, title: str) -> None:
        key = title[len(CONTEXT) :].strip()
        if fault := key_fault(key):
            self._error(title, fault)
        elif key in self.context_places:
            self._error(title, f'The context key "{key[:200]}" has two columns. Remove one.')
        else:
            self.context_places[key] = place

    def _error(self, title: str, message: str) -> None:
        self.findings.append(row_error(self._row, title, message, title))

    def said(self) -> frozenset[str]:
        """The fields of an item for which there is a column."""
        said = {field for title, field in FIELDS_SAID.items() if title in self.places}
        if self.context_places:
            said.add("context")
        return frozenset({"input", *said})

    def row(self, number: int, cells: Sequence[str]) -> SuiteRow:
        """The cells of a row by title."""
        return SuiteRow(
            number,
            {title: cells[place] for title, place in self.places.items() if cells[place]},
            [(key, cells[place]) for key, place in self.context_places.items()],
        )

    def is_header(self, cells: Sequence[str]) -> bool:
        """Whether a row repeats the header."""
        return all(
            cell.strip().lower() == title.lower()
            for cell, title in zip(cells, self.header, strict=True)
        )
