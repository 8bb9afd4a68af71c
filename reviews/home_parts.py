"""What home says of reviews: to a reviewer what is next, to who runs them what needs them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from evalplatform.accounts.roles import Verb
from evalplatform.home import Need
from evalplatform.scoping.actor import Actor
from reviews.adjudicable import waiting_in
from reviews.models import (
    Adjudication,
    Contest,
    Queue,
    QueueItem,
    QueueReviewer,
    Review,
    ReviewAnswer,
    Slot,
)
from reviews.progress import own_progress
from reviews.routing import ReviewState

LOOKED, SHOWN = 12, 5
UNDECIDED = "to adjudicate"
LATELY = timedelta(days=30)
OPEN = (Queue.Status.ACTIVE, Queue.Status.PAUSED)
TAKEN = (*OPEN, Queue.Status.CLOSED)


def next_up(actor: Actor) -> dict[str, Any]:
    """The queues that wait for this person, what they hold, and what was settled of theirs."""
    if not actor.may(Verb.REVIEW):
        return {"to_review": [], "holding": [], "settled": []}
    slug = actor.team.slug
    held = Slot.objects.visible_to(actor).filter(
        reviewer=actor.user, state=Slot.State.LEASED, expires_at__gt=timezone.now(),
        queue__status__in=OPEN,
    )  # fmt: skip
    holding = [
        {"name": slot.queue.name, "until": slot.expires_at,
         "url": reverse("review-item", args=[slug, slot.queue_id, slot.queue_item.key])}
        for slot in held.select_related("queue", "queue_item").order_by("expires_at")[:SHOWN]
    ]  # fmt: skip
    return {
        "to_review": _to_review(actor),
        "holding": holding,
        "settled": _settled_of(actor),
    }


def _to_review(actor: Actor) -> list[dict[str, Any]]:
    """Queues with something left for this person: where they are asked by name first."""
    asked = QueueReviewer.objects.visible_to(actor).filter(
        queue=OuterRef("pk"), reviewer=actor.user, is_assigned=True
    )
    rows = Queue.objects.visible_to(actor).filter(status=Queue.Status.ACTIVE)
    rows = rows.annotate(is_asked=Exists(asked)).order_by("-is_asked", "-created_at", "-id")
    queues = list(rows[:LOOKED])
    own = own_progress(queues, actor)
    return [
        {"queue": queue, "own": own[queue.pk], "is_asked": queue.is_asked,
         "url": reverse("review", args=[actor.team.slug, queue.pk])}
        for queue in queues
        if own[queue.pk].n_open
    ][:SHOWN]  # fmt: skip


def _settled_of(actor: Actor) -> list[dict[str, Any]]:
    """By queue, how many items that the actor reviewed were adjudicated lately."""
    mine = Review.objects.visible_to(actor).filter(reviewer=actor.user, saved_at__isnull=False)
    rows = Adjudication.objects.visible_to(actor).filter(
        is_current=True, reopened_at=None, adjudicated_at__gte=timezone.now() - LATELY,
        queue_item__in=mine.values("queue_item"),
    )  # fmt: skip
    counted = rows.order_by().values("queue", "queue__name").annotate(n=Count("pk"))
    return [
        {"n": row["n"], "name": row["queue__name"],
         "url": reverse("queue-differences", args=[actor.team.slug, row["queue"]])}
        for row in counted.order_by("-n", "queue__name")[:SHOWN]
    ]  # fmt: skip


def reviews_need(actor: Actor) -> Iterator[Need]:
    """What waits for an adjudicator, contests, and reviews that only their end is missing of."""
    if actor.may(Verb.ADJUDICATE):
        yield from _adjudications(actor)
        yield from _contests(actor)
    if actor.may(Verb.FINALISE):
        yield from _to_finalise(actor)


def _adjudications(actor: Actor) -> Iterator[Need]:
    """Queues with items that nobody has settled, most first."""
    queues = Queue.objects.visible_to(actor).filter(status__in=TAKEN, is_finalized=False)
    rows = waiting_in(queues, by=actor)
    counted = rows.order_by().values("queue", "queue__name").annotate(n=Count("pk"))
    for row in counted.order_by("-n", "queue__name")[:SHOWN]:
        n, slug = row["n"], actor.team.slug
        yield Need(
            f"{n:,} item{'' if n == 1 else 's'} to adjudicate",
            reverse("queue-adjudicate", args=[slug, row["queue"]]),
            f"in {row['queue__name']}", icon="agreement", tone="attention", urgency=0,
        )  # fmt: skip


def _contests(actor: Actor) -> Iterator[Need]:
    """What reviewers say against final answers, not answered yet, by queue."""
    rows = Contest.objects.visible_to(actor).filter(answered_at=None, adjudication__is_current=True)
    counted = rows.order_by().values("adjudication__queue", "adjudication__queue__name")
    for row in counted.annotate(n=Count("pk")).order_by("-n")[:SHOWN]:
        n, slug, queue = row["n"], actor.team.slug, row["adjudication__queue"]
        yield Need(
            f"{n:,} contest{'' if n == 1 else 's'} to answer",
            f"{reverse('queue-adjudicate', args=[slug, queue])}#contests",
            f"in {row['adjudication__queue__name']}", icon="note", tone="attention", urgency=0,
        )  # fmt: skip


def _to_finalise(actor: Actor) -> Iterator[Need]:
    """Queues of the actor in which no place is left: what still blocks their end, or nothing."""
    open_items = QueueItem.objects.visible_to(actor).filter(queue=OuterRef("pk"), open_slots__gt=0)
    rows = Queue.objects.visible_to(actor).filter(
        ~Exists(open_items), status__in=TAKEN, is_finalized=False, n_items__gt=0
    )
    if not actor.may(Verb.SEE_ALL):
        rows = rows.filter(owner=actor.user)
    queues = {queue.pk: queue for queue in rows.order_by("-created_at", "-id")[:SHOWN]}
    for pk, counts in _blocking(list(queues), actor).items():
        name = queues[pk].name
        url = reverse("queue-finalise", args=[actor.team.slug, pk])
        blocked = {what: n for what, n in counts.items() if n}
        if actor.may(Verb.ADJUDICATE) and set(blocked) == {UNDECIDED}:
            continue  # told as items to adjudicate
        if blocked:
            told = ", ".join(f"{n:,} {what}" for what, n in blocked.items())
            yield Need(f"{name} cannot be finalised yet", url, f"What blocks it: {told}",
                       icon="lock", tone="attention", urgency=1)  # fmt: skip
        else:
            yield Need(f"All reviews of {name} are in", url, "Look at its gates and finalise it",
                       icon="check-circle", tone="pass", urgency=2)  # fmt: skip


def _blocking(queues: list[UUID], actor: Actor) -> dict[UUID, dict[str, int]]:
    """How many items of each queue do not meet a gate, in one query; see lifecycle.blocking."""
    typed = Review.all_rows.filter(
        queue_item=OuterRef("pk"), saved_at__isnull=False, draft__isnull=False
    )
    flagged = ReviewAnswer.all_rows.filter(
        queue_item=OuterRef("pk"), is_latest=True, is_counted=True, flagged=True
    )
    settled = Adjudication.all_rows.filter(
        queue_item=OuterRef("pk"), is_current=True, reopened_at=None
    )
    items = QueueItem.objects.visible_to(actor).filter(queue__in=queues).annotate(
        is_typed=Exists(typed), is_flagged=Exists(flagged) & ~Exists(settled)
    )  # fmt: skip
    is_open = Q(n_counted__gte=F("queue__reviews_per_item")) | Q(queue__is_blind=False)
    counted = items.order_by().values("queue").annotate(
        held=Count("pk", filter=Q(n_counted__lt=F("queue__reviews_per_item"))),
        undecided=Count("pk", filter=is_open & Q(state=ReviewState.NEEDS_ADJUDICATION.value)),
        unclear=Count("pk", filter=is_open & Q(state=ReviewState.NEEDS_REVIEW.value)),
        typed=Count("pk", filter=is_open & Q(is_typed=True)),
        flagged=Count("pk", filter=is_open & Q(is_flagged=True)),
    )  # fmt: skip
    return {
        row["queue"]: {
            "still held by a reviewer": row["held"],
            UNDECIDED: row["undecided"],
            "needing another look": row["unclear"],
            "typed over and not saved": row["typed"],
            "with an open flag": row["flagged"],
        }
        for row in counted
    }
