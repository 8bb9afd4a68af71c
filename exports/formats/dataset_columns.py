"""Decides which keys of the JSON fields get a column of their own in a dataset CSV."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from datasets.formats.columns import OBJECTS
from datasets.formats.fields import key_fault

MAX_DOTTED = 200
LONGEST_KEY = 100
MORE_FIELDS = ("expected_output", "summary")


class KeyUse(NamedTuple):
    """One key at the top of a JSON field, and whether all its values come back from a cell.

    Objects and lists do, and texts; not so a number, true, false or null, a text of nothing but
    spaces, and a text that begins like a JSON object or list behind its spaces.
    """

    field: str
    key: str
    comes_back: bool = True


class ColumnPlan(NamedTuple):
    """The columns of the JSON fields: `dotted` for a key each, `objects` for all other keys.

    `more` are the fields that have a column only where some item holds them.
    """

    dotted: tuple[tuple[str, str], ...] = ()
    objects: tuple[str, ...] = ()
    more: tuple[str, ...] = ()

    def keys_of(self, name: str) -> tuple[str, ...]:
        """The keys of a JSON field that have a column each."""
        return tuple(key for field, key in self.dotted if field == name)


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
    return is_title and len(key) <= LONGEST_KEY and use.comes_back
