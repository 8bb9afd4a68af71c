"""How far a queue is: for one reviewer their own numbers, for who runs it all of them.

No number tells what somebody said before the item is revealed: items that are not are counted by
how many reviews they have, never by where routing has put them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, Sum

from evalplatform.scoping.actor import Actor
from reviews.models import Queue, QueueItem, Slot

MOST_LEFT = 1_000  # open items are counted so far
# What a reviewer has not been given yet, or was given and may be given again: from where their
# search goes on, then from before, and no further than the most.
_OPEN_TO_THEM = """
    SELECT FROM reviews_queueitem i
    WHERE i.queue_id = q.id AND i.open_slots > 0 AND i.position {side} coalesce(m.cursor, -1)
        AND NOT EXISTS (SELECT FROM reviews_slot s WHERE s.queue_item_id = i.id
            AND s.reviewer_id = %(reviewer)s AND s.state <> 'released')"""
LEFT = f"""
    SELECT count(*) FROM (
        ({_OPEN_TO_THEM.format(side=">")} LIMIT %(most)s) UNION ALL
        ({_OPEN_TO_THEM.format(side="<=")} LIMIT %(most)s)
        LIMIT %(most)s) AS open"""  # noqa: S608  (constants of this file)
PLACES = """
    unnest(%(queues)s::uuid[]) AS q (id) LEFT JOIN reviews_queuereviewer m
    ON m.queue_id = q.id AND m.reviewer_id = %(reviewer)s"""
LEFT_IN_EACH = f"SELECT q.id, ({LEFT}) FROM {PLACES}"  # noqa: S608  (the same)
# The numbers beside an item: of one's slots by their state, and what is left.
BESIDE_AN_ITEM = f"""
    SELECT s.n_saved, s.n_held, ({LEFT}), (
        SELECT count(*) FROM reviews_slot s JOIN reviews_queueitem i ON i.id = s.queue_item_id
        WHERE s.queue_id = q.id AND s.reviewer_id = %(reviewer)s AND s.state = 'skipped'
            AND i.open_slots > 0)
    FROM {PLACES}, LATERAL (
        SELECT count(*) FILTER (WHERE state = 'submitted') AS n_saved,
            count(*) FILTER (WHERE state = 'leased') AS n_held
        FROM reviews_slot WHERE queue_id = q.id AND reviewer_id = %(reviewer)s) s"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Own:
    """One reviewer's numbers in a queue; `left` is what they can still be given."""

    n_saved: int = 0
    n_skipped: int = 0
    n_held: int = 0
    n_declined: int = 0
    n_waiting: int = 0  # saved, and others have not said theirs yet
    n_adjudication: int = 0  # of the revealed ones
    left: int = 0

    @property
    def is_more(self) -> bool:
        """Whether `left` is only the beginning of what is left."""
        return self.left >= MOST_LEFT

    @property
    def n_open(self) -> int:
        """What still comes to this reviewer."""
        return self.left + self.n_held + self.n_skipped

    @property
    def n_all(self) -> int:
        return self.n_saved + self.n_open


def own_progress(queues: Sequence[Queue], actor: Actor) -> dict[UUID, Own]:
    """The actor's numbers in each of these visible queues: two queries for all."""
    ids = [queue.pk for queue in queues]
    if not ids:
        return {}
    is_saved = Q(state="submitted")
    hidden = Q(queue_item__revealed_at__isnull=True)
    slots = Slot.objects.visible_to(actor).filter(queue__in=ids, reviewer=actor.user)
    counted = slots.order_by().values("queue").annotate(
        n_saved=Count("pk", filter=is_saved),
        n_skipped=Count("pk", filter=Q(state="skipped", queue_item__open_slots__gt=0)),
        n_held=Count("pk", filter=Q(state="leased")),
        n_declined=Count("pk", filter=Q(state="declined")),
        n_waiting=Count("pk", filter=is_saved & hidden),
        n_adjudication=Count(
            "pk", filter=is_saved & ~hidden & Q(queue_item__state="needs_adjudication")
        ),
    )  # fmt: skip
    found = {row.pop("queue"): Own(**row) for row in counted}
    with connection.cursor() as cursor:
        said: dict[str, Any] = {"reviewer": actor.user.pk, "queues": ids, "most": MOST_LEFT}
        cursor.execute(LEFT_IN_EACH, said)
        left = dict(cursor.fetchall())
    return {pk: replace(found.get(pk, Own()), left=left.get(pk, 0)) for pk in ids}


def numbers_beside_an_item(queue: Queue, actor: Actor) -> Own:
    """Of the actor's numbers in a visible queue those that the page of an item says: one query."""
    with connection.cursor() as cursor:
        said: dict[str, Any] = {"reviewer": actor.user.pk, "queues": [queue.pk], "most": MOST_LEFT}
        cursor.execute(BESIDE_AN_ITEM, said)
        n_saved, n_held, left, n_skipped = cursor.fetchone()
    return Own(n_saved=n_saved, n_held=n_held, left=left, n_skipped=n_skipped)


@dataclass(frozen=True, slots=True)
class Whole:
    """The numbers of a queue: items, reviews of those wanted, and items by what they wait for."""

    n_items: int
    n_wanted: int
    n_counted: int
    n_held: int
    parts: list[dict[str, Any]]


def whole_progress(queue: Queue, actor: Actor) -> Whole:
    """All numbers of a queue, for its owner and those who see all."""
    items = QueueItem.objects.visible_to(actor).filter(queue=queue)
    open_to_all = Q(revealed_at__isnull=False) if queue.is_blind else Q()
    is_begun = Q(n_counted__gt=0)
    found = items.order_by().aggregate(
        n_items=Count("pk"),
        n_saved=Sum("n_counted", default=0),
        not_begun=Count("pk", filter=~is_begun),
        in_review=Count("pk", filter=is_begun & ~open_to_all)
        if queue.is_blind
        else Count("pk", filter=is_begun & Q(state="in_review")),
        reviewed=Count("pk", filter=is_begun & open_to_all & Q(state="reviewed")),
        needs_review=Count("pk", filter=is_begun & open_to_all & Q(state="needs_review")),
        needs_adjudication=Count(
            "pk", filter=is_begun & open_to_all & Q(state="needs_adjudication")
        ),
    )  # fmt: skip
    held = Slot.objects.visible_to(actor).filter(queue=queue, state="leased").count()
    return Whole(
        n_items=found["n_items"],
        n_wanted=found["n_items"] * queue.reviews_per_item,
        n_counted=found["n_saved"],
        n_held=held,
        parts=[
            {"label": label, "value": found[name], "tone": tone}
            for name, label, tone in PARTS
        ],
    )  # fmt: skip


PARTS = (
    ("reviewed", "Settled", "pass"),
    ("needs_review", "Needs another look", "attention"),
    ("needs_adjudication", "Needs adjudication", "fail"),
    ("in_review", "In review", "accent"),
    ("not_begun", "Not begun", ""),
)
