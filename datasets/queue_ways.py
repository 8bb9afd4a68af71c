"""The ways between datasets and review queues: which sessions come in, which items may go out.

Queues live in the reviews app, right of this one: it finds the sessions or the items, and asks
here. Session-level items come in by the same mapping as cloning; items go out by their session.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.core.exceptions import ValidationError

from datasets.cloning import Cloning, Counts
from datasets.editing import edition
from datasets.models import Dataset, DatasetItem, DatasetVersion
from evalplatform.scoping.actor import Actor

WHY_NOT = {
    DatasetItem.Arrived.MANUAL: "Written by hand: there is no session to review.",
    DatasetItem.Arrived.CSV: "Came from a file: there is no session to review.",
    DatasetItem.Arrived.SUITE: "Came from a suite: there is no session to review.",
}
BROKEN = "Its link to the session was broken by an edit, or the session is gone."


class Eligible(NamedTuple):
    """An item that may go to a queue, and by which session."""

    item: DatasetItem
    session_id: UUID


class NotEligible(NamedTuple):
    """An item that may not, and why: a sentence for the person."""

    item: DatasetItem
    reason: str


def take_from_queue(
    dataset: Dataset, session_ids: Sequence[UUID], *, queue_name: str, by: Actor
) -> Counts:
    """Add the sessions of a queue to a session-level dataset, as one version.

    The caller leaves archived queues out and gives the sessions of those items that the actor may
    see; what the actor may not see is counted as `gone`, what is there as `already`.
    """
    if dataset.level != Dataset.Level.SESSION:
        raise ValidationError("Items of a queue go into datasets of whole sessions only.")
    title, kind = f"From the queue {queue_name}"[:200], DatasetVersion.Kind.QUEUE
    with edition(dataset, by=by, kind=kind, title=title) as opened:
        return Cloning(opened, DatasetItem.Arrived.QUEUE).take(session_ids)


def eligibility(items: Any) -> Iterator[Eligible | NotEligible]:
    """Say of each newest item whether it may go to a queue: only one with a linked session."""
    fields = ("id", "key", "public_id", "arrived", "session_id")
    for item in items.newest().in_order().only(*fields).iterator(2000):
        if item.session_id:
            yield Eligible(item, item.session_id)
        else:
            yield NotEligible(item, WHY_NOT.get(item.arrived, BROKEN))
