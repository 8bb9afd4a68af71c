"""Finishing a queue's review: what still stands in the way, the seal, and opening it again.

`in_review` and `ready_to_finalize` are computed from the gates and stored nowhere; `finalized` is
the seal that holds. Every save of a review takes the queue's row as shared and looks at
`is_finalized`; finalising takes it for itself, so that no save slips in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from reviews.evidence import as_held, evidence_of, whole_digest
from reviews.models import (
    Adjudication,
    Contest,
    Queue,
    QueueItem,
    Review,
    ReviewAnswer,
    Seal,
    SealedItem,
)
from reviews.routing import ReviewState
from reviews.snapshot import snapshot_of

IN_REVIEW, READY, FINALIZED = "in_review", "ready_to_finalize", "finalized"
STATUSES = (IN_REVIEW, READY, FINALIZED)
MOST_REASON = 10_000
BATCH = 1_000
OPEN_STATES = (ReviewState.NEEDS_ADJUDICATION.value, ReviewState.NEEDS_REVIEW.value)

# The gates of many queues at once, each by the index that finds the first thing in the way. Without
# an open place and without a lease, every item has its reviews.
DONE = """
    SELECT q.id FROM reviews_queue q WHERE q.id = ANY(%(queues)s) AND q.n_items > 0
        AND NOT EXISTS (SELECT FROM reviews_queueitem i WHERE i.queue_id = q.id
            AND i.open_slots > 0)
        AND NOT EXISTS (SELECT FROM reviews_slot s WHERE s.queue_id = q.id AND s.state = 'leased')
        AND NOT EXISTS (SELECT FROM reviews_queueitem i WHERE i.queue_id = q.id
            AND i.state = ANY(%(open)s))
        AND NOT EXISTS (SELECT FROM reviews_review v WHERE v.queue_id = q.id
            AND v.saved_at IS NOT NULL AND v.draft IS NOT NULL)
        AND NOT EXISTS (SELECT FROM reviews_reviewanswer a WHERE a.queue_id = q.id
            AND a.is_latest AND a.is_counted AND a.flagged AND NOT EXISTS (
                SELECT FROM reviews_adjudication d WHERE d.queue_item_id = a.queue_item_id
                AND d.is_current AND d.reopened_at IS NULL))
        AND NOT EXISTS (SELECT FROM reviews_contest c
            JOIN reviews_adjudication d ON d.id = c.adjudication_id
            WHERE d.queue_id = q.id AND d.is_current AND c.answered_at IS NULL)"""


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of finalising, and how many items do not meet it."""

    name: str
    label: str
    n_blocking: int

    @property
    def is_met(self) -> bool:
        return self.n_blocking == 0


class GatesError(Conflict):
    """409: some gates are not met; `details` say which, and how many items block each."""

    def __init__(self, missing: Sequence[Gate]) -> None:
        told = "; ".join(f"{gate.label} ({gate.n_blocking:,} to go)" for gate in missing)
        super().__init__(f"This must hold first: {told}.")
        self.details = {
            "gates": [
                {"name": gate.name, "label": gate.label, "blocking": gate.n_blocking}
                for gate in missing
            ]
        }


# --- the gates ------------------------------------------------------------------------------------


def gates(queue: Queue) -> list[Gate]:
    """What stands in the way of finalising, each with how many items it is about."""
    found = [Gate(name, label, rows.count()) for name, (label, rows) in blocking(queue).items()]
    if QueueItem.all_rows.filter(queue=queue).exists():
        return found
    return [replace(gate, n_blocking=1) if gate.name == "quota" else gate for gate in found]


def blocking(queue: Queue) -> dict[str, tuple[str, Any]]:
    """By gate: what it asks for, and the items that do not meet it.

    Of an item that is not open to all yet, only that reviews are missing is told: what else it
    waits for would tell what somebody said of it.
    """
    items = QueueItem.all_rows.filter(queue=queue).order_by()
    told = items.filter(n_counted__gte=queue.reviews_per_item) if queue.is_blind else items
    typed = Review.all_rows.filter(
        queue_item=OuterRef("pk"), saved_at__isnull=False, draft__isnull=False
    )
    flagged = ReviewAnswer.all_rows.filter(
        queue_item=OuterRef("pk"), is_latest=True, is_counted=True, flagged=True
    )
    contested = Contest.all_rows.filter(
        adjudication__queue_item=OuterRef("pk"), adjudication__is_current=True, answered_at=None
    )
    return {
        "quota": (
            "Every item has its reviews",
            items.filter(n_counted__lt=queue.reviews_per_item),
        ),
        "dirty": (
            "Nothing is typed over a saved review and not saved",
            told.filter(Exists(typed)),
        ),
        "unresolved": ("Nothing waits for a decision", told.filter(state__in=OPEN_STATES)),
        "flags": ("No flag is open", told.filter(Exists(flagged) & ~Exists(_settled()))),
        "contests": ("Every contest is answered", told.filter(Exists(contested))),
        **_floors(queue, items),
    }


def _floors(queue: Queue, items: Any) -> dict[str, tuple[str, Any]]:
    """The gate of chosen floors: the items that reviewers differ on, else all of them."""
    if not queue.floors:
        return {}
    from reviews.figures.gate import items_in_the_way

    ids = items_in_the_way(queue)
    rows = items.none() if ids is None else items.filter(pk__in=ids) if ids else items
    return {"floors": ("Agreement reaches the chosen floors", rows)}


def _reaches_floors(queue: Queue) -> bool:
    items = QueueItem.all_rows.filter(queue=queue)
    return not any(rows.exists() for _, rows in _floors(queue, items).values())


