"""Which items of a queue wait for an adjudicator, and for which reasons.

Who still is to say something of an item is not told that it waits, nor why. Before an item of a
blind queue is revealed, only those are told who take no part in reviewing the queue.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, TextField
from django.db.models.functions import Cast

from evalplatform.scoping.actor import Actor
from reviews.models import Adjudication, Queue, QueueItem, QueueReviewer, Slot
from reviews.routing import (
    ASKS_FOR_SENIOR,
    DISAGREE_ON,
    IS_UNSURE,
    RAISED_A_FLAG,
    SEES_RISK,
    ReviewState,
    disputed_key,
    sent_for,
)
from reviews.rubrics.shape import Shape
from reviews.second_look_signs import SIGNS

OPEN_STATES = (ReviewState.NEEDS_ADJUDICATION.value, ReviewState.NEEDS_REVIEW.value)
UNSAID = (Slot.State.LEASED, Slot.State.SKIPPED, Slot.State.RELEASED)
KINDS: dict[str, str] = {
    "disagreement": "Disagreement",
    "senior": "Senior asked for",
    "flag": "Flag",
    "risk": "Risk or confusion",
    "ambiguous": "Ambiguous",
    "reopened": "Edited since",
    **SIGNS,  # of items that were sent to adjudication for it
}
REASONS = {
    ASKS_FOR_SENIOR: "senior",
    RAISED_A_FLAG: "flag",
    SEES_RISK: "risk",
    IS_UNSURE: "ambiguous",
    **{sent_for(sign): sign for sign in SIGNS},
}
OF_KIND = {
    "disagreement": Q(reasons_text__contains=DISAGREE_ON),
    **{kind: Q(reasons__contains=[reason]) for reason, kind in REASONS.items()},
    "reopened": Q(is_reopened=True),
}


def adjudicable(queue: Queue, *, by: Actor) -> Any:
    """The items that the actor may read and settle: those that wait, and those settled before."""
    rows = said_by_them(QueueItem.objects.visible_to(by), by).filter(queue=queue, n_counted__gt=0)
    is_open = Q(revealed_at__isnull=False)
    if not queue.is_blind or not takes_part(queue, by):
        is_open |= Q(state__in=OPEN_STATES)
    return rows.filter(is_open)


def said_by_them(rows: Any, by: Actor) -> Any:
    """Less the items of which the actor still is to say something."""
    own = Slot.objects.visible_to(by).filter(queue_item=OuterRef("pk"), reviewer=by.user)
    return rows.exclude(Exists(own.filter(state__in=UNSAID)))


def waiting_in(queues: Any, *, by: Actor) -> Any:
    """The items of several queues that need an adjudicator and are open to all."""
    rows = said_by_them(QueueItem.objects.visible_to(by), by)
    is_open = Q(revealed_at__isnull=False) | Q(queue__is_blind=False)
    return rows.filter(is_open, queue__in=queues, state__in=OPEN_STATES, n_counted__gt=0)


def waiting(queue: Queue, *, by: Actor, kind: str = "") -> Any:
    """The items that need an adjudicator; of one kind of reason, when it is named."""
    edited = Adjudication.objects.visible_to(by).filter(
        queue_item=OuterRef("pk"), is_current=True, reopened_at__isnull=False
    )
    rows = adjudicable(queue, by=by).filter(state__in=OPEN_STATES)
    rows = rows.annotate(reasons_text=Cast("reasons", TextField()), is_reopened=Exists(edited))
    return rows.filter(OF_KIND[kind]) if kind else rows


def takes_part(queue: Queue, actor: Actor) -> bool:
    """Whether the actor reviews in the queue, or may be given its items."""
    if queue.is_for_everyone:
        return True
    asked = QueueReviewer.objects.visible_to(actor).filter(
        queue=queue, reviewer=actor.user, is_assigned=True
    )
    places = Slot.objects.visible_to(actor).filter(queue=queue, reviewer=actor.user)
    return bool(asked.exists() or places.exists())


def counts_of(queue: Queue, *, by: Actor) -> dict[str, int]:
    """How many items wait, by the kind of reason; "" for all of them."""
    rows = waiting(queue, by=by).order_by()
    counted = {name: Count("pk", filter=rule) for name, rule in OF_KIND.items()}
    found = rows.aggregate(n_all=Count("pk"), **counted)
    return {"": int(found["n_all"])} | {name: int(found[name]) for name in OF_KIND}


def n_settled(queue: Queue, *, by: Actor) -> int:
    """How many items have a final answer from an adjudicator that holds."""
    rows = Adjudication.objects.visible_to(by).filter(queue=queue)
    return int(rows.filter(is_current=True, reopened_at=None).count())


# --- in words ------------------------------------------------------------------------------------


def kinds_of(reasons: Iterable[str], *, is_reopened: bool) -> tuple[str, ...]:
    """The kinds of reason, in the order of KINDS."""
    told = {"disagreement" if disputed_key(each) else REASONS.get(each, "") for each in reasons}
    return tuple(kind for kind in KINDS if kind in told or (kind == "reopened" and is_reopened))


def questions_of(reasons: Iterable[str], shape: Shape) -> tuple[str, ...]:
    """What reviewers disagree on, by its label; checks are counted."""
    keys = [key for key in map(disputed_key, reasons) if key]
    checks = sum(key.startswith("check ") for key in keys)
    named = {key: criterion.label for key, criterion in shape.by_key.items()}
    told = [named.get(key, key) for key in keys if not key.startswith("check ")]
    return tuple(told + ([f"{checks} check{'' if checks == 1 else 's'}"] if checks else []))
