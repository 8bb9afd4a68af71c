"""What each reviewer of a queue has in hand, has done and still can be given, for who runs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from reviews.models import Queue, QueueItem, QueueReviewer, Slot
from reviews.reviewers import who_may_review


@dataclass(frozen=True, slots=True)
class Load:
    """One person: in how many of the viewer's open queues, and the counts in the one asked of.

    `left` are the open items that they can still be given.
    """

    pk: UUID
    name: str
    email: str
    is_asked: bool
    role: str = ""
    left: int = 0
    n_queues: int = 0
    n_held: int = 0
    n_saved: int = 0
    n_skipped: int = 0
    n_declined: int = 0
    oldest_lease: datetime | None = None


def runs_it(queue: Queue, actor: Actor) -> bool:
    """Whether the actor is told what reviewers of the queue have in hand."""
    return actor.may(Verb.SEE_ALL) or queue.owner_id == actor.user.pk


def workload_of(queue: Queue, actor: Actor) -> list[Load]:
    """Everybody who is asked or has had a place in the queue, who holds longest first."""
    rows = _places(queue, actor).select_related("reviewer")
    loads = _loads(queue, actor, [(row.reviewer, row.is_assigned, "") for row in rows])
    return sorted(loads, key=lambda load: (load.oldest_lease is None, load.oldest_lease, load.name))


def workload_of_all(queue: Queue, actor: Actor) -> list[Load]:
    """Everybody in the team who may review, by name, with their part of the queue."""
    places = _places(queue, actor).filter(is_assigned=True)
    asked = set(places.values_list("reviewer", flat=True))
    rows = who_may_review(actor)
    return _loads(queue, actor, [(row.user, row.user_id in asked, row.role) for row in rows])


def _places(queue: Queue, actor: Actor) -> Any:
    return QueueReviewer.objects.visible_to(actor).filter(queue=queue)


def _loads(queue: Queue, actor: Actor, people: list[tuple[Any, bool, str]]) -> list[Load]:
    counted, busy_in = _counted(queue, actor), _n_queues(actor)
    n_open = QueueItem.objects.visible_to(actor).filter(queue=queue, open_slots__gt=0).count()
    loads = []
    for user, is_asked, role in people:
        mine = dict(counted.get(user.pk, {}))
        left = n_open - mine.pop("n_met", 0)
        busy = busy_in.get(user.pk, 0)
        name = user.name or user.email
        loads.append(Load(user.pk, name, user.email, is_asked, role, left, busy, **mine))
    return loads


def _counted(queue: Queue, actor: Actor) -> dict[UUID, dict[str, Any]]:
    """By person, their places; `n_met` are the open items that they cannot be given anew."""
    slots = Slot.objects.visible_to(actor).filter(queue=queue).order_by()
    rows = slots.values("reviewer").annotate(
        n_held=Count("pk", filter=Q(state="leased")),
        n_saved=Count("pk", filter=Q(state="submitted")),
        n_skipped=Count("pk", filter=Q(state="skipped")),
        n_declined=Count("pk", filter=Q(state="declined")),
        oldest_lease=Min("leased_at", filter=Q(state="leased")),
        n_met=Count("pk", filter=~Q(state="released") & Q(queue_item__open_slots__gt=0)),
    )
    return {row.pop("reviewer"): row for row in rows}


def _n_queues(actor: Actor) -> dict[UUID, int]:
    """In how many open queues that the actor runs each person has a place or is asked."""
    queues = Queue.objects.visible_to(actor).filter(status__in=("active", "paused"))
    if not actor.may(Verb.SEE_ALL):
        queues = queues.filter(owner=actor.user)
    places = QueueReviewer.objects.visible_to(actor).filter(queue__in=queues).order_by()
    counted = places.values("reviewer").annotate(n=Count("queue", distinct=True))
    return {row["reviewer"]: row["n"] for row in counted}
