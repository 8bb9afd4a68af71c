"""The suite CSV: global checks, a blank row, then tests whose further rows add to them.

The numbered rules are those of the contract, section 2.4; tests are named after them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from datasets.formats.csv_marks import carries_marks, unmarked_rows
from datasets.formats.csv_rows import CsvRow, Table, is_blank
from datasets.formats.fields import Findings
from datasets.formats.items import FieldCoverage, ItemFinding, ItemReading
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError, row_warning
from datasets.formats.seen_ids import SeenIds
from datasets.formats.suite_columns import KNOWN, TEST_COLUMNS, SuiteColumns, SuiteRow
from datasets.formats.suite_parts import FindFile, GlobalPart, TestPart

NO_FILES = (
    "Files are ignored when importing a suite that is not inside of a ZIP. "
    "Import the ZIP that holds them."
)
MARKS_TAKEN_OFF = (
    "Every cell that looks like a formula begins with ', as a spreadsheet-safe export writes it: "
    "these marks are taken off."
)
_TEST_ONLY = tuple(title for title in TEST_COLUMNS if title != "Test Input")


def read(
    stream: BinaryIO, *, options: ReadOptions, find_file: FindFile | None = None
) -> ItemReading:
    """The tests and global checks of the file; `find_file` is given by the ZIP around it."""
    is_marked = options.unguard
    if is_marked is None:
        is_marked = carries_marks(stream, _open)
    table = _open(stream)
    yield from table.findings
    if not table.header:
        return
    columns = SuiteColumns(table)
    yield from columns.findings
    if options.unguard is None and is_marked:
        yield row_warning(None, "", MARKS_TAKEN_OFF)
        yield FieldCoverage(is_unmarked=True)
    if columns.is_usable:
        suite = _Suite(columns, find_file)
        for row in unmarked_rows(table.rows()) if is_marked else table.rows():
            yield from suite.take(row)
        yield from suite.close()


def _open(stream: BinaryIO) -> Table:
    return Table.open(stream, known=KNOWN, is_preamble=_is_suite_block)


def _is_suite_block(cells: list[str]) -> bool:
    """Whether the first row is the header of the suite block, which goes to the next blank row."""
    return cells[0].strip().lower() == "suite id"


class _Suite:
    """Takes row after row and gives what is complete; memory holds one test."""

    def __init__(self, columns: SuiteColumns, find_file: FindFile | None) -> None:
        self._columns = columns
        self._said = columns.said() | ({"files"} if find_file else set())
        self._find_file = find_file
        self._globals: GlobalPart | None = None
        self._test: TestPart | None = None
        self._ids = SeenIds()
        self._is_after_blank = False
        self._are_files_warned = find_file is not None

    def take(self, row: CsvRow | RowError) -> Iterator[ItemFinding]:
        """One record of the file."""
        if isinstance(row, RowError):
            yield from self._lost(row)
            return
        if is_blank(row.cells):
            self._is_after_blank = True
            return
        if self._test is None and self._is_after_blank and self._columns.is_header(row.cells):
            return  # the header once more, between the two sections
        yield from self._filled(self._columns.row(row.row, row.cells))
        self._is_after_blank = False

    def close(self) -> Iterator[ItemFinding]:
        """What the end of the file completes."""
        yield from self._closed_globals()
        yield from self._closed_test()

    def _lost(self, error: RowError) -> Iterator[ItemFinding]:
        """A row that cannot be read may have begun a test: the rows below are not to be blamed."""
        yield error
        if self._test is None and self._globals is None:
            self._test = TestPart(error.row or 1, self._find_file)
        if self._test:
            self._test.is_bad = True

    def _filled(self, row: SuiteRow) -> Iterator[ItemFinding]:
        found = Findings(row.number)
        if row.has("Test Input"):
            self._check_separator(found, row)
            yield from self.close()
            self._test = TestPart(row.number, self._find_file)
            self._test.begin(found, row)
            self._check_id(found, self._test)
        else:
            _check_continuation(found, row, is_inside_test=self._test is not None)
        if self._test:
            self._test.take(found, row)
            self._test.is_bad = self._test.is_bad or bool(found.errors)
        else:
            self._globals = self._globals or GlobalPart(row.number)
            yield from self._globals.take(found, row)
        self._warn_of_files(found, row)
        yield from found.errors
        yield from found.warnings

    def _check_separator(self, found: Findings, row: SuiteRow) -> None:
        if self._globals and self._test is None and not self._is_after_blank:
            message = (
                "Leave a blank row between the global checks section and the tests section "
                f"(row {row.number})"
            )
            found.error("Test Input", message, row["Test Input"])

    def _check_id(self, found: Findings, test: TestPart) -> None:
        if test.public_id:
            repeated = self._ids.repetition(test.row, test.public_id, "Test Id")
            found.errors += [repeated] if repeated else []

    def _warn_of_files(self, found: Findings, row: SuiteRow) -> None:
        if row.has("Files") and not self._are_files_warned:
            found.warn("Files", NO_FILES)
            self._are_files_warned = True

    def _closed_globals(self) -> Iterator[ItemFinding]:
        if self._globals and self._test is None:
            yield from self._globals.close()

    def _closed_test(self) -> Iterator[ItemFinding]:
        if self._test and not self._test.is_bad:
            yield self._test.close(self._said)


def _check_continuation(found: Findings, row: SuiteRow, *, is_inside_test: bool) -> None:
    """A row without Test Input adds to the test above; above the first one it holds checks only."""
    for title in ("Test Id", "Right Answer") if is_inside_test else _TEST_ONLY:
        if row.has(title):
            message = "Test Input is missing. Write the input on the row where its test begins."
            found.error(title, message, row[title])
    if not is_inside_test:
        for key, cell in row.context:
            if cell.strip():
                found.error(f"context:{key}", "Test Input is missing. Write it on this row.", cell)
