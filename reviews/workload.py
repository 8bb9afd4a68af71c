"""What each reviewer has in hand and has done, for who runs the queues."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min, Q

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from reviews.models import Queue, QueueReviewer, Slot


@dataclass(frozen=True, slots=True)
class Load:
    """One person: in how many of the viewer's open queues, and the counts in the one asked of."""

    pk: UUID
    name: str
    email: str
    is_asked: bool
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
    people = QueueReviewer.objects.visible_to(actor).filter(queue=queue).select_related("reviewer")
    slots = Slot.objects.visible_to(actor).filter(queue=queue).order_by()
    counted = {
        row.pop("reviewer"): row
        for row in slots.values("reviewer").annotate(
            n_held=Count("pk", filter=Q(state="leased")),
            n_saved=Count("pk", filter=Q(state="submitted")),
            n_skipped=Count("pk", filter=Q(state="skipped")),
            n_declined=Count("pk", filter=Q(state="declined")),
            oldest_lease=Min("leased_at", filter=Q(state="leased")),
        )
    }
    busy_in = _n_queues(actor)
    loads = [
        Load(
            each.reviewer_id,
            each.reviewer.name or each.reviewer.email,
            each.reviewer.email,
            each.is_assigned,
            n_queues=busy_in.get(each.reviewer_id, 0),
            **counted.get(each.reviewer_id, {}),
        )
        for each in people
    ]
    return sorted(loads, key=lambda load: (load.oldest_lease is None, load.oldest_lease, load.name))


def _n_queues(actor: Actor) -> dict[UUID, int]:
    """In how many open queues that the actor runs each person has a place or is asked."""
    queues = Queue.objects.visible_to(actor).filter(status__in=("active", "paused"))
    if not actor.may(Verb.SEE_ALL):
        queues = queues.filter(owner=actor.user)
    places = QueueReviewer.objects.visible_to(actor).filter(queue__in=queues).order_by()
    counted = places.values("reviewer").annotate(n=Count("queue", distinct=True))
    return {row["reviewer"]: row["n"] for row in counted}
