"""Dataset CSV, message level: one item a row, columns mapped to its fields (formats.md 4)."""

from __future__ import annotations

from typing import BinaryIO

from datasets.formats.columns import KNOWN_TITLES
from datasets.formats.csv_marks import carries_marks, without_marks
from datasets.formats.csv_rows import Table, is_blank
from datasets.formats.dataset_rows import RowReader
from datasets.formats.items import ItemReading
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError, row_warning

DEFAULTS = ReadOptions()
_UNMARKED = "Every cell that looks like a formula begins with a ' against it: it is taken off."


def read(stream: BinaryIO, *, options: ReadOptions = DEFAULTS) -> ItemReading:
    """The items of the file, what its columns cover first; every error in one pass."""
    is_guessed = options.unguard is None and carries_marks(stream, _open)
    table = _open(stream)
    yield from table.findings
    faults = [*options.mapping.faults(table.header, table.header_row)] if table.header else []
    yield from faults
    if faults or not table.is_sound:
        yield from (found for found in table.rows() if isinstance(found, RowError))
        return
    if is_guessed:
        yield row_warning(None, "", _UNMARKED)
    rows = RowReader(table.header, options)
    yield rows.coverage(is_unmarked=is_guessed)
    is_unmarked = is_guessed or options.unguard is True
    for found in table.rows():
        if isinstance(found, RowError):
            yield found
        elif not is_blank(found.cells):
            cells = without_marks(found.cells) if is_unmarked else found.cells
            yield from rows.read(found.row, cells)


def _open(stream: BinaryIO) -> Table:
    return Table.open(stream, known=KNOWN_TITLES)
