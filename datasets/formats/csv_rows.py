"""The one reader of CSV for datasets and suites: a header, then rows as a spreadsheet shows them.

Rows are numbered from the header, 1; a cell with line breaks is one row, and blank rows count.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Collection, Iterator
from typing import BinaryIO, NamedTuple

from datasets.formats import csv_text
from datasets.formats.csv_records import MAX_COLUMNS, Records, UnreadableError
from datasets.formats.csv_text import NoTextError
from datasets.formats.records import RowError, RowWarning, row_error, row_warning
from datasets.formats.values import is_too_long

_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_QUOTED = re.compile(r'"[^"]*+(?:"|\Z)')
_SAMPLE = 1 << 16
_EMPTY = "The file is empty. Choose a file with a header and rows."


class CsvRow(NamedTuple):
    """One record: its row as people count, and as many cells as the header has, untouched."""

    row: int
    cells: list[str]


def is_blank(cells: list[str]) -> bool:
    """Whether a row has no cell, or none that holds more than spaces."""
    return not any(map(str.strip, cells))


class Table:
    """A CSV file: its header, what there is to say about it, and once its rows.

    `header` holds the titles, stripped, "" for a blank one. It is empty when nothing can be read;
    `findings` then says why.
    """

    def __init__(self, records: Records, header: list[str]) -> None:
        self.header: tuple[str, ...] = tuple(title.strip() for title in header)
        self.header_row = records.row
        self.findings: list[RowError | RowWarning] = []
        self._records = records

    @classmethod
    def open(
        cls,
        stream: BinaryIO,
        *,
        known: Collection[str] = (),
        is_preamble: Callable[[list[str]], bool] | None = None,
    ) -> Table:
        """The table of the file; never raises.

        `known` are titles in lower case that help to tell the separator. If `is_preamble` holds
        for the first row, it is passed over with all rows up to the next blank one.
        """
        records = Records((), ",")
        findings: list[RowError | RowWarning] = []
        try:
            encoding = csv_text.encoding_of(stream)
            separator = _separator(_first_line(csv_text.chunks(stream, encoding)), known)
            findings += _remarks(encoding, separator)
            records = Records(csv_text.chunks(stream, encoding), separator)
            header = _header(records, is_preamble)
        except NoTextError as error:
            header, findings = [], [row_error(None, "", str(error))]
        except UnreadableError as error:
            header, findings = [], [*findings, row_error(records.row, "", str(error))]
        else:
            findings += _header_faults(header, records.row)
        table = cls(records, header if len(header) <= MAX_COLUMNS else [])
        table.findings = findings
        return table

    @property
    def is_sound(self) -> bool:
        """Whether the header has no fault, so that its titles may be trusted."""
        return not any(isinstance(each, RowError) for each in self.findings)

    def rows(self) -> Iterator[CsvRow | RowError]:
        """Every record below the header, blank ones too; one that is wrong gives its errors."""
        if not self.header:
            return
        width, records = len(self.header), self._records
        is_titled = all(self.header)
        try:
            for cells in records:
                if len(cells) < width:
                    cells += [""] * (width - len(cells))
                is_plain = len(cells) == width and is_titled
                if is_plain and not records.may_hold_nul and not records.is_long:
                    yield CsvRow(records.row, cells)
                elif errors := [*self._faults(records.row, cells)]:
                    yield from errors
                else:
                    yield CsvRow(records.row, cells[:width])
        except UnreadableError as error:
            yield row_error(records.row, "", str(error))

    def _faults(self, row: int, cells: list[str]) -> Iterator[RowError]:
        """What is wrong with the cells whatever they mean."""
        width = len(self.header)
        if not is_blank(cells[width:]):
            message = (
                f"This row has {len(cells)} cells, the header {width}. "
                "Put a text that holds a separator into double quotes."
            )
            yield row_error(row, "", message, next(filter(str.strip, cells[width:])))
        for n, (title, cell) in enumerate(zip(self.header, cells, strict=False), 1):
            if not title and cell.strip():
                message = f"Column {n} has no title. Write one, or empty its cells."
                yield row_error(row, f"column {n}", message, cell)
            if "\0" in cell:
                message = "This cell holds a NUL character, which cannot be stored. Remove it."
                yield row_error(row, title or f"column {n}", message, cell)
            if is_too_long(cell):
                message = "This cell is larger than 10 MB. Shorten it."
                yield row_error(row, title or f"column {n}", message, cell)


# The header


def _header(records: Records, is_preamble: Callable[[list[str]], bool] | None) -> list[str]:
    """The first row that is not blank, or the one behind a preamble and its blank row."""
    header = _next_filled(records)
    if header and is_preamble and is_preamble(header):
        for _ in itertools.takewhile(lambda cells: not is_blank(cells), records):
            pass
        header = _next_filled(records)
    return header


def _next_filled(records: Records) -> list[str]:
    return next((cells for cells in records if not is_blank(cells)), [])


def _header_faults(header: list[str], row: int) -> Iterator[RowError]:
    if not header:
        yield row_error(None, "", _EMPTY)
    if len(header) > MAX_COLUMNS:
        message = f"The table has {len(header):,} columns. At most {MAX_COLUMNS:,} can be read."
        yield row_error(row, "", message)
        return
    seen: set[str] = set()
    for title in filter(None, map(str.strip, header)):
        if title in seen:
            message = f'The column "{title[:200]}" is there twice. Rename or remove one.'
            yield row_error(row, title, message)
        if "\0" in title:
            message = "This title holds a NUL character, which cannot be stored. Remove it."
            yield row_error(row, title, message)
        seen.add(title)


# What the file is like


def _remarks(encoding: csv_text.Encoding, separator: str) -> Iterator[RowWarning]:
    if encoding.is_fallback:
        message = "The file is not UTF-8: it is read as Windows-1252. Look at its accents."
        yield row_warning(None, "", message)
    if separator != ",":
        message = f"The columns are separated by {_SEPARATORS[separator]}."
        yield row_warning(1, "", message)


def _first_line(pieces: Iterator[str]) -> str:
    """The first line that is not blank, without what stands in quotes."""
    sample = ""
    for piece in pieces:
        sample = (sample + piece).lstrip("\r\n")[:_SAMPLE]
        if len(sample) == _SAMPLE:
            break
    lines = (line for line in csv_text.lines([sample]) if line.strip(" ,;\t\r\n"))
    return next(lines, "")


def _separator(line: str, known: Collection[str]) -> str:
    """The separator that gives most known titles, then most cells; a comma when in doubt."""
    bare = _QUOTED.sub("", line)

    def merit(separator: str) -> tuple[int, int]:
        titles = {title.strip().strip('"').strip().lower() for title in line.split(separator)}
        return len(titles.intersection(known)), bare.count(separator)

    return max(_SEPARATORS, key=merit)
