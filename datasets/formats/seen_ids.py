"""Finds ids that a file gives twice, in memory that stays flat: a million ids take 30 MB."""

from __future__ import annotations

import unicodedata
from array import array

from datasets.formats.records import RowError, row_error

_WORD, _SHORT = 2**64 - 1, 2**16 - 1
_FREE = 0


class SeenIds:
    """The ids of a file, each allowed once whatever its case; hashes are kept, not texts.

    A slot holds 64 bits of the hash of the id without case, 16 bits of that of the id as it is,
    which tell "the same" from "the same but for case", and the row. Python salts its hashes, so
    that nobody can make ids that meet.
    """

    def __init__(self) -> None:
        self._n_kept = 0
        self._make_room(1 << 10)

    def repetition(self, row: int, identifier: str, column: str) -> RowError | None:
        """Remembers the id, or gives the error that names the row where it stood first.

        An empty id is none.
        """
        if not identifier:
            return None
        if not identifier.isascii():
            identifier = unicodedata.normalize("NFC", identifier)
        exact = hash(identifier) & _SHORT
        at = self._slot(mark := (hash(self.folded(identifier)) & _WORD) or 1)
        if self._marks[at] == _FREE:
            self._keep(at, mark, exact, row)
            return None
        first = self._rows[at]
        if self._exact[at] == exact:
            message = f"This id stands on row {first} already. Give each row its own id."
        else:
            message = f"This id differs from the one on row {first} in case only. Change one."
        return row_error(row, column, message, identifier)

    def first_row(self, row: int, text: str) -> int | None:
        """Remembers a text, or gives the row where it stood first; case tells texts apart."""
        at = self._slot(mark := (hash(text) & _WORD) or 1)
        if self._marks[at] != _FREE:
            return self._rows[at]
        self._keep(at, mark, 0, row)
        return None

    @staticmethod
    def folded(identifier: str) -> str:
        """What two ids must not share."""
        if identifier.isascii():
            return identifier.lower()
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", identifier).casefold())

    @property
    def n_bytes(self) -> int:
        """How much memory the ids take."""
        return sum(len(each) * each.itemsize for each in (self._marks, self._exact, self._rows))

    def _make_room(self, size: int) -> None:
        self._mask = size - 1
        self._marks = array("Q", [_FREE]) * size
        self._exact = array("H", [0]) * size
        self._rows = array("I", [0]) * size

    def _slot(self, mark: int) -> int:
        """Where the id is, or the free slot where it belongs."""
        mask, marks = self._mask, self._marks
        at = mark & mask
        while (kept := marks[at]) != _FREE and kept != mark:
            at = (at + 1) & mask
        return at

    def _keep(self, at: int, mark: int, exact: int, row: int) -> None:
        self._marks[at], self._exact[at], self._rows[at] = mark, exact, row
        self._n_kept += 1
        if self._n_kept * 3 > len(self._marks) * 2:
            self._grow()

    def _grow(self) -> None:
        kept = zip(self._marks, self._exact, self._rows, strict=True)
        self._make_room(2 * len(self._marks))
        for mark, exact, row in kept:
            if mark != _FREE:
                at = self._slot(mark)
                self._marks[at], self._exact[at], self._rows[at] = mark, exact, row
