"""The SQL of an import of items: COPY of new ones, set-wise change of known ones.

Nothing here decides; item_intake.py does, and holds the transaction and the dataset's lock.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection

from datasets.formats.items import ItemRecord
from datasets.merging import array

EMPTY_OBJECT, EMPTY_LIST = "{}", "[]"
NULL, TAB = "\\N", "\t"
VALUES = {
    "created_at": "timestamptz",
    "input": "text",
    "output": "text",
    "expected_output": "text",
    "context": "jsonb",
    "history": "jsonb",
    "participant_data": "jsonb",
    "session_state": "jsonb",
    "summary": "text",
    "tags": "text[]",
    "checks": "jsonb",
    "files": "uuid[]",
}
HEAD = (
    "dataset_id, level, origin, arrived, created_by_id, added_at, from_version, key, position, "
    "public_id"
)
_encode = msgspec.json.Encoder().encode
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
    WHERE d.key = i.key AND d.key = ANY(%s) AND d.dataset_id = %s
        AND d.until_version IS NULL"""  # noqa: S608
UNLINK = """
    UPDATE datasets_datasetitem
    SET session_id = NULL, user_message_id = NULL, assistant_message_id = NULL
    WHERE dataset_id = %s AND until_version IS NULL AND key = ANY(%s)"""


def line(record: ItemRecord, files: Iterable[uuid.UUID]) -> str:
    """The record's values in the order of VALUES, as COPY's text has them; `files` are its own."""
    values = (
        record.input,
        record.output,
        record.expected_output,
        _encode(record.context).decode() if record.context else EMPTY_OBJECT,
        _encode(record.history).decode() if record.history else EMPTY_LIST,
        _encode(record.participant_data).decode() if record.participant_data else EMPTY_OBJECT,
        _encode(record.session_state).decode() if record.session_state else EMPTY_OBJECT,
        record.summary,
        array(record.tags),
        _encode([each.as_json() for each in record.checks]).decode()
        if record.checks
        else EMPTY_LIST,
        array([str(pk) for pk in files]),
    )
    moment = record.created_at.isoformat() if record.created_at else NULL
    # One search of a line for what COPY has escaped, not one of each value: a NUL, which no text
    # holds, keeps the values apart meanwhile.
    return f"{moment}\t{_escaped(chr(0).join(values)).replace(chr(0), TAB)}\n"


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace("\r", "\\r").replace("\t", "\\t")


def new_lines(
    head: Sequence[Any], items: Iterable[tuple[uuid.UUID, int, str, str]], added_at: datetime
) -> str:
    """New items as COPY's text has them, each a key, a position, an id and its `line`.

    `head` are dataset, level, arrived, author and version, the same for all.
    """
    dataset, level, arrived, author, number = head
    same = f"{dataset}\t{level}\t\t{arrived}\t{author}\t{added_at.isoformat()}\t{number}\t"
    return "".join(f"{same}{key}\t{at}\t{_escaped(name)}\t{one}" for key, at, name, one in items)


@contextmanager
def inserting() -> Iterator[Callable[[str], None]]:
    """What takes `new_lines`; the connection does nothing else until the `with` block ends.

    The server stores what it was given while the next lines are made.
    """
    with _copying(COPY_NEW) as write:
        yield write


@contextmanager
def _copying(statement: str) -> Iterator[Callable[[str], None]]:
    """Send text to the server; its faults come as Django's exceptions."""
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as target,
    ):
        yield target.write


def change(dataset_id: uuid.UUID, rows: Sequence[tuple[uuid.UUID, str]]) -> None:
    """Give newest rows of the version being made other values: a key and a `line` each."""
    with connection.cursor() as cursor:
        cursor.execute(STAGE)
        cursor.execute("TRUNCATE import_item")
    with _copying(COPY_STAGED) as write:
        write("".join(f"{key}\t{one}" for key, one in rows))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE import_item (key)")
        cursor.execute(CHANGE, [[key for key, _ in rows], dataset_id])


def unlink(dataset_id: uuid.UUID, keys: Sequence[uuid.UUID]) -> None:
    """Break the links of items whose content became other."""
    with connection.cursor() as cursor:
        cursor.execute(UNLINK, [dataset_id, list(keys)])
