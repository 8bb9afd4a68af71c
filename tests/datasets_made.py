"""Factories of datasets and items: plain functions, keyword only."""

from __future__ import annotations

from typing import Any

from datasets.editing import edition
from datasets.formats.items import ItemRecord
from datasets.models import Dataset, DatasetItem
from evalplatform.scoping.actor import Actor


def make_dataset(
    *, owner: Actor, items: int | list[ItemRecord] = 0, level: str = "message", **fields: Any
) -> Dataset:
    """Save a dataset of the actor, with so many items or with these, as version 2."""
    dataset = Dataset.create(name=fields.pop("name", "Rivers"), level=level, by=owner, **fields)
    records = numbered(items) if isinstance(items, int) else items
    if records:
        add_items(dataset, records, by=owner)
    return dataset


def numbered(n: int) -> list[ItemRecord]:
    """Return so many different records with public ids q-1, q-2 and so on."""
    return [
        ItemRecord(
            public_id=f"q-{k}", input=f"Question {k}?", output=f"Answer {k}.", tags=("easy",)
        )
        for k in range(1, n + 1)
    ]


def add_items(dataset: Dataset, records: list[ItemRecord], *, by: Actor) -> list[DatasetItem]:
    """Append the items by hand."""
    with edition(dataset, by=by) as changing:
        return changing.add(records, arrived="manual")


def items_of(dataset: Dataset, *, by: Actor, version: int | None = None) -> list[DatasetItem]:
    """Return the items in their order, of the newest or of an earlier version."""
    rows = DatasetItem.objects.visible_to(by).filter(dataset=dataset)
    return list((rows.at(version) if version else rows.newest()).in_order())
