"""Items of a dataset as an import finds them by their ids, to compare them with those of a file.

Each item is looked up for itself as the first from its id on, without sorting, which leaves the
planner one index. Right after an import it believes that the dataset has a row or two, and would
take any index and read the whole dataset for each item of a file.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.backends.utils import CursorWrapper

from datasets.formats.item_merging import same
from datasets.formats.items import FIELDS, CheckRecord, ItemRecord


class StoredItem(NamedTuple):
    """What is read of a stored item to compare it: no model, which takes three times as long."""

    key: uuid.UUID
    public_id: str
    input: str
    output: str
    expected_output: str
    context: dict[str, Any]
    history: list[dict[str, Any]]
    participant_data: dict[str, Any]
    session_state: dict[str, Any]
    summary: str
    tags: list[str]
    created_at: datetime | None
    checks: list[dict[str, Any]]
    files: list[uuid.UUID]


JSON_FIELDS = frozenset({"context", "history", "participant_data", "session_state", "checks"})
# The statements are made of our own column names and of nothing that came from outside.
LOOKED_UP = """
    CROSS JOIN LATERAL (
        SELECT * FROM datasets_datasetitem
        WHERE until_version IS NULL AND (dataset_id, public_id) >= (%s, i.public_id)
        ORDER BY dataset_id, public_id LIMIT 1) d
    WHERE d.dataset_id = %s AND d.public_id = i.public_id"""
HELD = f"SELECT i.public_id FROM unnest(%s::text[]) AS i(public_id) {LOOKED_UP}"  # noqa: S608
STORED = f"""
    SELECT {", ".join(f"d.{name}" for name in StoredItem._fields)}
    FROM unnest(%s::text[]) AS i(public_id) {LOOKED_UP}"""  # noqa: S608


UNSORTED = """
    SELECT set_config('enable_sort', %s, true), set_config('enable_incremental_sort', %s, true)"""


@contextmanager
def looking_up() -> Iterator[CursorWrapper]:
    """A cursor for statements with LOOKED_UP, inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(UNSORTED, ["off", "off"])
        yield cursor
        cursor.execute(UNSORTED, ["on", "on"])


def held_ids(dataset_id: uuid.UUID, public_ids: Sequence[str]) -> set[str]:
    """Which of the ids newest items of the dataset have."""
    with looking_up() as cursor:
        cursor.execute(HELD, [list(public_ids), dataset_id, dataset_id])
        return {row[0] for row in cursor.fetchall()}


def stored_items(dataset_id: uuid.UUID, public_ids: Sequence[str]) -> dict[str, StoredItem]:
    """The newest items of the dataset that have one of the ids, by id."""
    if not public_ids:
        return {}
    with looking_up() as cursor:
        cursor.execute(STORED, [list(public_ids), dataset_id, dataset_id])
        rows = [StoredItem._make(map(_value, StoredItem._fields, row)) for row in cursor.fetchall()]
    return {row.public_id: row for row in rows}


def _value(name: str, value: Any) -> Any:
    return json.loads(value) if name in JSON_FIELDS else value


def record_of(row: StoredItem, names: Mapping[uuid.UUID, str]) -> ItemRecord:
    """A stored row as readers and writers know items; `names` are those of its attachments."""
    return ItemRecord(
        public_id=row.public_id,
        input=row.input,
        output=row.output,
        expected_output=row.expected_output,
        context=row.context,
        history=tuple(row.history),
        participant_data=row.participant_data,
        session_state=row.session_state,
        summary=row.summary,
        tags=tuple(row.tags),
        created_at=row.created_at,
        checks=tuple([CheckRecord.from_json(each) for each in row.checks]),
        files=tuple(names[pk] for pk in row.files if pk in names),
    )


class Change(NamedTuple):
    """A stored item, what it becomes, the ids of its files then, and the fields that differ."""

    stored: StoredItem
    after: ItemRecord
    files: list[uuid.UUID]
    names: frozenset[str]


def differences(before: ItemRecord, after: ItemRecord, *, is_other_files: bool) -> frozenset[str]:
    """The fields in which they differ; files differ by what they are, not by what they are called.

    Items of one dataset may have files of one name and other bytes.
    """
    names = {n for n in FIELDS if n != "files" and not same(getattr(before, n), getattr(after, n))}
    return frozenset(names | {"files"} if is_other_files else names)
