"""The people of a queue: who may be asked to review, and how much each has to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from evalplatform.accounts.models import Membership
from evalplatform.accounts.roles import VERBS, Verb
from evalplatform.scoping.actor import Actor
from reviews.models import Queue, QueueItem, QueueReviewer, Slot

REVIEWING = sorted(role for role, verbs in VERBS.items() if Verb.REVIEW in verbs)


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member who may review, and in one queue what they hold, saved and still can be given."""

    user: Any
    role: str
    is_assigned: bool = False
    n_held: int = 0
    n_saved: int = 0
    left: int = 0


def who_may_review(by: Actor) -> list[Any]:
    """The memberships of the actor's team that may review, by name.

    Whoever runs a queue may ask any colleague, so that their names are told to them.
    """
    if not by.may(Verb.MANAGE_QUEUES):
        return []
    living = Membership.all_rows.filter(team=by.team, ended_at=None, user__is_active=True)
    rows = living.filter(role__in=REVIEWING).select_related("user")
    return sorted(rows, key=lambda row: (row.user.name or row.user.email).casefold())


def workloads(queue: Queue, by: Actor) -> list[Colleague]:
    """Everybody who may review, with their part of this queue; for who runs it."""
    asked = set(
        QueueReviewer.objects.visible_to(by)
        .filter(queue=queue, is_assigned=True)
        .values_list("reviewer", flat=True)
    )
    numbers = _numbers(queue, by)
    n_open = QueueItem.objects.visible_to(by).filter(queue=queue, open_slots__gt=0).count()
    return [
        Colleague(row.user, row.role, row.user_id in asked, **_told(numbers, row.user_id, n_open))
        for row in who_may_review(by)
    ]


def _told(numbers: dict[UUID, dict[str, int]], pk: UUID, n_open: int) -> dict[str, int]:
    """Left is what is open, less the open items that this person cannot be given anew."""
    mine = numbers.get(pk, {})
    return {
        "n_held": mine.get("n_held", 0),
        "n_saved": mine.get("n_saved", 0),
        "left": n_open - mine.get("n_met", 0),
    }


def _numbers(queue: Queue, by: Actor) -> dict[UUID, dict[str, int]]:
    slots = Slot.objects.visible_to(by).filter(queue=queue).order_by()
    counted = slots.values("reviewer").annotate(
        n_held=Count("pk", filter=Q(state="leased")),
        n_saved=Count("pk", filter=Q(state="submitted")),
        n_met=Count("pk", filter=~Q(state="released") & Q(queue_item__open_slots__gt=0)),
    )
    return {row.pop("reviewer"): row for row in counted}
