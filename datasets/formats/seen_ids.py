"""Finds ids that a file gives twice, in memory that stays flat: what is many goes to the disk."""

from __future__ import annotations

import sqlite3
import unicodedata

from datasets.formats.records import RowError, row_error

CACHE_KIB = 2_000  # of SQLite's pages; an id takes about 30 bytes there
_SHORT = 2**16 - 1


class SeenIds:
    """The ids of a file, each allowed once whatever its case; hashes are kept, not texts.

    A mark is the hash of the id without case, 64 bits; 16 bits of that of the id as it is tell "the
    same" from "the same but for case". Python salts its hashes, so that nobody can make ids that
    meet. SQLite keeps them in a file without a name, of which it holds a few megabytes at a time.
    """

    def __init__(self) -> None:
        self._held = sqlite3.connect("", isolation_level=None)
        self._held.execute("PRAGMA journal_mode = OFF")
        self._held.execute("PRAGMA synchronous = OFF")
        self._held.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self._held.execute("CREATE TABLE seen (mark INTEGER PRIMARY KEY, exact INT, row INT)")
        self._held.execute("BEGIN")

    def repetition(self, row: int, identifier: str, column: str) -> RowError | None:
        """Remembers the id, or gives the error that names the row where it stood first.

        An empty id is none.
        """
        if not identifier:
            return None
        if not identifier.isascii():
            identifier = unicodedata.normalize("NFC", identifier)
        exact = hash(identifier) & _SHORT
        first = self._first(hash(self.folded(identifier)), exact, row)
        if first is None:
            return None
        if first[0] == exact:
            message = f"This id stands on row {first[1]} already. Give each row its own id."
        else:
            message = f"This id differs from the one on row {first[1]} in case only. Change one."
        return row_error(row, column, message, identifier)

    def first_row(self, row: int, text: str) -> int | None:
        """Remembers a text, or gives the row where it stood first; case tells texts apart."""
        first = self._first(hash(text), 0, row)
        return None if first is None else first[1]

    @staticmethod
    def folded(identifier: str) -> str:
        """What two ids must not share."""
        if identifier.isascii():
            return identifier.lower()
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", identifier).casefold())

    def _first(self, mark: int, exact: int, row: int) -> tuple[int, int] | None:
        """Keep a mark, or give what was kept with it."""
        kept = self._held.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, ?)", (mark, exact, row))
        if kept.rowcount:
            return None
        found: tuple[int, int] = self._held.execute(
            "SELECT exact, row FROM seen WHERE mark = ?", (mark,)
        ).fetchone()
        return found
