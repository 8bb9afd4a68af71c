"""Adding to a queue: a little at once, more as a job that says how far it is.

What is added is frozen when it is asked for: the ids, in their order, go into the job's arguments.
The job adds in chunks; a chunk's items and the count of it are saved in one transaction, so that a
killed worker repeats nothing, and what was added before a cancel stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.jobs.freezing import packed, unpacked
from evalplatform.jobs.kinds import JobRefusedError, job_kind
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import Turn
from evalplatform.scoping.actor import Actor
from reviews.models import Queue
from reviews.queueing import BATCH, Added, add_ids, locked
from reviews.strata import rows_to_review

KIND = "queue_add"
AT_ONCE = 5_000  # more of them are a job
MOST = 1_000_000
NOTE = "Adding to the queue"


def add_many(
    queue: Queue,
    ids: Sequence[UUID],
    *,
    by: Actor,
    dataset_items: Mapping[UUID, int] | None = None,
) -> Added | Job:
    """Add these by the queue's own plan, as a job when they are many."""
    if not ids:
        raise ValidationError("There is nothing to add: choose something that you may see.")
    if len(ids) > MOST:
        raise ValidationError(f"Add at most {MOST:,} at once: narrow the view.")
    if len(ids) <= AT_ONCE:
        return add_ids(queue, ids, by=by, dataset_items=dataset_items)
    links = dataset_items or {}
    with transaction.atomic():
        row = locked(queue, by)
        if row.status in (Queue.Status.CLOSED, Queue.Status.ARCHIVED):
            raise Conflict(f"This queue is {row.status}: open it before you add to it.")
        arguments = {
            "queue": str(row.pk),
            "ids": packed(ids),
            "n": len(ids),
            "dataset_items": [links.get(pk) for pk in ids] if links else None,
        }
        return Job.enqueue(KIND, arguments, by=by)


def run_row_ids(queue: Queue, by: Actor) -> list[UUID]:
    """The answered rows of the queue's run, in their order."""
    return list(rows_to_review(queue, by).order_by("order_index").values_list("pk", flat=True))


@job_kind(KIND)
def add_to_queue(turn: Turn) -> dict[str, Any]:
    """Add the frozen ids from where the last turn ended, chunk by chunk."""
    if not turn.actor.may(Verb.MANAGE_QUEUES):
        raise PermissionDenied("Your role may not change queues.")
    ids = unpacked(turn.arguments["ids"])
    links = dict(zip(ids, turn.arguments["dataset_items"] or [], strict=False))
    kept = turn.job.result or {"done": 0}
    done, told = kept["done"], Added(**{n: v for n, v in kept.items() if n != "done"})
    while done < len(ids):
        turn.progress(done, len(ids), NOTE)
        chunk = ids[done : done + BATCH]
        with transaction.atomic():
            told += _added(turn, chunk, links)
            done += len(chunk)
            turn.keep(asdict(told) | {"done": done}, done, len(ids), NOTE)
    return asdict(told) | {"done": done}


def _added(turn: Turn, chunk: Sequence[UUID], links: Mapping[UUID, int]) -> Added:
    rows = Queue.objects.visible_to(turn.actor)
    queue = rows.filter(pk=turn.arguments["queue"]).first()
    if queue is None:
        raise JobRefusedError("This queue is not there any more.")
    try:
        return add_ids(queue, chunk, by=turn.actor, dataset_items=links)
    except Conflict as refused:
        raise JobRefusedError(str(refused.detail)) from refused


def newest_job(queue: Queue, by: Actor) -> Job | None:
    """The actor's last job that added to this queue."""
    jobs = Job.objects.visible_to(by).filter(kind=KIND, arguments__queue=str(queue.pk))
    job: Job | None = jobs.defer("arguments").order_by("-created_at").first()
    return job


def in_words(told: Added, noun: str) -> str:
    """What adding did, as a sentence."""
    said = [f"{told.added:,} {noun}{'' if told.added == 1 else 's'} added"]
    if told.already:
        said.append(f"{told.already:,} there already")
    if told.left_out:
        said.append(f"{told.left_out:,} left out by the sampling plan")
    return f"{', '.join(said)}."
