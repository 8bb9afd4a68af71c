"""Rows of sessions and messages on their way into the tables: COPY for new ones, and for those that
exist a staging table, a comparison and changes of only what differs.

In a staged row NULL means "not said": what is stored stays.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from datasets.formats.records import MessageRecord, SessionRecord

# Column -> type, and what the table holds when nothing was said ("NULL": the column is nullable).
SESSION_COLUMNS = {
    "title": ("text", "''"),
    "project_path": ("text", "''"),
    "project_name": ("text", "''"),
    "model": ("text", "''"),
    "provider": ("text", "''"),
    "participant_identifier": ("text", "''"),
    "participant": ("jsonb", "'{}'"),
    "channel": ("text", "''"),
    "tags": ("text[]", "'{}'"),
    "prompt_tokens": ("bigint", "NULL"),
    "completion_tokens": ("bigint", "NULL"),
    "cost": ("numeric(20,10)", "NULL"),
    "duration_ms": ("bigint", "NULL"),
    "session_state": ("jsonb", "'{}'"),
    "started_at": ("timestamptz", "NULL"),
}
MESSAGE_COLUMNS = {
    "role": ("text", "''"),
    "content": ("text", "''"),
    "external_id": ("text", "''"),
    "created_at": ("timestamptz", "NULL"),
    "model": ("text", "''"),
    "tags": ("text[]", "'{}'"),
    "comments": ("text[]", "'{}'"),
    "prompt_tokens": ("bigint", "NULL"),
    "completion_tokens": ("bigint", "NULL"),
    "participant_data": ("jsonb", "'{}'"),
    "session_state": ("jsonb", "'{}'"),
    "summary": ("text", "''"),
}
EMPTY_JSON = "{}"  # of an object and, in PostgreSQL's spelling, of an array


class MessageCounts(NamedTuple):
    """What a comparison found for the messages of one session."""

    inserted: int
    updated: int
    unchanged: int


# --- values ----------------------------------------------------------------------------------


def array(values: Sequence[str]) -> str:
    """A list of texts as PostgreSQL writes an array."""
    if not values:
        return EMPTY_JSON
    quoted = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return '{"' + '","'.join(quoted) + '"}'


def json_text(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False) if value else EMPTY_JSON


def session_values(record: SessionRecord, started_at: datetime | None) -> tuple[Any, ...]:
    """The session's values in the order of SESSION_COLUMNS, as a new row holds them."""
    return (
        record.title,
        record.project_path,
        record.project_name,
        record.model,
        record.provider,
        record.participant_identifier,
        json_text(record.participant),
        record.channel,
        array(record.tags),
        record.prompt_tokens,
        record.completion_tokens,
        record.cost,
        record.duration_ms,
        json_text(record.session_state),
        started_at,
    )


def message_values(record: MessageRecord) -> tuple[Any, ...]:
    """The message's values in the order of MESSAGE_COLUMNS, as a new row holds them."""
    return (
        record.role,
        record.content,
        record.external_id or "",
        record.created_at,
        record.model,
        array(record.tags),
        array(record.comments),
        record.prompt_tokens,
        record.completion_tokens,
        json_text(record.participant_data),
        json_text(record.session_state),
        record.summary,
    )


def said(values: Iterable[Any], columns: Mapping[str, tuple[str, str]]) -> Iterator[Any]:
    """The values with None in the place of every one that is its column's empty."""
    for value, (_, empty) in zip(values, columns.values(), strict=True):
        yield None if value == empty.strip("'") else value


def _said_by(message: MessageRecord) -> Iterator[Any]:
    """As `said`, but the text of a message is said also when it is empty."""
    yield from (message.role, message.content)
    yield from islice(said(message_values(message), MESSAGE_COLUMNS), 2, None)


