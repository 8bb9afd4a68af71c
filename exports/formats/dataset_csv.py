"""Writes a dataset as CSV, so that reading it gives the same items with the same types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter

import msgspec

from datasets.formats.columns import TITLES
from datasets.formats.history import write_cell
from evalplatform.spreadsheets import safe_cell
from exports.formats.csv_lines import csv_line
from exports.formats.dataset_columns import ColumnPlan
from exports.formats.records import ItemTally
from exports.formats.stored_items import StoredItem, portable, short_time

ReadCell = Callable[[StoredItem], str]
_decode = msgspec.json.decode
_texts_of = msgspec.json.Decoder(dict[str, str]).decode
_values_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_key_json = msgspec.json.Encoder().encode


def _history(item: StoredItem) -> str:
    return "" if item.history == "[]" else write_cell(_decode(item.history))


# What each column holds that is there for every dataset, in the order of the columns.
_ALWAYS: dict[str, ReadCell] = {
    "id": attrgetter("public_id"),
    "input": attrgetter("input"),
    "output": attrgetter("output"),
    "created_at": lambda item: short_time(item.created_at) or "",
    "history": _history,
    "tags": lambda item: "" if item.tags == "[]" else item.tags,
}
# JSON fields: a column of JSON where the plan wants one, then a column for each key it names.
OBJECTS = ("participant_data", "session_state", "context")


def write(
    items: Iterable[StoredItem], tally: ItemTally, *, plan: ColumnPlan, is_safe: bool = False
) -> Iterator[str]:
    r"""A line an item, "\n" behind each, quotes only where needed, no byte order mark.

    `is_safe` puts a ' before cells that a spreadsheet program would run; programs want them off.
    """
    yield title_line(plan)
    line = line_writer(plan, is_safe=is_safe)
    for item in items:
        yield line(item)
        tally.count_row()


def title_line(plan: ColumnPlan) -> str:
    """The first line of the file."""
    return csv_line(_titles(plan))


def line_writer(plan: ColumnPlan, *, is_safe: bool = False) -> Callable[[StoredItem], str]:
    """What makes the line of an item."""
    plain: list[ReadCell] = [*_ALWAYS.values(), *map(attrgetter, plan.more)]
    objects = [
        (attrgetter(name), plan.keys_of(name), name in plan.objects)
        for name in OBJECTS
        if name in plan.objects or plan.keys_of(name)
    ]

    def line(item: StoredItem) -> str:
        cells = [cell(item) for cell in plain]
        for field, keys, has_rest in objects:
            cells += _object_cells(field(item), keys, has_rest)
        return csv_line([safe_cell(cell) for cell in cells] if is_safe else cells)

    return line


def _titles(plan: ColumnPlan) -> Iterator[str]:
    yield from (TITLES[name] for name in (*_ALWAYS, *plan.more))
    for name in OBJECTS:
        yield from (name,) if name in plan.objects else ()
        yield from (f"{name}.{key}" for key in plan.keys_of(name))


def _object_cells(json: str, keys: tuple[str, ...], has_rest: bool) -> list[str]:
    """The object without what has a column of its own, then the values of those keys."""
    if json == "{}":
        return [""] * (len(keys) + has_rest)
    if not keys:
        return [portable(json)]
    if has_rest:
        values = _values_of(json)
        cells = [_cell(values.pop(key, None)) for key in keys]
        return [_rest(values), *cells]
    try:
        texts = _texts_of(json)  # all are, as a rule, and this is quick
    except msgspec.ValidationError:
        values = _values_of(json)
        return [_cell(values.get(key)) for key in keys]
    return [texts.get(key, "") for key in keys]


def _cell(value: msgspec.Raw | None) -> str:
    """A text as it is, an object or a list as JSON; nothing where the item has no such key."""
    if value is None:
        return ""
    json = bytes(value)
    return _decode(json) if json[:1] == b'"' else portable(json.decode())


def _rest(values: dict[str, msgspec.Raw]) -> str:
    if not values:
        return ""
    pairs = (_key_json(key) + b": " + bytes(value) for key, value in values.items())
    return portable("{" + b", ".join(pairs).decode() + "}")
