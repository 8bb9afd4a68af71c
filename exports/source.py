"""Reading of sessions for a file: one moment's state, a page at a time, never all at once.

Times leave the database as text: parsing them would cost more than the rest of the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import groupby, islice
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models, transaction
from django.db.models import DateTimeField, F, Func, TextField, UUIDField, Value
from django.db.models.functions import Cast
from django.db.models.lookups import LessThan

from datasets.models import Message
from evalplatform.scoping.keyset import Row
from exports.formats.records import ExportMessage, ExportSession

SESSIONS_A_PAGE = 500
MESSAGES_A_BATCH = 1_000


class IsoText(Func):
    """A time as ISO 8601 text in UTC, to the microsecond."""

    template = """to_char(%(expressions)s AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    output_field = TextField()


HEAD = {
    "head_id": Cast("id", TextField()),
    "head_started": IsoText("started_at"),
}
HEAD_COLUMNS = (
    "head_id",
    "title",
    "source__name",
    "model",
    "project_name",
    "head_started",
    "prompt_tokens",
    "completion_tokens",
    "cost",
    "duration_ms",
    "tags",
    "label__status",
    "label__tags",
    "label__expected_output",
    "n_messages",
)
Head = tuple[Any, ...]
ID, STARTED, N_MESSAGES = (
    HEAD_COLUMNS.index(name) for name in ("head_id", "head_started", "n_messages")
)


@contextmanager
def snapshot(using: str = DEFAULT_DB_ALIAS) -> Iterator[str]:
    """See one moment's state for the whole block, and change nothing.

    Within a transaction of the caller's it is that transaction's state.
    """
    is_outermost = not connections[using].in_atomic_block
    with transaction.atomic(using=using):
        if is_outermost:
            with connections[using].cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield using


def read_sessions(rows: Any, *, using: str, limit: int | None = None) -> Iterator[ExportSession]:
    """Yield these sessions newest first, each with its messages in their stored order."""
    for batch in read_batches(rows, using=using, limit=limit):
        yield from batch


def read_batches(
    rows: Any, *, using: str, limit: int | None = None
) -> Iterator[list[ExportSession]]:
    """Yield the same some at a time, as they are read."""
    for heads in batches(islice(read_heads(rows.using(using)), limit)):
        messages = read_messages([head[ID] for head in heads], using)
        yield [as_record(head, messages.get(head[ID], ())) for head in heads]


def read_heads(rows: Any) -> Iterator[Head]:
    """Yield what stands above the messages, by pages; the last row names where the next begins."""
    ordered = rows.order_by("-started_at", "-id").annotate(**HEAD).values_list(*HEAD_COLUMNS)
    page = list(ordered[:SESSIONS_A_PAGE])
    while page:
        yield from page
        if len(page) < SESSIONS_A_PAGE:
            return
        page = list(ordered.filter(older_than(page[-1]))[:SESSIONS_A_PAGE])


def older_than(head: Head) -> models.Expression | LessThan:
    """Compare (started_at, id) whole, so that one range of the index answers."""
    return LessThan(
        Row(F("started_at"), F("id")),
        Row(
            Value(datetime.fromisoformat(head[STARTED]), DateTimeField()),
            Value(UUID(head[ID]), UUIDField()),
        ),
    )


def batches(heads: Iterable[Head]) -> Iterator[list[Head]]:
    """Group sessions so that one batch holds few messages, or one session that has many."""
    batch: list[Head] = []
    n_messages = 0
    for head in heads:
        if batch and n_messages + head[N_MESSAGES] > MESSAGES_A_BATCH:
            yield batch
            batch, n_messages = [], 0
        batch.append(head)
        n_messages += head[N_MESSAGES]
    if batch:
        yield batch


def read_messages(ids: Sequence[str], using: str) -> dict[str, tuple[ExportMessage, ...]]:
    """Return the messages of these sessions, which were visible, by session id and in order."""
    rows = (
        Message.all_rows.using(using)
        .filter(session__in=ids)
        .order_by("session_id", "position")
        .annotate(of_session=Cast("session_id", TextField()))
        .values_list("of_session", "role", "content")
    )
    return {
        session: tuple([ExportMessage(role, content) for _, role, content in group])
        for session, group in groupby(rows, itemgetter(0))
    }


def as_record(head: Head, messages: tuple[ExportMessage, ...]) -> ExportSession:
    """Put a row and its messages into the record that formats write."""
    (
        id_, title, source, model, project, started_at, prompt_tokens, completion_tokens,
        cost, duration_ms, tags, status, label_tags, expected_output, _,
    ) = head  # fmt: skip
    return ExportSession(
        id=id_,
        title=title,
        source=source,
        model=model,
        project=project,
        started_at=started_at,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        cost=cost,
        duration_ms=duration_ms,
        tags=tuple(tags),
        eval_status=status,
        label_tags=tuple(label_tags),
        expected_output=expected_output,
        messages=messages,
    )
