"""Takes off the ' that a spreadsheet-safe export puts before what looks like a formula."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from datasets.formats import csv_text
from datasets.formats.cells import is_bare, is_marked, unmarked
from datasets.formats.csv_rows import CsvRow, Table
from datasets.formats.records import RowError
from evalplatform.spreadsheets import DANGEROUS

_MARK = re.compile("'" + DANGEROUS.pattern.removeprefix("'*"))
_TAIL = 100  # characters of a piece that are looked at with the next


def without_marks(cells: list[str]) -> list[str]:
    """The cells as they were before the export."""
    return [unmarked(cell) if cell[:1] == "'" else cell for cell in cells]


def unmarked_rows(rows: Iterable[CsvRow | RowError]) -> Iterator[CsvRow | RowError]:
    """The rows with the marks taken off."""
    for row in rows:
        yield row if isinstance(row, RowError) else CsvRow(row.row, without_marks(row.cells))


def carries_marks(stream: BinaryIO, open_table: Callable[[BinaryIO], Table]) -> bool:
    """Whether at least one cell looks like a formula, and every such cell carries the mark."""
    return _may_carry(stream) and _every_one_does(open_table(stream))


def _may_carry(stream: BinaryIO) -> bool:
    """A look at the text, so that most files are not split into cells twice."""
    last = ""
    try:
        for piece in csv_text.chunks(stream, csv_text.encoding_of(stream)):
            if _MARK.search(last + piece):
                return True
            last = piece[-_TAIL:]
    except csv_text.NoTextError:
        pass
    return False


def _every_one_does(table: Table) -> bool:
    n_marked = 0
    for row in table.rows():
        if isinstance(row, CsvRow):
            if any(map(is_bare, row.cells)):
                return False
            n_marked += any(map(is_marked, row.cells))
    return n_marked > 0
