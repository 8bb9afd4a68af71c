"""Decides which keys of the JSON fields get a column of their own in a dataset CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from datasets.formats.columns import OBJECTS
from datasets.formats.fields import key_fault
from datasets.formats.items import ItemRecord

MAX_DOTTED = 200
LONGEST_KEY = 100
MORE_FIELDS = ("expected_output", "summary")


class KeyUse(NamedTuple):
    """What the values of one key at the top of a JSON field are, over all items.

    A value that would not come back from a cell of its own: a number, true, false or null
    (`has_scalar`), a text of nothing but spaces (`has_blank`), a text that begins like a JSON
    object or list behind its spaces (`has_json_like`).
    """

    field: str
    key: str
    has_scalar: bool = False
    has_blank: bool = False
    has_json_like: bool = False


class ColumnPlan(NamedTuple):
    """The columns of the JSON fields: `dotted` for a key each, `objects` for all other keys.

    `more` are the fields that have a column only where some item holds them.
    """

    dotted: tuple[tuple[str, str], ...] = ()
    objects: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


def plan_columns(uses: Iterable[KeyUse], more: Iterable[str] = ()) -> ColumnPlan:
    """A column for each key whose values all come back from one, the rest in one JSON column.

    The order of the columns depends on names alone, so that equal items give equal files.
    """
    dotted: list[tuple[str, str]] = []
    objects: set[str] = set()
    by_field: dict[str, list[KeyUse]] = {name: [] for name in OBJECTS}
    for use in uses:
        by_field[use.field].append(use)
    for name, used in by_field.items():
        fitting = sorted(use.key for use in used if _fits(use))
        if len(fitting) > MAX_DOTTED:
            fitting = []
        dotted += [(name, key) for key in fitting]
        if len(fitting) < len(used):
            objects.add(name)
    return ColumnPlan(
        tuple(dotted),
        tuple(name for name in OBJECTS if name in objects),
        tuple(name for name in MORE_FIELDS if name in set(more)),
    )


def _fits(use: KeyUse) -> bool:
    """Whether the key can be a title and all its values stay what they are in a cell."""
    key = use.key
    is_title = "." not in key and key == key.strip() and key.isprintable() and not key_fault(key)
    return (
        is_title
        and len(key) <= LONGEST_KEY
        and not (use.has_scalar or use.has_blank or use.has_json_like)
    )


def plan_for(records: Sequence[ItemRecord]) -> ColumnPlan:
    """The plan for items at hand."""
    more = {name for name in MORE_FIELDS for each in records if getattr(each, name)}
    return plan_columns(key_uses(records), more)


def key_uses(records: Iterable[ItemRecord]) -> Iterable[KeyUse]:
    """What the keys of these items are used for; a database tells the same in one pass."""
    uses: dict[tuple[str, str], KeyUse] = {}
    for record in records:
        for name in OBJECTS:
            for key, value in getattr(record, name).items():
                before = uses.get((name, key), KeyUse(name, key))
                uses[name, key] = _used(before, value)
    return uses.values()


def _used(use: KeyUse, value: Any) -> KeyUse:
    if isinstance(value, dict | list):
        return use
    if not isinstance(value, str):
        return use._replace(has_scalar=True)
    if not value.strip():
        return use._replace(has_blank=True)
    return use._replace(has_json_like=True) if value.lstrip()[0] in "[{" else use
