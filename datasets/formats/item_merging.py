"""What an update by id does to an item: only what the file gives changes."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from datasets.formats.items import FIELDS, FieldCoverage, ItemRecord
from evalplatform.spreadsheets import safe_cell

WHOLE_FIELDS = FieldCoverage()
_OBJECTS = frozenset({"context", "participant_data", "session_state"})
_LINE_END = re.compile(r"\r+\n?")
_MISSING = object()
_NOTHING = ItemRecord()


def merged(
    stored: ItemRecord,
    given: ItemRecord,
    coverage: FieldCoverage = WHOLE_FIELDS,
    *,
    empty_cells_clear: bool = False,
) -> ItemRecord:
    """The stored item with what the file says; fields that say the same stay as they are stored.

    An empty cell leaves its field as it is unless empty cells clear. Texts that differ in their
    line ends only say the same, as do those that differ in a mark taken off by guess.
    """
    changes = {}
    for name in FIELDS:
        before = getattr(stored, name)
        if name in _OBJECTS:
            after = _merged_object(name, stored, given, coverage, empty_cells_clear)
        elif name in given.said:
            after = getattr(given, name)
            if _is_empty(after) and not empty_cells_clear:
                continue
        else:
            continue
        if same(before, after):
            continue
        after = _kept_where_alike(before, after, is_unmarked=coverage.is_unmarked)
        if not same(before, after):
            changes[name] = after
    return stored._replace(**changes) if changes else stored


def said(
    given: ItemRecord,
    coverage: FieldCoverage = WHOLE_FIELDS,
    *,
    empty_cells_clear: bool = False,
) -> dict[str, Any]:
    """The fields that an update may change, with their whole values; it leaves all others alone.

    A stored item that has every one of these values is not changed by `merged`.
    """
    told = {}
    for name in FIELDS:
        value = getattr(given, name)
        is_said = name in given.said
        if name not in _OBJECTS:
            if is_said and (empty_cells_clear or not _is_empty(value)):
                told[name] = value
        elif empty_cells_clear and (is_said or name in coverage.objects):
            told[name] = _merged_object(name, _NOTHING, given, coverage, empty_cells_clear)
        elif value or (empty_cells_clear and name in coverage.paths):
            told[name] = value
    return told


def emptied(stored: ItemRecord, after: ItemRecord) -> tuple[str, ...]:
    """The required texts that an update would take away, which is an error of its row."""
    return tuple(
        name
        for name in ("input", "output")
        if _is_empty(getattr(after, name)) and not _is_empty(getattr(stored, name))
    )


def same(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON: true is not 1, and the order of keys says nothing.

    A real number without a fraction is stored as the integer of its digits, which is read back.
    """
    if one is other:
        return True
    if isinstance(one, str):
        return bool(one == other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if {type(one), type(other)} == {int, float}:
        return Decimal(repr(one)) == Decimal(repr(other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _merged_object(
    name: str, stored: ItemRecord, given: ItemRecord, coverage: FieldCoverage, clears: bool
) -> dict[str, Any]:
    value: dict[str, Any] = getattr(given, name)
    if name in given.said and value:
        return value
    is_cleared = clears and (name in given.said or name in coverage.objects)
    after: dict[str, Any] = {} if is_cleared else getattr(stored, name)
    for path in coverage.paths.get(name, ()):
        each = _at(value, path)
        if each is not _MISSING:
            after = _with(after, path, each)
        elif clears and _at(after, path) is not _MISSING:
            after = _without(after, path)
    return after


def _at(value: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(value, dict) or key not in value:
            return _MISSING
        value = value[key]
    return value


def _with(value: Any, path: tuple[str, ...], each: Any) -> Any:
    """A copy with the value at the place; what stands in the way there is replaced."""
    if not path:
        return each
    around = value if isinstance(value, dict) else {}
    return around | {path[0]: _with(around.get(path[0]), path[1:], each)}


def _without(value: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    """A copy without the key; an object around it that is empty then stays."""
    key, *rest = path
    if not rest:
        return {each: kept for each, kept in value.items() if each != key}
    return value | {key: _without(value[key], tuple(rest))}


def _kept_where_alike(before: Any, after: Any, *, is_unmarked: bool) -> Any:
    """The value with every text in it that says the same as the stored one as it is stored."""
    if isinstance(before, str) and isinstance(after, str):
        return before if _is_alike(before, after, is_unmarked) else after
    if isinstance(before, dict) and isinstance(after, dict):
        return {
            key: _kept_where_alike(before.get(key), each, is_unmarked=is_unmarked)
            for key, each in after.items()
        }
    if isinstance(before, list | tuple) and isinstance(after, list | tuple):
        if len(before) != len(after):
            return after
        pairs = zip(before, after, strict=True)
        kept = [_kept_where_alike(a, b, is_unmarked=is_unmarked) for a, b in pairs]
        return after._make(kept) if hasattr(after, "_make") else type(after)(kept)
    return after


def _is_alike(before: str, after: str, is_unmarked: bool) -> bool:
    if before == after:
        return True
    one, other = _LINE_END.sub("\n", before), _LINE_END.sub("\n", after)
    return one == other or (is_unmarked and one == safe_cell(other))


def _is_empty(value: Any) -> bool:
    return not (value.strip() if isinstance(value, str) else value)
