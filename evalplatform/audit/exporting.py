"""The audit log as a file: CSV or JSON Lines, page by page, in flat memory."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.db import transaction

from evalplatform.accounts.actors import actor_again
from evalplatform.accounts.roles import Verb
from evalplatform.audit.filters import AuditFilterForm, canonical
from evalplatform.audit.models import AuditEvent
from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.keyset import fetch_page
from evalplatform.spreadsheets import safe_cell

PAGE = 1_000
KEYS = ("at", "id")
COLUMNS = (
    "id", "at", "actor_id", "actor_email", "role", "via", "verb",
    "object_type", "object_id", "object_label", "changes", "request_id", "address",
)  # fmt: skip


def csv_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    """Yield a title line and one line an event; no cell can run as a formula."""
    yield _csv_line(COLUMNS)
    for event in events:
        cells = as_dict(event) | {"changes": json.dumps(event.changes, ensure_ascii=False)}
        yield _csv_line("" if cell is None else safe_cell(str(cell)) for cell in cells.values())


def json_lines(events: Iterable[AuditEvent]) -> Iterator[str]:
    """Yield one JSON object a line, verbatim."""
    for event in events:
        yield json.dumps(as_dict(event), ensure_ascii=False) + "\n"


# slug: (suffix, media type, writer)
FORMATS: dict[str, tuple[str, str, Callable[[Iterable[AuditEvent]], Iterator[str]]]] = {
    "csv": ("csv", "text/csv; charset=utf-8", csv_lines),
    "jsonl": ("jsonl", "application/x-ndjson", json_lines),
}


def record_export(form: AuditFilterForm, slug: str, *, by: Actor) -> None:
    """Say in the log itself that it was taken out, by whom, and which part of it."""
    asked = canonical(form.asked())
    changes = {"format": [None, slug], "filters": [None, asked]}
    with transaction.atomic():
        record(by, "audit.export", by.team, changes=changes)


def events_of(form: AuditFilterForm) -> Iterator[AuditEvent]:
    """Yield the events asked for, newest first, a page at a time; stops when the right ends."""
    token = ""
    while still_may_read(form.actor):
        page = fetch_page(form.rows(), KEYS, token, PAGE)
        yield from page.rows
        token = page.older
        if not token:
            return


def still_may_read(actor: Actor) -> bool:
    """Ask the database again: a removal ends a download that runs."""
    now = actor_again(actor)
    return now is not None and now.may(Verb.READ_AUDIT)


def as_dict(event: AuditEvent) -> dict[str, Any]:
    """Return one event as the file holds it."""
    plain = {name: getattr(event, name) for name in COLUMNS if name != "actor_id"}
    actor_id = str(event.actor_user_id) if event.actor_user_id else None
    values = plain | {"at": event.at.isoformat(), "actor_id": actor_id}
    return {name: values[name] for name in COLUMNS}


def _csv_line(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
