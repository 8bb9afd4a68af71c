"""What is different between two versions, whole and in either direction, as programs want it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.db.models import Exists, F, JSONField, OuterRef, Q
from django.db.models.functions import JSONArray

from datasets.formats.item_merging import same
from datasets.formats.items import FIELDS
from datasets.item_diff import came, ended
from datasets.models import DatasetItem

COMPARED = ("public_id", *FIELDS)
# All that an item says, as one value that can be compared.
SAYS = JSONArray(*map(F, COMPARED), output_field=JSONField())
CREATED, UPDATED, REMOVED = "created", "updated", "removed"


class ItemDifference(NamedTuple):
    """One item: `fields` are name -> (before, after), None where there was or is no item."""

    item: DatasetItem
    kind: str  # created | updated | removed
    is_moved: bool
    fields: dict[str, tuple[Any, Any]]


class VersionDiff:
    """The items that differ from version `before` to version `after`, in their order.

    `revisions` are the visible rows of the dataset. Only rows that came or went between the two
    versions are read, so it costs what was changed and not what the dataset holds.
    """

    def __init__(self, revisions: Any, before: int, after: int) -> None:
        low, high = sorted((before, after))
        rose, fell = came(revisions, low, high), ended(revisions, low, high)
        self.revisions = revisions
        self.new, self.old = (rose, fell) if before <= after else (fell, rose)

    def rows(self) -> Any:
        """The rows to be listed, in no order yet: each item once, as it is after, else before."""
        twins = self.old.annotate(says=SAYS).filter(
            key=OuterRef("key"), position=OuterRef("position"), says=OuterRef("says")
        )
        stays = self.new.filter(key=OuterRef("key"))
        listed_new = self.new.annotate(says=SAYS).exclude(Exists(twins)).values("pk")
        listed_old = self.old.exclude(Exists(stays)).values("pk")
        return self.revisions.filter(Q(pk__in=listed_new) | Q(pk__in=listed_old))

    def of(self, rows: Iterable[DatasetItem]) -> list[ItemDifference]:
        """What happened to each of these listed rows, by two queries whatever their number."""
        rows = list(rows)
        keys = [row.key for row in rows]
        before = {row.key: row for row in self.old.filter(key__in=keys)}
        after = set(self.new.filter(key__in=keys).values_list("key", flat=True))
        return [difference(before.get(row.key), row if row.key in after else None) for row in rows]


def difference(before: DatasetItem | None, after: DatasetItem | None) -> ItemDifference:
    """What makes one revision of an item the other; one of the two may be missing."""
    item = after or before
    assert item is not None
    if before is None or after is None:
        said = {name: getattr(item, name) for name in COMPARED}
        held = {name: value for name, value in said.items() if value not in ("", {}, [], None)}
        if after is not None:
            return ItemDifference(item, CREATED, False, {n: (None, v) for n, v in held.items()})
        return ItemDifference(item, REMOVED, False, {n: (v, None) for n, v in held.items()})
    pairs = {name: (getattr(before, name), getattr(after, name)) for name in COMPARED}
    fields = {name: pair for name, pair in pairs.items() if not same(*pair)}
    return ItemDifference(item, UPDATED, before.position != after.position, fields)
