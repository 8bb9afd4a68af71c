"""What is being put together while the rows of a suite are read: a test, or the global checks."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from datasets.formats.fields import MAX_TAGS, Fields, Findings
from datasets.formats.items import CheckRecord, Example, GlobalCheck, Item, ItemRecord
from datasets.formats.list_cutter import MAX_ELEMENT
from datasets.formats.suite_checks import COLUMNS as CHECK_PARTS
from datasets.formats.suite_checks import read_check, read_example
from datasets.formats.suite_columns import EXAMPLE_COLUMNS, SuiteRow
from datasets.formats.suite_context import ContextCellError, key_fault, read_value
from datasets.formats.values import holds_hidden

MAX_ID = 64
_ROW_COST = 500  # bytes that an almost empty row costs in memory

# The path of an attachment for the name in a Files cell, or "" and what is wrong with the name.
FindFile = Callable[[str], tuple[str, str]]


class OpenCheck:
    """A check whose examples may still follow; `record` is None when the check has errors."""

    def __init__(self, row: int, record: CheckRecord | None) -> None:
        self.row = row
        self.record = record
        self.examples: list[Example] = []

    def closed(self) -> CheckRecord | None:
        """The check with its examples."""
        return self.record and self.record._replace(examples=tuple(self.examples))


class _Part:
    """Rows that belong together; memory is capped by what they hold."""

    def __init__(self, row: int) -> None:
        self.row = row
        self.is_bad = False
        self.last_check: OpenCheck | None = None
        self._size = 0

    def takes(self, found: Findings, row: SuiteRow) -> bool:
        """Whether the row still fits; says so once when not."""
        was_full = self._size > MAX_ELEMENT
        self._size += _ROW_COST + sum(map(len, row.cells.values()))
        if self._size > MAX_ELEMENT and not was_full:
            size = MAX_ELEMENT // 1_000_000
            found.error("", f"This test has more than {size} MB. Split it into several tests.")
        return self._size <= MAX_ELEMENT

    def add_check(self, found: Findings, row: SuiteRow) -> OpenCheck | None:
        """Reads the check cells of a row; the new check when there is an operator."""
        check = None
        if row.has("Operator"):
            check = self.last_check = OpenCheck(row.number, read_check(found, row.raw_check()))
        else:
            for title in filter(row.has, CHECK_PARTS.values()):
                message = f"There is no Operator on this row. Write the one whose {title} this is."
                found.error(title, message, row[title])
        self._add_example(found, row)
        return check

    def _add_example(self, found: Findings, row: SuiteRow) -> None:
        filled = [*filter(row.has, EXAMPLE_COLUMNS)]
        if not filled:
            return
        if self.last_check is None:
            message = "There is no check above this example. Write an Operator on its row."
            found.error(filled[0], message, row[filled[0]])
            return
        kind, text = (row[title] for title in EXAMPLE_COLUMNS)
        if example := read_example(found, kind, text, EXAMPLE_COLUMNS):
            self.last_check.examples.append(example)


class GlobalPart(_Part):
    """The rows above the first test: checks on every test, given as soon as one is complete."""

    def take(self, found: Findings, row: SuiteRow) -> Iterator[GlobalCheck]:
        """Adds the row; gives the check before when a new one begins."""
        before = self.last_check
        if self.takes(found, row) and self.add_check(found, row):
            self._size = 0
            yield from _given(before)

    def close(self) -> Iterator[GlobalCheck]:
        """The last check."""
        yield from _given(self.last_check)


def _given(check: OpenCheck | None) -> Iterator[GlobalCheck]:
    if check and (record := check.closed()):
        yield GlobalCheck(check.row, record)


class TestPart(_Part):
    """One test: each row adds a tag, a file, a context value and a check, or some of them."""

    __test__ = False  # nothing for pytest to collect

    def __init__(self, row: int, find_file: FindFile | None) -> None:
        super().__init__(row)
        self.public_id = ""
        self._input = ""
        self._expected = ""
        self._tags: dict[str, str] = {}
        self._context: dict[str, Any] = {}
        self._files: list[str] = []
        self._checks: list[OpenCheck] = []
        self._find_file = find_file

    def begin(self, found: Findings, row: SuiteRow) -> None:
        """Takes what only the first row of a test has."""
        self._input, self._expected = row["Test Input"], row["Right Answer"]
        self.public_id = read_id(found, "Test Id", row["Test Id"])

    def take(self, found: Findings, row: SuiteRow) -> None:
        """Adds the lists of a row, which have nothing to do with each other."""
        if not self.takes(found, row):
            return
        if row.has("Tags"):
            self._add_tag(found, row["Tags"])
        if row.has("Files") and self._find_file:
            self._add_file(found, row["Files"].strip(), self._find_file)
        self._add_pair(found, row)
        for key, cell in row.context:
            if cell.strip():
                self._add_context(found, f"context:{key}", key, cell)
        if check := self.add_check(found, row):
            self._checks.append(check)

    def close(self, said: frozenset[str]) -> Item:
        """The item; only when none of its rows had an error."""
        record = ItemRecord(
            public_id=self.public_id,
            input=self._input,
            expected_output=self._expected,
            context=self._context,
            tags=tuple(self._tags.values()),
            checks=tuple(record for each in self._checks if (record := each.closed())),
            files=tuple(self._files),
            said=said,
        )
        return Item(self.row, record)

    def _add_tag(self, found: Findings, cell: str) -> None:
        inner = Findings(found.row)
        for tag in Fields(inner, {"Tags": [cell]}).tags("Tags"):
            self._tags.setdefault(tag.casefold(), tag)
        for error in inner.errors:
            found.error("Tags", error.message, cell)
        if "," in cell:
            message = "These are values comma-separated in one cell, kept as one tag."
            found.warn("Tags", f"{message} Write each tag on a row of its own.")
        if len(self._tags) == MAX_TAGS + 1:
            found.error("Tags", f"This test has more than {MAX_TAGS} tags. Remove some.", cell)

    def _add_file(self, found: Findings, name: str, find_file: FindFile) -> None:
        path, fault = find_file(name)
        if fault:
            found.error("Files", fault, name)
        elif path in self._files:
            found.warn("Files", f'"{path[:200]}" is named twice on this test, it is kept once.')
        else:
            self._files.append(path)

    def _add_pair(self, found: Findings, row: SuiteRow) -> None:
        if row.has("Context Keys"):
            self._add_context(found, "Context Keys", row["Context Keys"], row["Context Values"])
        elif row.has("Context Values"):
            message = "This context value has no key. Write its name under Context Keys."
            found.error("Context Values", message, row["Context Values"])

    def _add_context(self, found: Findings, title: str, key: str, cell: str) -> None:
        if fault := key_fault(key):
            found.error(title, fault, key)
        elif key in self._context:
            message = f'This test has the context key "{key[:200]}" already. Remove one of the two.'
            found.error(title, message, key)
        else:
            value_title = "Context Values" if title == "Context Keys" else title
            self._context[key] = _context_value(found, value_title, cell)


def _context_value(found: Findings, title: str, cell: str) -> Any:
    try:
        return read_value(cell)
    except ContextCellError as error:
        found.error(title, str(error), cell)
        return ""


def read_id(found: Findings, name: str, text: str) -> str:
    """An id of at most 64 characters: stripped, NFC, case kept; "" when there is none."""
    public_id = unicodedata.normalize("NFC", text.strip())
    if len(public_id) > MAX_ID:
        message = f"This id is longer than {MAX_ID} characters ({len(public_id)}). Shorten it."
        found.error(name, message, text)
    elif holds_hidden(public_id):
        found.error(name, "This id holds invisible characters. Remove them.", text)
    else:
        return public_id
    return ""