def _settled() -> Any:
    return Adjudication.all_rows.filter(
        queue_item=OuterRef("pk"), is_current=True, reopened_at=None
    )


def status_of(queue: Queue) -> str:
    """Where the queue's review is in its life."""
    if queue.is_finalized:
        return FINALIZED
    return READY if all(gate.is_met for gate in gates(queue)) else IN_REVIEW


def statuses_of(queues: Sequence[Queue]) -> dict[UUID, str]:
    """Where the reviews of many queues are in their lives: one query, but for floors.

    Those are looked at of queues that have some and are done otherwise.
    """
    wanted = [queue.pk for queue in queues if not queue.is_finalized]
    done: set[UUID] = set()
    if wanted:
        with connection.cursor() as cursor:
            cursor.execute(DONE, {"queues": wanted, "open": list(OPEN_STATES)})
            done = {row[0] for row in cursor.fetchall()}
    done -= {queue.pk for queue in queues if queue.pk in done and not _reaches_floors(queue)}
    return {
        queue.pk: FINALIZED if queue.is_finalized else READY if queue.pk in done else IN_REVIEW
        for queue in queues
    }


# --- whose it is ----------------------------------------------------------------------------------


def reachable(actor: Actor) -> Any:
    """The queues of whose review the actor is told something: visible ones, and of their runs."""
    own = Q(run__owner=actor.user) & ~Q(status=Queue.Status.DRAFT)
    return Queue.all_rows.filter(Queue.visibility(actor) | (Q(team=actor.team) & own))


def to_finalise(actor: Actor) -> Any:
    """The queues whose review the actor may finalise: all, or those of their queues and runs."""
    rows = reachable(actor)
    if not actor.may(Verb.FINALISE):
        return rows.none()
    if actor.may(Verb.SEE_ALL):
        return rows
    return rows.filter(Q(owner=actor.user) | Q(run__owner=actor.user))


def seal_of(queue: Queue) -> Seal | None:
    """The seal that holds, if one does."""
    found: Seal | None = Seal.all_rows.filter(queue=queue, reopened_at=None).first()
    return found


def seals_of(queue: Queue) -> list[Seal]:
    """All seals of the queue's review, the newest first."""
    rows = Seal.all_rows.filter(queue=queue).select_related("finalized_by", "reopened_by")
    return list(rows.order_by("-number"))


# --- finalising -----------------------------------------------------------------------------------


def finalise(queue: Queue, snapshot: dict[str, Any] | None = None, *, by: Actor) -> Seal:
    """Close the review under a seal; Conflict while a gate is not met, or when it is closed.

    The snapshot is that of the numbers as they are now, under the lock, unless one is given.
    """
    if not by.may(Verb.FINALISE):
        raise PermissionDenied("Your role does not finalise reviews.")
    with transaction.atomic():
        row = _locked(queue, by)
        if row.is_finalized:
            raise Conflict("This review is finalised already.")
        missing = [gate for gate in gates(row) if not gate.is_met]
        if missing:
            raise GatesError(missing)
        held = as_held(snapshot_of(row, by) if snapshot is None else snapshot)
        seal = _seal(row, held, by)
        row.is_finalized = True
        row.save(update_fields=["is_finalized"])
        record(by, "review.finalise", row, changes={"seal": ["", seal.digest]})
    queue.is_finalized = True
    return seal


def _seal(row: Queue, snapshot: dict[str, Any], by: Actor) -> Seal:
    """The next seal of the queue, over its evidence as it is, chained to the one before."""
    before = Seal.all_rows.filter(queue=row).order_by("-number").first()
    previous = before.digest if before else ""
    evidence = list(evidence_of(row.pk))
    seal: Seal = Seal.all_rows.create(
        queue=row,
        number=before.number + 1 if before else 1,
        finalized_by=by.user,
        snapshot=snapshot,
        n_items=len(evidence),
        previous_digest=previous,
        digest=whole_digest((each.digest for each in evidence), snapshot, previous),
    )
    SealedItem.all_rows.bulk_create(
        (
            SealedItem(
                seal=seal, queue_item_id=each.item, digest=each.digest, parts=each.parts_read()
            )
            for each in evidence
        ),
        batch_size=BATCH,
    )
    return seal


def reopen(queue: Queue, reason: str, *, by: Actor) -> None:
    """Let reviews be changed again; the seal stays and says who opened it and why."""
    if not by.may(Verb.ADJUDICATE):
        raise PermissionDenied("Only an owner or admin opens a finalised review again.")
    reason = reason.strip()
    if not reason or len(reason) > MOST_REASON or "\x00" in reason:
        raise ValidationError({"reason": f"Say why, in at most {MOST_REASON:,} characters."})
    with transaction.atomic():
        row = _locked(queue, by)
        seal = Seal.all_rows.select_for_update().filter(queue=row, reopened_at=None).first()
        if seal is None:
            raise Conflict("This review is not finalised.")
        seal.reopened_at, seal.reopened_by, seal.reopen_reason = timezone.now(), by.user, reason
        seal.save(update_fields=["reopened_at", "reopened_by", "reopen_reason"])
        row.is_finalized = False
        row.save(update_fields=["is_finalized"])
        record(by, "review.reopen", row, changes={"reason": ["", reason]})
    queue.is_finalized = False


def _locked(queue: Queue, by: Actor) -> Queue:
    row: Queue = reachable(by).select_for_update(of=("self",)).get(pk=queue.pk)
    if not to_finalise(by).filter(pk=row.pk).exists():
        raise PermissionDenied("Only who runs this queue finalises its review.")
    return row