def n_pairs(messages: Iterable[MessageRecord]) -> int:
    """User messages that have an assistant message before the next user message."""
    count, is_asked = 0, False
    for message in messages:
        if message.role == "user":
            is_asked = True
        elif message.role == "assistant":
            count, is_asked = count + is_asked, False
    return count


# --- SQL -------------------------------------------------------------------------------------


def _names(columns: Iterable[str]) -> str:
    return ", ".join(columns)


def _differs(columns: Iterable[str], stored: str) -> str:
    return " OR ".join(
        f"(i.{name} IS NOT NULL AND i.{name} IS DISTINCT FROM {stored}.{name})" for name in columns
    )


def _kept(columns: Iterable[str], stored: str) -> str:
    return ", ".join(f"{name} = COALESCE(i.{name}, {stored}.{name})" for name in columns)


def _filled(columns: Mapping[str, tuple[str, str]]) -> str:
    return ", ".join(f"COALESCE(i.{name}, {empty})" for name, (_, empty) in columns.items())


def _table(name: str, keys: str, columns: dict[str, tuple[str, str]]) -> str:
    fields = ", ".join(f"{column} {kind}" for column, (kind, _) in columns.items())
    return f"CREATE TEMP TABLE IF NOT EXISTS {name} ({keys}, {fields}) ON COMMIT DROP"


# The statements are made of the names above and of nothing that came from outside.
STAGE_SESSIONS = _table("intake_session", "id uuid PRIMARY KEY", SESSION_COLUMNS)
STAGE_MESSAGES = _table("intake_message", "session_id uuid, position int", MESSAGE_COLUMNS)
NEW_SESSION_COLUMNS = (
    "id, team_id, source_id, owner_id, external_id, created_at, updated_at, n_messages, n_pairs, "
    + _names(SESSION_COLUMNS)
)
NEW_MESSAGE_COLUMNS = "session_id, position, " + _names(MESSAGE_COLUMNS)
COPY_SESSIONS = f"COPY datasets_session ({NEW_SESSION_COLUMNS}) FROM STDIN"
COPY_MESSAGES = f"COPY datasets_message ({NEW_MESSAGE_COLUMNS}) FROM STDIN"
COPY_STAGED_SESSIONS = f"COPY intake_session (id, {_names(SESSION_COLUMNS)}) FROM STDIN"
COPY_STAGED_MESSAGES = f"COPY intake_message ({NEW_MESSAGE_COLUMNS}) FROM STDIN"
FIND = """
    SELECT w.place, s.id FROM unnest(%s::int[], %s::uuid[], %s::text[]) AS w(place, source, name)
    JOIN datasets_session s ON s.source_id = w.source AND s.external_id = w.name"""
CHANGED_SESSIONS = f"""
    SELECT i.id FROM intake_session i JOIN datasets_session s ON s.id = i.id
    WHERE {_differs(SESSION_COLUMNS, "s")}"""  # noqa: S608
COMPARE_MESSAGES = f"""
    SELECT i.session_id, count(*) FILTER (WHERE m.id IS NULL),
           count(*) FILTER (WHERE m.id IS NOT NULL AND ({_differs(MESSAGE_COLUMNS, "m")})), count(*)
    FROM intake_message i
    LEFT JOIN datasets_message m ON m.session_id = i.session_id AND m.position = i.position
    GROUP BY i.session_id"""  # noqa: S608
UPDATE_SESSIONS = f"""
    UPDATE datasets_session s SET {_kept(SESSION_COLUMNS, "s")}
    FROM intake_session i WHERE s.id = i.id AND ({_differs(SESSION_COLUMNS, "s")})"""  # noqa: S608
UPDATE_MESSAGES = f"""
    UPDATE datasets_message m SET {_kept(MESSAGE_COLUMNS, "m")}
    FROM intake_message i WHERE m.session_id = i.session_id AND m.position = i.position
    AND ({_differs(MESSAGE_COLUMNS, "m")})"""  # noqa: S608
