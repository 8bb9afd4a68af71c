"""Ids of the items of one file: those that it gives, and those made of what an item says.

An item without an id gets one made of what it says, so that the same row of the same file is the
same item however often it comes.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from datasets.formats.items import FIELDS, Item, ItemRecord
from datasets.formats.records import RowError, row_error
from datasets.formats.seen_ids import SeenIds

MADE_ABOVE = (
    "A row above without an id says the same and was given this id. Move that row below this one, "
    "or give it another id."
)


class Identified(NamedTuple):
    """A row of the file, its record with an id, and whether that was made of what it says."""

    row: int
    record: ItemRecord
    is_made: bool


class FileIds:
    """The ids of one walk through a file; equal rows without an id are numbered."""

    def __init__(self, column: str) -> None:
        self._column = column
        self._made_ids = SeenIds()
        self._n_alike: Counter[str] = Counter()

    def clashes(self, items: Sequence[Item]) -> Iterator[RowError]:
        """Remember the ids in cells that look made, and refuse those that a row above was given.

        An exported file has made ids in its cells: a copy of such a row without one is another
        item, so the ids of a chunk's cells are taken before any is made.
        """
        for row, record in items:
            if looks_made(record.public_id) and self._is_taken(row, record.public_id):
                yield row_error(row, self._column, MADE_ABOVE, record.public_id)

    def identified(self, items: Sequence[Item]) -> list[Identified]:
        """Every item with an id."""
        return [
            Identified(row, record, False)
            if record.public_id
            else Identified(row, record._replace(public_id=self._made(row, record)), True)
            for row, record in items
        ]

    def _made(self, row: int, record: ItemRecord) -> str:
        made = first = made_id(record)
        while self._is_taken(row, made):
            self._n_alike[first] += 1
            made = made_id(record, self._n_alike[first])
        return made

    def _is_taken(self, row: int, made: str) -> bool:
        return self._made_ids.repetition(row, made, "") is not None


def looks_made(public_id: str) -> bool:
    """Whether the id may be one that `made_id` made."""
    return len(public_id) == 36 and public_id[14] == "5"


def made_id(record: ItemRecord, n_before: int = 0) -> str:
    """A UUID made of what the record says; equal rows of one file are numbered."""
    said = [getattr(record, name) for name in FIELDS]
    text = msgspec.json.encode([said, n_before], order="sorted")
    return str(uuid.UUID(bytes=hashlib.sha256(text).digest()[:16], version=5))
