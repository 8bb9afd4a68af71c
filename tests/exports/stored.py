"""Items as PostgreSQL would give them to the writers, for tests without a database.

`test_stored_items` holds that it gives them so.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from datasets.formats.columns import OBJECTS
from datasets.formats.items import ItemRecord
from exports.formats.dataset_columns import MORE_FIELDS, ColumnPlan, KeyUse, plan_columns
from exports.formats.stored_items import StoredItem


def stored(items: Iterable[ItemRecord]) -> Iterator[StoredItem]:
    """The items, JSON and times as text."""
    for item in items:
        time = item.created_at and f"{item.created_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        yield StoredItem(
            public_id=item.public_id,
            input=item.input,
            output=item.output,
            expected_output=item.expected_output,
            context=jsonb(item.context),
            history=jsonb(list(item.history)),
            participant_data=jsonb(item.participant_data),
            session_state=jsonb(item.session_state),
            summary=item.summary,
            tags=json.dumps(item.tags, ensure_ascii=False, separators=(",", ":")),
            created_at=time,
        )


def jsonb(value: Any) -> str:
    """The text of a jsonb: short keys first, numbers in full, no zero below zero."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{_plain(key)}: {jsonb(value[key])}" for key in keys) + "}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(jsonb, value))}]"
    if isinstance(value, float):
        return f"{Decimal(repr(value)):f}" if value else "0.0"
    return _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def plan_for(items: Sequence[ItemRecord]) -> ColumnPlan:
    """The columns for these items, as the database would tell them."""
    comes_back: dict[tuple[str, str], bool] = {}
    for item in items:
        for name in OBJECTS:
            for key, value in getattr(item, name).items():
                before = comes_back.get((name, key), True)
                comes_back[name, key] = before and _comes_back(value)
    more = {name for name in MORE_FIELDS for item in items if getattr(item, name)}
    return plan_columns([KeyUse(*use, whole) for use, whole in comes_back.items()], more)


def _comes_back(value: Any) -> bool:
    if isinstance(value, str):
        begins = value.lstrip()[:1]
        return bool(begins) and begins not in "[{"
    return isinstance(value, dict | list)
