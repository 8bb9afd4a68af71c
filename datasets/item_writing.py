"""The SQL of an import of items: COPY of new ones, set-wise change of known ones.

Nothing here decides; item_intake.py does, and holds the transaction and the dataset's lock.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from datasets.formats.items import ItemRecord
from datasets.merging import array, copy

EMPTY_OBJECT, EMPTY_LIST = "{}", "[]"
VALUES = {
    "input": "text",
    "output": "text",
    "expected_output": "text",
    "context": "jsonb",
    "history": "jsonb",
    "participant_data": "jsonb",
    "session_state": "jsonb",
    "summary": "text",
    "tags": "text[]",
    "created_at": "timestamptz",
    "checks": "jsonb",
    "files": "uuid[]",
}
HEAD = (
    "dataset_id, level, origin, arrived, created_by_id, added_at, from_version, key, public_id, "
    "position"
)
# The statements are made of the names above and of nothing that came from outside.
COPY_NEW = f"COPY datasets_datasetitem ({HEAD}, {', '.join(VALUES)}) FROM STDIN"
STAGE = (
    "CREATE TEMP TABLE IF NOT EXISTS import_item (key uuid, "
    + ", ".join(f"{name} {kind}" for name, kind in VALUES.items())
    + ") ON COMMIT DROP"
)
COPY_STAGED = f"COPY import_item (key, {', '.join(VALUES)}) FROM STDIN"
CHANGE = f"""
    UPDATE datasets_datasetitem d SET {", ".join(f"{name} = i.{name}" for name in VALUES)},
        search = NULL
    FROM import_item i
    WHERE d.key = i.key AND d.dataset_id = %s AND d.until_version IS NULL"""  # noqa: S608
UNLINK = """
    UPDATE datasets_datasetitem
    SET session_id = NULL, user_message_id = NULL, assistant_message_id = NULL
    WHERE dataset_id = %s AND until_version IS NULL AND key = ANY(%s)"""


def values_of(record: ItemRecord, files: Iterable[uuid.UUID]) -> tuple[Any, ...]:
    """The record's values in the order of VALUES, as COPY takes them; `files` are its own."""
    return (
        record.input,
        record.output,
        record.expected_output,
        json_text(record.context) if record.context else EMPTY_OBJECT,
        json_text(record.history) if record.history else EMPTY_LIST,
        json_text(record.participant_data) if record.participant_data else EMPTY_OBJECT,
        json_text(record.session_state) if record.session_state else EMPTY_OBJECT,
        record.summary,
        array(record.tags),
        record.created_at,
        json_text([each.as_json() for each in record.checks]) if record.checks else EMPTY_LIST,
        array([str(pk) for pk in files]),
    )


def json_text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def insert(head: Sequence[Any], rows: Iterable[tuple[Any, ...]], added_at: datetime) -> None:
    """COPY new items; `head` are dataset, level, arrived, author and version, the same for all."""
    dataset, level, arrived, author, number = head
    same = (str(dataset), level, "", arrived, str(author), added_at, number)
    copy(COPY_NEW, ((*same, *row) for row in rows))


def change(dataset_id: uuid.UUID, rows: Sequence[tuple[uuid.UUID, tuple[Any, ...]]]) -> None:
    """Give newest rows of the version being made other values, by key."""
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        cursor.execute("TRUNCATE import_item")
    copy(COPY_STAGED, ((str(key), *values) for key, values in rows))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE import_item (key)")
        cursor.execute(CHANGE, [dataset_id])


def unlink(dataset_id: uuid.UUID, keys: Sequence[uuid.UUID]) -> None:
    """Break the links of items whose content became other."""
    with connection.cursor() as cursor:
        cursor.execute(UNLINK, [dataset_id, list(keys)])
