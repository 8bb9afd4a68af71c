"""The rail of the review page: a reviewer's items around the open one, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection

from evalplatform.scoping.actor import Actor
from reviews.models import Queue, QueueItem

BESIDE = 40  # items on each side of the one that is open
MOST_LABEL = 200  # characters

_GIVEN = """
    SELECT i.id, i.key, i.position, s.state, r.draft IS NOT NULL AS is_typed,
        left(coalesce(w.public_id, nullif(x.title, ''), x.external_id), %(most_label)s)
    FROM reviews_slot s JOIN reviews_queueitem i ON i.id = s.queue_item_id
    LEFT JOIN datasets_session x ON x.id = i.session_id
    LEFT JOIN runs_runitem w ON w.id = i.run_item_id
    LEFT JOIN reviews_review r ON r.queue_item_id = i.id AND r.reviewer_id = s.reviewer_id
    WHERE s.queue_id = %(queue)s AND i.queue_id = %(queue)s AND s.reviewer_id = %(reviewer)s"""
AROUND = f"""
    ({_GIVEN} AND i.position <= %(position)s ORDER BY i.position DESC LIMIT %(before)s) UNION ALL
    ({_GIVEN} AND i.position > %(position)s ORDER BY i.position LIMIT %(after)s)
    ORDER BY 3"""
LAST = f"""
    SELECT * FROM ({_GIVEN} ORDER BY i.position DESC LIMIT %(before)s) AS last (id, key, position)
    ORDER BY position"""  # noqa: S608  (constants of this file)
STATES = {"submitted": "saved", "skipped": "skipped", "leased": "open", "declined": "declined"}


@dataclass(frozen=True, slots=True)
class RailItem:
    """An item that was given to the reviewer, and what became of it."""

    key: Any
    label: str
    state: str  # draft | saved | skipped | declined | ended | open
    is_current: bool


def rail_of(queue: Queue, item: QueueItem | None, actor: Actor) -> list[RailItem]:
    """The actor's items around the open one, else the last of them, in the queue's order."""
    told: dict[str, Any] = {
        "queue": queue.pk,
        "reviewer": actor.user.pk,
        "most_label": MOST_LABEL,
        "position": item.position if item else None,
        "before": BESIDE + 1 if item else 2 * BESIDE,
        "after": BESIDE,
    }
    with connection.cursor() as cursor:
        cursor.execute(AROUND if item else LAST, told)
        rows = cursor.fetchall()
    return [
        RailItem(key, label or "", _state(state, is_typed), item is not None and pk == item.pk)
        for pk, key, _, state, is_typed, label in rows
    ]


def _state(state: str, is_typed: bool) -> str:
    if is_typed and state != "declined":
        return "draft"
    return STATES.get(state, "ended")
