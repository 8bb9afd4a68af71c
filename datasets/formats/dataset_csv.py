"""Dataset CSV, message level: one item a row, columns mapped to its fields (formats.md 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from datasets.formats import csv_text
from datasets.formats.cells import is_bare, is_marked, unmarked
from datasets.formats.columns import KNOWN_TITLES
from datasets.formats.csv_rows import CsvRow, Table, is_blank
from datasets.formats.dataset_rows import RowReader
from datasets.formats.items import ItemReading
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError, row_warning

DEFAULTS = ReadOptions()
_MARK = re.compile(r"'[=+\-@\t\r]")
_UNMARKED = "Every cell that looks like a formula begins with a ' against it: it is taken off."


def read(stream: BinaryIO, *, options: ReadOptions = DEFAULTS) -> ItemReading:
    """The items of the file, what its columns cover first; every error in one pass."""
    table = Table.open(stream, known=KNOWN_TITLES)
    yield from table.findings
    faults = [*options.mapping.faults(table.header, table.header_row)] if table.header else []
    yield from faults
    if faults or not table.is_sound:
        yield from (found for found in table.rows() if isinstance(found, RowError))
        return
    is_guessed = options.unguard is None and all_cells_are_marked(stream, table)
    if is_guessed:
        yield row_warning(None, "", _UNMARKED)
    rows = RowReader(table.header, options)
    yield rows.coverage(is_unmarked=is_guessed)
    is_unmarked = is_guessed or options.unguard is True
    for found in table.rows():
        if isinstance(found, RowError):
            yield found
        elif not is_blank(found.cells):
            cells = [*map(unmarked, found.cells)] if is_unmarked else found.cells
            yield from rows.read(found.row, cells)


def all_cells_are_marked(stream: BinaryIO, table: Table) -> bool:
    """Whether there are cells that look like a formula and every one begins with the mark.

    Looks through the whole file, and cell by cell only where the mark is in it at all; leaves the
    stream where it was.
    """
    place = stream.tell()
    try:
        if table.encoding is None or not _holds_mark(csv_text.chunks(stream, table.encoding)):
            return False
        rows = (
            each
            for each in Table.open(stream, known=KNOWN_TITLES).rows()
            if isinstance(each, CsvRow)
        )
        n_marked = 0
        for _, cells in rows:
            if any(map(is_bare, cells)):
                return False
            n_marked += any(map(is_marked, cells))
        return n_marked > 0
    finally:
        stream.seek(place)


def _holds_mark(pieces: Iterator[str]) -> bool:
    last = ""
    for piece in pieces:
        if _MARK.search(last + piece):
            return True
        last = piece[-1:]
    return False
