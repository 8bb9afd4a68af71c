"""Recording of audit events, in the transaction of the change they tell of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.utils import timezone

from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor

if TYPE_CHECKING:
    from evalplatform.accounts.models import Team

Changes = Mapping[str, Any]
MANY = 50  # events; from here on they go in by COPY
COLUMNS = (
    "at", "team_id", "actor_user_id", "actor_email", "role", "via", "verb", "object_type",
    "object_id", "object_label", "request_id", "address", "changes",
)  # fmt: skip


class NotInTransactionError(Exception):
    """An audit event was recorded outside the transaction of its change."""


def record(actor: Actor, verb: str, row: models.Model, *, changes: Changes | None = None) -> None:
    """Write one event; `changes` maps each changed field to [before, after]."""
    record_many(actor, verb, [(row, changes or {})])


def record_many(actor: Actor, verb: str, rows: Iterable[tuple[models.Model, Changes]]) -> None:
    """Write one event per row, for acts that change many rows at once."""
    if not connection.in_atomic_block:
        raise NotInTransactionError(f"{verb}: open atomic() around the change and its event.")
    told = [(row, plain(changes)) for row, changes in rows]
    if len(told) < MANY:
        AuditEvent.all_rows.bulk_create(_event(actor, verb, row, changes) for row, changes in told)
    else:
        _copy(_event(actor, verb, row, changes) for row, changes in told)


def _event(actor: Actor, verb: str, row: models.Model, changes: dict[str, Any]) -> AuditEvent:
    return AuditEvent(
        at=timezone.now(),
        team=actor.team,
        actor_user=actor.user,
        actor_email=actor.user.email,
        role=actor.role,
        via=actor.via,
        verb=verb,
        **named(row),
        changes=changes,
        request_id=actor.request_id,
        address=actor.address,
    )


def _copy(events: Iterable[AuditEvent]) -> None:
    """Write many events by COPY, several times as fast as INSERT."""
    statement = f"COPY audit_auditevent ({', '.join(COLUMNS)}) FROM STDIN"
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(statement) as target,
    ):
        for event in events:
            *values, changes = (getattr(event, name) for name in COLUMNS)
            target.write_row((*values, json.dumps(changes)))


def newest_event(actor: Actor, verb: str) -> int:
    """Return the id of the team's newest event of this verb, 0 without one: where to look from."""
    events = AuditEvent.all_rows.filter(team=actor.team, verb=verb).order_by("-at", "-id")
    return events.values_list("id", flat=True).first() or 0


def own_changes(
    actor: Actor, verb: str, model: type[models.Model], *, since: int, request_id: str
) -> list[tuple[str, Changes]]:
    """Return (object id, changes) of what this person did in one request of theirs, to undo it."""
    events = AuditEvent.all_rows.filter(
        team=actor.team, verb=verb, id__gt=since, actor_user=actor.user, request_id=request_id
    ).filter(object_type=model._meta.label_lower)
    return list(events.values_list("object_id", "changes"))


def record_by_operator(
    team: Team, verb: str, row: models.Model, *, changes: Changes | None = None
) -> None:
    """Write one event of a management command, whose caller has the machine and no membership."""
    if not connection.in_atomic_block:
        raise NotInTransactionError(f"{verb}: open atomic() around the change and its event.")
    AuditEvent.all_rows.create(
        team=team,
        role="operator",
        via="command",
        verb=verb,
        **named(row),
        changes=plain(changes or {}),
    )


def named(row: models.Model) -> dict[str, str]:
    """Return how an event names its object for ever, whatever becomes of the row."""
    return {
        "object_type": row._meta.label_lower,
        "object_id": str(row.pk),
        "object_label": str(row)[:200],
    }


def plain(changes: Changes) -> dict[str, Any]:
    """Return the changes as JSON holds them: times, ids and decimals as text."""
    return dict(json.loads(json.dumps(changes, cls=DjangoJSONEncoder)))
