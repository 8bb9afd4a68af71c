"""Writes a dataset as JSON or JSON Lines, the fields by the names of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from datasets.formats.dataset_json import MORE_KEYS
from datasets.formats.items import ItemRecord
from exports.formats.json_values import json_text, time_text
from exports.formats.records import ItemTally


def write(items: Iterable[ItemRecord], tally: ItemTally) -> Iterator[str]:
    """One list, an item a line."""
    between = "[\n"
    for item in items:
        yield between + json_text(item_object(item))
        between = ",\n"
        tally.count_row()
    yield "\n]\n" if between == ",\n" else "[]\n"


def write_lines(items: Iterable[ItemRecord], tally: ItemTally) -> Iterator[str]:
    r"""An item a line, "\n" behind each."""
    for item in items:
        yield json_text(item_object(item)) + "\n"
        tally.count_row()


def item_object(item: ItemRecord) -> dict[str, Any]:
    """An item under the keys of the contract, all of them on every item.

    An expected output and a summary, which the contract does not name, are there where they say
    something.
    """
    values = {
        "id": item.public_id,
        "input": item.input,
        "output": item.output,
        "context": item.context,
        "history": item.history,
        "participant_data": item.participant_data,
        "session_state": item.session_state,
        "tags": item.tags,
        "created_at": time_text(item.created_at),
    }
    for name in MORE_KEYS:
        if text := getattr(item, name):
            values[name] = text
    return values
