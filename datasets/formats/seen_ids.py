"""Finds ids that a file gives twice, in memory that stays flat: a million ids take 25 MB."""

from __future__ import annotations

import unicodedata
from array import array

from datasets.formats.records import RowError, row_error

_WORD = 2**64 - 1
_FREE = 0


class SeenIds:
    """The ids of a file, each allowed once whatever its case; hashes are kept, not texts.

    A slot holds 56 bits of the hash of the id without case and 8 bits of the hash of the id as it
    is, which tell "the same" from "the same but for case". Among a million ids two alike in 56
    bits come once in a hundred thousand files.
    """

    def __init__(self) -> None:
        self._size = 1 << 10
        self._n_kept = 0
        self._hashes = array("Q", [_FREE]) * self._size
        self._rows = array("I", [0]) * self._size

    def repetition(self, row: int, identifier: str, column: str) -> RowError | None:
        """Remembers the id, or gives the error that names the row where it stood first.

        An empty id is none.
        """
        if not identifier:
            return None
        identifier = unicodedata.normalize("NFC", identifier)
        mark = (hash(self.folded(identifier)) & _WORD & ~0xFF) | hash(identifier) & 0xFF or 1
        at = self._slot(mark)
        if self._hashes[at] == _FREE:
            self._keep(at, mark, row)
            return None
        first = self._rows[at]
        if self._hashes[at] == mark:
            message = f"This id stands on row {first} already. Give each row its own id."
        else:
            message = f"This id differs from the one on row {first} in case only. Change one."
        return row_error(row, column, message, identifier)

    def first_row(self, row: int, text: str) -> int | None:
        """Remembers a text, or gives the row where it stood first; case tells texts apart."""
        mark = (hash(text) & _WORD) or 1
        at = self._slot(mark)
        if self._hashes[at] != _FREE:
            return self._rows[at]
        self._keep(at, mark, row)
        return None

    @staticmethod
    def folded(identifier: str) -> str:
        """What two ids must not share."""
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", identifier).casefold())

    @property
    def n_bytes(self) -> int:
        """How much memory the ids take."""
        return self._size * (self._hashes.itemsize + self._rows.itemsize)

    def _slot(self, mark: int) -> int:
        """Where the id is, or the free slot where it belongs."""
        mask, hashes, folded = self._size - 1, self._hashes, mark >> 8
        at = folded & mask
        while (kept := hashes[at]) != _FREE and kept >> 8 != folded:
            at = (at + 1) & mask
        return at

    def _keep(self, at: int, mark: int, row: int) -> None:
        self._hashes[at], self._rows[at] = mark, row
        self._n_kept += 1
        if self._n_kept * 3 > self._size * 2:
            self._grow()

    def _grow(self) -> None:
        hashes, rows = self._hashes, self._rows
        self._size *= 2
        self._hashes = array("Q", [_FREE]) * self._size
        self._rows = array("I", [0]) * self._size
        for mark, row in zip(hashes, rows, strict=True):
            if mark != _FREE:
                at = self._slot(mark)
                self._hashes[at], self._rows[at] = mark, row
