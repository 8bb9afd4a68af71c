"""The order of a dataset's items: positions far apart, so that others can be put between them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, Protocol

from django.db.models import Max

from datasets.models import DatasetItem
from datasets.models.dataset_item import STEP

BATCH = 1000


class Ordered(Protocol):
    """A change of a dataset, as far as its order is concerned."""

    def rows(self) -> Any: ...

    def writable(self, keys: Sequence[uuid.UUID]) -> Any: ...


def end(changing: Ordered) -> int:
    """A free position behind all items."""
    last = changing.rows().aggregate(last=Max("position"))["last"]
    return int(last or 0) + STEP


def start(changing: Ordered) -> int:
    """A free position before all items."""
    first = changing.rows().in_order().values_list("position", flat=True).first()
    return int(first if first is not None else STEP) - STEP


def room_after(changing: Ordered, item: DatasetItem) -> int:
    """A free position behind the item; neighbours move apart when there is none."""
    here = changing.rows().values_list("position", flat=True).get(key=item.key)
    following = changing.rows().filter(position__gt=here).in_order()
    following_position = following.values_list("position", flat=True).first()
    if following_position is None:
        return int(here) + STEP
    if following_position - here > 1:
        return int((here + following_position) // 2)
    _spread(changing)
    return room_after(changing, item)


def _spread(changing: Ordered) -> None:
    """Give every item a position of its own again, STEP apart, in the present order."""
    keys = list(changing.rows().in_order().values_list("key", flat=True))
    moved = {row.key: row for row in changing.writable(keys).only("key", "position")}
    for n, key in enumerate(keys, start=1):
        moved[key].position = n * STEP
    DatasetItem.all_rows.bulk_update(moved.values(), ["position"], batch_size=BATCH)
