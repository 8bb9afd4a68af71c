"""Splits CSV text into records with Python's reader in C, under caps that hold while reading."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from typing import NoReturn

from datasets.formats import csv_text
from datasets.formats.values import MAX_TEXT

MAX_COLUMNS = 10_000
MAX_RECORD = 64 * 1024 * 1024
_LONG = 1 << 20
_STOPPED = "The rows from here on were not read."


class UnreadableError(ValueError):
    """From this record on nothing can be read; the message says why, then what to do."""


class Records:
    """The records of a text, and the row of the one given last; memory holds one of them."""

    def __init__(self, pieces: Iterable[str], separator: str) -> None:
        self.row = 0
        self.may_hold_nul = False
        self.is_long = False
        self._n_fed = 0  # characters given to the reader since the last record it gave
        self._n_cells = 0  # of a long record, counted before the reader makes them
        self._separator = separator
        quoted, rest = r'[^"]*+(?:""[^"]*+)*+"?', rf"[^{separator}]*+{separator}"
        self._cell = re.compile(rf'(?:"{quoted})?{rest}')
        self._cell_begun = re.compile(rf"{quoted}{rest}")
        csv.field_size_limit(MAX_TEXT)
        self._reader = csv.reader(self._lines(pieces), delimiter=separator, strict=True)

    def __iter__(self) -> Iterator[list[str]]:
        return self

    def __next__(self) -> list[str]:
        """The cells of the next record, [] for an empty line; or UnreadableError."""
        try:
            cells = next(self._reader)
        except csv.Error as error:
            self._refuse(str(error))
        except UnreadableError:
            self.row += 1
            raise
        self.row += 1
        self.is_long = self._n_fed > _LONG
        self._n_fed = self._n_cells = 0
        return cells

    def _refuse(self, reason: str) -> NoReturn:
        self.row += 1
        if "field larger" in reason:
            raise UnreadableError(_CELL_TOO_LARGE)
        raise UnreadableError(
            "Something stands behind the closing quote of a cell in this row. Write each quote "
            f"inside a cell twice, and a separator behind the closing one. {_STOPPED}"
        )

    def _lines(self, pieces: Iterable[str]) -> Iterator[str]:
        """Whole lines for the reader, which asks on inside a record only when a quote is open."""
        held: list[str] = []
        n_unbroken = 0
        for part in csv_text.lines(self._watched(pieces)):
            self._n_fed += len(part)
            if self._n_fed > MAX_RECORD:
                raise UnreadableError(_RECORD_TOO_LARGE)
            if part[-1] not in "\r\n":
                n_unbroken = _unbroken(n_unbroken, part, self._separator)
                held.append(part)
                continue
            if held:
                part = "".join([*held, part])
                held.clear()
                n_unbroken = 0
            if self._n_fed > _LONG:
                self._count_cells(part)
            yield part
        if held:
            yield "".join(held)
        if self._n_fed:
            raise UnreadableError(
                "A quote is opened in this row and never closed. Close it, or write a quote that "
                f"belongs to the text twice. {_STOPPED}"
            )

    def _watched(self, pieces: Iterable[str]) -> Iterator[str]:
        for piece in pieces:
            self.may_hold_nul = self.may_hold_nul or "\0" in piece
            yield piece

    def _count_cells(self, line: str) -> None:
        """Stops before the reader makes more cells than a table may have."""
        is_begun = self._n_fed > len(line)
        found = self._cell_begun.match(line) if is_begun else self._cell.match(line)
        while found:
            self._n_cells += 1
            if self._n_cells > MAX_COLUMNS:
                raise UnreadableError(
                    f"This row has more than {MAX_COLUMNS:,} columns. Split the table. {_STOPPED}"
                )
            found = self._cell.match(line, found.end())


_CELL_TOO_LARGE = (
    "A cell of this row is larger than 10 MB, or its closing quote is missing. "
    f"Shorten it, or close the quote. {_STOPPED}"
)
_RECORD_TOO_LARGE = (
    f"This row is larger than {MAX_RECORD // 1024**2} MB, or a closing quote is missing. "
    f"Shorten it, or close the quote. {_STOPPED}"
)


def _unbroken(n_before: int, part: str, separator: str) -> int:
    """How long the text since the last separator of an unfinished line is, if a cell may be."""
    at = part.rfind(separator)
    n_unbroken = n_before + len(part) if at < 0 else len(part) - at - 1
    if n_unbroken > MAX_TEXT:
        raise UnreadableError(_CELL_TOO_LARGE)
    return n_unbroken
