"""Which events a team is told of, written in the transaction of what happened.

A payload holds ids and counts alone. Of a blind queue, where routing has put an item is told when
it is revealed, and not before: it would tell what somebody said.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.utils import timezone

from reviews.models import Queue, QueueItem, Review, WebhookDelivery, WebhookSubscription
from reviews.routing import ReviewState

STATES = {
    ReviewState.REVIEWED.value: "item.settled",
    ReviewState.NEEDS_ADJUDICATION.value: "item.needs_adjudication",
}
NEAR_END = 100  # open items: with more of them a queue cannot be finished by saves at this moment
LEFT = """
    SELECT count(*) FROM (SELECT FROM reviews_queueitem
        WHERE queue_id = %(queue)s AND open_slots > 0 LIMIT %(most)s) AS open_items"""
HELD = """
    SELECT EXISTS (SELECT FROM reviews_queueitem WHERE queue_id = %(queue)s AND open_slots > 0)
        OR EXISTS (SELECT FROM reviews_slot WHERE queue_id = %(queue)s AND state = 'leased')"""


def tell_saved(review: Review, item: QueueItem, *, told: str | None, was_full: bool) -> None:
    """After a save: that it happened, where the item went, and whether the queue is finished.

    `told` is the state of the item that was open to all before, None when it was hidden.
    """
    queue = item.queue
    wanting = subscriptions_of(queue)
    if not wanting:
        return
    about = about_item(item)
    said = {"id": str(review.pk), "revision": review.n_revisions, "counted": review.is_counted}
    reviewer = {"reviewer": str(review.reviewer_id)}
    emit(wanting, "review.saved", about | {"review": said | reviewer})
    _emit_state(wanting, item, told, about)
    is_full = item.n_counted >= queue.reviews_per_item
    if is_full and not was_full and _listens(wanting, "queue.finished") and is_finished(queue):
        emit(wanting, "queue.finished", {"queue": about_queue(queue)})


def tell_routed(item: QueueItem, *, told: str | None) -> None:
    """Without a save, the item went somewhere; `told` as above."""
    _emit_state(subscriptions_of(item.queue), item, told, about_item(item))


def _emit_state(
    wanting: Iterable[WebhookSubscription],
    item: QueueItem,
    told: str | None,
    about: dict[str, Any],
) -> None:
    open_state = state_told(item)
    if open_state in STATES and open_state != told:
        emit(wanting, STATES[open_state], about)


def tell_status(queue: Queue, before: str) -> None:
    """A queue was opened, paused, closed or archived."""
    about = about_queue(queue) | {"status": queue.status, "before": before}
    emit(subscriptions_of(queue), "queue.status", {"queue": about})


def state_told(item: QueueItem) -> str | None:
    """Where routing has put an item, if that is open to all; else None."""
    is_open = item.revealed_at is not None or not item.queue.is_blind
    return item.state if is_open else None


def about_queue(queue: Queue) -> dict[str, Any]:
    """What an event says of a queue."""
    return {"id": str(queue.pk), "name": queue.name}


def about_item(item: QueueItem) -> dict[str, Any]:
    """What an event says of an item."""
    place = {"key": str(item.key), "position": item.position}
    return {"queue": about_queue(item.queue), "item": place}


def subscriptions_of(queue: Queue) -> list[WebhookSubscription]:
    """Who of the queue's team is told of anything."""
    rows = WebhookSubscription.all_rows.filter(team=queue.team_id, is_enabled=True)
    return list(rows.only("pk", "events", "team_id"))


def emit(wanting: Iterable[WebhookSubscription], event: str, data: dict[str, Any]) -> None:
    """Write the event for each that wants it; it is sent after the commit."""
    rows = [delivery_of(each, event, data) for each in wanting if event in each.events]
    if rows:
        WebhookDelivery.all_rows.bulk_create(rows)


def delivery_of(
    subscription: WebhookSubscription, event: str, data: dict[str, Any]
) -> WebhookDelivery:
    """The event as it will be sent."""
    pk = uuid.uuid4()
    payload = {
        "id": str(pk),
        "event": event,
        "at": timezone.now().isoformat(),
        "team": str(subscription.team_id),
        "data": data,
    }
    return WebhookDelivery(id=pk, subscription=subscription, event=event, payload=payload)


def is_finished(queue: Queue) -> bool:
    """Whether every item has its reviews. Of saves at the same moment, the last one says so.

    Close to the end they wait for each other here, so that each sees what the one before it saved.
    """
    told: dict[str, Any] = {"queue": queue.pk, "most": NEAR_END}
    with connection.cursor() as cursor:
        cursor.execute(LEFT, told)
        if cursor.fetchone()[0] >= NEAR_END:
            return False
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [str(queue.pk)])
        cursor.execute(HELD, told)
        return not cursor.fetchone()[0]


def _listens(wanting: Iterable[WebhookSubscription], event: str) -> bool:
    return any(event in each.events for each in wanting)
