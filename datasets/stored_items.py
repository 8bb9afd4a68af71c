"""Items of a dataset as an import reads them, to compare them with those of a file."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

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


STORED = StoredItem._fields


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