APPEND_MESSAGES = f"""
    INSERT INTO datasets_message ({NEW_MESSAGE_COLUMNS})
    SELECT i.session_id, i.position,
           {_filled(MESSAGE_COLUMNS)}
    FROM intake_message i WHERE NOT EXISTS (
        SELECT FROM datasets_message m
        WHERE m.session_id = i.session_id AND m.position = i.position)
    ORDER BY i.session_id, i.position"""  # noqa: S608
# The same rule as n_pairs(): among what user and assistant say, an answer right after a question.
TOUCH_SESSIONS = """
    UPDATE datasets_session s
    SET n_messages = COALESCE(c.n, 0), n_pairs = COALESCE(c.pairs, 0), updated_at = %s,
        search = NULL
    FROM datasets_session t LEFT JOIN (
        SELECT session_id, count(*) AS n,
               count(*) FILTER (WHERE role = 'assistant' AND before = 'user') AS pairs
        FROM (
            SELECT session_id, role, lag(role) OVER (
                PARTITION BY session_id, role IN ('user', 'assistant') ORDER BY position) AS before
            FROM datasets_message WHERE session_id = ANY(%s)) said
        GROUP BY session_id) c ON c.session_id = t.id
    WHERE t.id = ANY(%s) AND s.id = t.id"""


# --- acts ------------------------------------------------------------------------------------


def copy(statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Stream the rows into a table; faults of the server come as Django's exceptions."""
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as target,
    ):
        for row in rows:
            target.write_row(row)


def find(source_ids: Sequence[UUID], external_ids: Sequence[str]) -> dict[int, UUID]:
    """Place in the lists -> id of the session that is stored under that source and name."""
    with connection.cursor() as cursor:
        cursor.execute(FIND, [list(range(len(source_ids))), list(source_ids), list(external_ids)])
        return dict(cursor.fetchall())


def stage(sessions: Sequence[tuple[UUID, SessionRecord]]) -> None:
    """Put sessions that are stored already beside the tables, for comparison."""
    with connection.cursor() as cursor:
        cursor.execute(STAGE_SESSIONS)
        cursor.execute(STAGE_MESSAGES)
        cursor.execute("TRUNCATE intake_session, intake_message")
    copy(
        COPY_STAGED_SESSIONS,
        (
            (str(pk), *said(session_values(each, each.started_at), SESSION_COLUMNS))
            for pk, each in sessions
        ),
    )
    copy(
        COPY_STAGED_MESSAGES,
        (
            (str(pk), position, *_said_by(message))
            for pk, each in sessions
            for position, message in enumerate(each.messages)
        ),
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE intake_session (id), intake_message (session_id, position)")


@contextmanager
def by_index() -> Iterator[None]:
    """Join row by row: a chunk is small, and the planner must not read whole tables for each."""
    with connection.cursor() as cursor:
        for method in ("hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{method} = off")
        yield
        for method in ("hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{method} = DEFAULT")


def compare() -> tuple[set[UUID], dict[UUID, MessageCounts]]:
    """Which staged sessions have other fields than stored, and each one's message counts."""
    with by_index(), connection.cursor() as cursor:
        cursor.execute(CHANGED_SESSIONS)
        changed = {row[0] for row in cursor.fetchall()}
        cursor.execute(COMPARE_MESSAGES)
        counts = {
            pk: MessageCounts(new, other, n - new - other)
            for pk, new, other, n in cursor.fetchall()
        }
    return changed, counts


def merge(touched: Sequence[UUID], now: datetime) -> None:
    """Change what differs, append what is new, and count again the sessions that were touched."""
    with by_index(), connection.cursor() as cursor:
        cursor.execute(UPDATE_SESSIONS)
        cursor.execute(UPDATE_MESSAGES)
        cursor.execute(APPEND_MESSAGES)
        cursor.execute(TOUCH_SESSIONS, [now, list(touched), list(touched)])
