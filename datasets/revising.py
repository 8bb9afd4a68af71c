"""Change of many items at once, each to values of its own, in a fixed number of statements."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction

from datasets.editing import BATCH, UNLINKED, Edition
from datasets.formats.item_merging import same
from datasets.formats.records import RowError, row_error
from datasets.item_querysets import plain_id
from datasets.models import DatasetItem
from datasets.models.dataset_item import CONTENT, SEARCHED

GONE = "There is no such item in the dataset. Write the id of one of its items."
TAKEN = (
    "There is an item with this id in the dataset already, or with one that differs in case only. "
    "Choose another id."
)
EMPTIED = "The input is empty. Write what is to be answered."
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Wish:
    """What one item is to become: field -> value, as rows hold them."""

    row: int
    key: uuid.UUID
    values: Values


@dataclass
class Revision:
    """One change of many items, within an edition; `errors` says why it cannot be made."""

    changing: Edition
    wishes: list[Wish]
    errors: list[RowError] = field(default_factory=list)

    def __post_init__(self) -> None:
        keys = [wish.key for wish in self.wishes]
        found = self.changing.rows().filter(key__in=keys).defer("search")
        self.rows: dict[uuid.UUID, DatasetItem] = {row.key: row for row in found}
        self._check()

    def _check(self) -> None:
        self._check_ids()
        for wish in self.wishes:
            row = self.rows.get(wish.key)
            if row is None:
                self._refuse(wish, "id", GONE, wish.key)
            elif row.input.strip() and not wish.values.get("input", row.input).strip():
                self._refuse(wish, "input", EMPTIED)

    def _check_ids(self) -> None:
        renamed = [wish for wish in self.wishes if "public_id" in wish.values]
        wanted = {plain_id(wish.values["public_id"]): wish for wish in renamed}
        holders = self.changing.rows().with_ids_like(wanted).values_list("public_id", "key")
        held_by = {plain_id(name): key for name, key in holders} if wanted else {}
        for wish in self.wishes:
            name = wish.values.get("public_id")
            if name is None:
                continue
            plain = plain_id(name)
            if not name:
                self._refuse(wish, "publicId", "The id is empty. Write one, or leave the key out.")
            elif held_by.get(plain, wish.key) != wish.key or wanted[plain] is not wish:
                self._refuse(wish, "publicId", TAKEN, name)

    def _refuse(self, wish: Wish, column: str, message: str, value: Any = "") -> None:
        self.errors.append(row_error(wish.row, column, message, str(value)))

    def save(self) -> int:
        """Change what differs; how many items did. Other content breaks an item's link."""
        assert not self.errors
        changes = {wish.key: self._differing(wish) for wish in self.wishes}
        changes = {key: values for key, values in changes.items() if values}
        if changes:
            rows = self.changing.writable(list(changes)).defer("search")
            self._write(list(rows), changes)
        return len(changes)

    def _differing(self, wish: Wish) -> Values:
        row = self.rows[wish.key]
        return {n: value for n, value in wish.values.items() if not same(getattr(row, n), value)}

    def _write(self, rows: list[DatasetItem], changes: dict[uuid.UUID, Values]) -> None:
        for row in rows:
            for name, value in changes[row.key].items():
                setattr(row, name, value)
        names = sorted(set().union(*changes.values()))
        newest = self.changing.rows()
        with transaction.atomic():
            newest.bulk_update(rows, names, batch_size=BATCH)
        for fields, told in ((SEARCHED, {"search": None}), (CONTENT, UNLINKED)):
            keys = [key for key, values in changes.items() if not values.keys().isdisjoint(fields)]
            if keys:
                newest.filter(key__in=keys).update(**told)
                self.changing.needs_index = True


def is_taken_id(error: IntegrityError) -> bool:
    """Whether the database refused two items with one id."""
    return "one_item_per_public_id" in str(error)
