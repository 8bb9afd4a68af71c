"""Factories of rubrics and queues: plain functions, keyword only."""

from __future__ import annotations

from typing import Any

from evalplatform.scoping.actor import Actor
from reviews.models import Queue, QueueItem, QueueReviewer, Rubric
from tests.sessions import make_session

YES = {"answers": {"verdict": {"value": "pass"}}}
NO = {"answers": {"verdict": {"value": "fail"}}}
LABELLED = {
    "answers": {
        "intent": {"value": "Noise"},
        "guest_affect": {"value": "Upset"},
        "humanness": {"value": 5},
    }
}


def make_queue(*, owner: Actor, n_items: int = 3, reviewers: list[Actor] | None = None,
               **fields: Any) -> Queue:  # fmt: skip
    """Save an active pass/fail queue over so many new sessions of the owner."""
    rubric = fields.pop("rubric", None) or Rubric.of_the_product("pass-fail", by=owner)
    said: dict[str, Any] = {
        "name": "Morning",
        "target": Queue.Target.SESSION,
        "status": Queue.Status.ACTIVE,
        "is_for_everyone": reviewers is None,
    }
    queue: Queue = Queue.all_rows.create(
        team=owner.team, owner=owner.user, rubric_version=rubric.newest(), **(said | fields)
    )
    for each in reviewers or ():
        QueueReviewer.all_rows.create(queue=queue, reviewer=each.user, is_assigned=True)
    for n in range(n_items):
        add_session(queue, owner=owner, position=n)
    _note_items(queue)
    return queue


def _note_items(queue: Queue) -> None:
    queue.n_items = QueueItem.all_rows.filter(queue=queue).count()
    queue.save(update_fields=["n_items"])


def add_session(queue: Queue, *, owner: Actor, position: int) -> QueueItem:
    """Put a new session of the owner into the queue."""
    item: QueueItem = QueueItem.all_rows.create(
        queue=queue,
        position=position,
        session=make_session(owner=owner, external_id=f"{queue.pk}-{position}"),
        open_slots=queue.reviews_per_item,
    )
    return item


def make_queue_with_verdicts(*, owner: Actor, run: Any, **fields: Any) -> Queue:
    """Save an active queue over the rows of a run, whose verdicts are reviewed."""
    from runs.models import RunItem

    told = {"target": Queue.Target.RUN_ITEM, "run": run, "reviews_auto_evals": True} | fields
    queue = make_queue(owner=owner, n_items=0, **told)
    for row in RunItem.all_rows.filter(run=run):
        QueueItem.all_rows.create(
            queue=queue, position=row.order_index, run_item=row, open_slots=queue.reviews_per_item
        )
    _note_items(queue)
    return queue
