"""Finishing a queue's review: what still stands in the way, the seal, and opening it again.

`in_review` and `ready_to_finalize` are computed from the gates and stored nowhere; `finalized` is
the seal that holds. Every save of a review takes the queue's row as shared and looks at
`is_finalized`; finalising takes it for itself, so that no save slips in between.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from reviews.evidence import item_digests, whole_digest
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

IN_REVIEW, READY, FINALIZED = "in_review", "ready_to_finalize", "finalized"
MOST_REASON = 10_000
BATCH = 1_000
OPEN_STATES = (ReviewState.NEEDS_ADJUDICATION.value, ReviewState.NEEDS_REVIEW.value)


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of finalising, and how many items do not meet it."""

    name: str
    label: str
    n_blocking: int

    @property
    def is_met(self) -> bool:
        return self.n_blocking == 0


@dataclass(frozen=True, slots=True)
class Broken:
    """What no longer is as it was sealed: keys of items, and whether the whole differs."""

    items: tuple[str, ...]
    is_whole: bool


def gates(queue: Queue) -> list[Gate]:
    """What stands in the way of finalising, each with how many items it is about."""
    found = [Gate(name, label, rows.count()) for name, (label, rows) in blocking(queue).items()]
    if QueueItem.all_rows.filter(queue=queue).exists():
        return found
    return [replace(gate, n_blocking=1) if gate.name == "quota" else gate for gate in found]


def blocking(queue: Queue) -> dict[str, tuple[str, Any]]:
    """By gate: what it asks for, and the items that do not meet it."""
    items = QueueItem.all_rows.filter(queue=queue).order_by()
    typed = Review.all_rows.filter(
        queue_item=OuterRef("pk"), saved_at__isnull=False, draft__isnull=False
    )
    flagged = ReviewAnswer.all_rows.filter(
        queue_item=OuterRef("pk"), is_latest=True, is_counted=True, flagged=True
    )
    contested = Contest.all_rows.filter(
        adjudication__queue_item=OuterRef("pk"), adjudication__is_current=True, answered_at=None
    )
    settled = items.filter(Exists(_settled()))
    return {
        "quota": (
            "Every item has its reviews",
            items.filter(n_counted__lt=queue.reviews_per_item),
        ),
        "dirty": (
            "Nothing is typed over a saved review and not saved",
            items.filter(Exists(typed)),
        ),
        "unresolved": ("Nothing waits for a decision", items.filter(state__in=OPEN_STATES)),
        "flags": (
            "No flag is open",
            items.filter(Exists(flagged)).exclude(pk__in=settled.values("pk")),
        ),
        "contests": ("Every contest is answered", items.filter(Exists(contested))),
    }


def _settled() -> Any:
    return Adjudication.all_rows.filter(
        queue_item=OuterRef("pk"), is_current=True, reopened_at=None
    )


def status_of(queue: Queue) -> str:
    """Where the queue's review is in its life."""
    if queue.is_finalized:
        return FINALIZED
    return READY if all(gate.is_met for gate in gates(queue)) else IN_REVIEW


def seal_of(queue: Queue) -> Seal | None:
    """The seal that holds, if one does."""
    found: Seal | None = Seal.all_rows.filter(queue=queue, reopened_at=None).first()
    return found


def finalise(queue: Queue, snapshot: dict[str, Any], *, by: Actor) -> Seal:
    """Close the review under a seal; Conflict while a gate is not met, or when it is closed."""
    if not by.may(Verb.FINALISE):
        raise PermissionDenied("Your role does not finalise reviews.")
    with transaction.atomic():
        row = _locked(queue, by)
        if row.is_finalized:
            raise Conflict("This review is finalised already.")
        missing = [gate for gate in gates(row) if not gate.is_met]
        if missing:
            told = "; ".join(f"{gate.label} ({gate.n_blocking:,} to go)" for gate in missing)
            raise Conflict(f"This must hold first: {told}.")
        before = Seal.all_rows.filter(queue=row).order_by("-number").first()
        previous = before.digest if before else ""
        digests = list(item_digests(row.pk))
        seal: Seal = Seal.all_rows.create(
            queue=row,
            number=before.number + 1 if before else 1,
            finalized_by=by.user,
            snapshot=snapshot,
            n_items=len(digests),
            previous_digest=previous,
            digest=whole_digest((each[2] for each in digests), snapshot, previous),
        )
        SealedItem.all_rows.bulk_create(
            (SealedItem(seal=seal, queue_item_id=pk, digest=digest) for pk, _, digest in digests),
            batch_size=BATCH,
        )
        row.is_finalized = True
        row.save(update_fields=["is_finalized"])
        record(by, "review.finalise", row, changes={"seal": ["", seal.digest]})
    queue.is_finalized = True
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


def broken(seal: Seal) -> Broken:
    """What differs now from what was sealed; nothing differs while the seal is whole."""
    held = dict(SealedItem.all_rows.filter(seal=seal).values_list("queue_item", "digest"))
    now = list(item_digests(seal.queue_id))
    others = [key for pk, key, digest in now if held.get(pk) != digest]
    whole = whole_digest((each[2] for each in now), seal.snapshot, seal.previous_digest)
    return Broken(tuple(others), whole != seal.digest)


def _locked(queue: Queue, by: Actor) -> Queue:
    row: Queue = Queue.objects.visible_to(by).select_for_update(of=("self",)).get(pk=queue.pk)
    if row.owner_id != by.user.pk and not by.may(Verb.SEE_ALL):
        raise PermissionDenied("Only who runs this queue finalises its review.")
    return row
