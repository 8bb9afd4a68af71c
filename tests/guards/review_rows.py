"""Rows of the judgement for the world of the guards."""

from __future__ import annotations

from typing import Any

from evalplatform.scoping.actor import Actor
from reviews.claiming import claim
from reviews.models import (
    BehavioralLabel,
    QueueItem,
    QueueReviewer,
    ReviewAnswer,
    ReviewRevision,
    Rubric,
)
from reviews.saving import save
from runs.models import RunItem
from tests.reviews_made import YES, make_queue


def make_review_rows(eva: Actor, row: RunItem, *, marker: str) -> dict[str, Any]:
    """A queue of Eva's with one item that she has reviewed, and her label of a row of her run."""
    queue = make_queue(owner=eva, n_items=1, reviewers=[eva], name=f"{marker} queue")
    slot = claim(queue, by=eva)
    assert slot is not None
    review = save(slot.queue_item, YES | {"feedback": f"{marker} feedback"}, by=eva)
    label = BehavioralLabel.all_rows.create(
        run_id=row.run_id, run_item=row, reviewer=eva.user, notes=f"{marker} notes"
    )
    return {
        "queue": queue,
        "queue_reviewer": QueueReviewer.all_rows.get(queue=queue),
        "queue_item": QueueItem.all_rows.get(queue=queue),
        "slot": slot,
        "review": review,
        "review_revision": ReviewRevision.all_rows.get(review=review),
        "review_answer": ReviewAnswer.all_rows.get(review=review),
        "rubric": Rubric.of_the_product("pass-fail", by=eva),
        "rubric_version": queue.rubric_version,
        "behavioral_label": label,
    }
