"""Items of datasets into queues, and sessions of queues into datasets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from datasets.cloning import Counts
from datasets.models import Dataset
from datasets.queue_ways import Eligible, NotEligible, eligibility, take_from_queue
from evalplatform.accounts.roles import Verb
from evalplatform.jobs.freezing import packed, unpacked
from evalplatform.jobs.kinds import JobRefusedError, job_kind
from evalplatform.jobs.models import Job
from evalplatform.jobs.pulse import Pulse
from evalplatform.jobs.running import Turn
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from reviews.models import Queue, QueueItem
from reviews.queue_adding import add_many
from reviews.queueing import Added

KIND = "queue_to_dataset"
AT_ONCE = 200  # sessions, each with all of its messages; more are a job
MOST = 100_000
MOST_LISTED = 50  # items that may not go, by name; all are counted


@dataclass(frozen=True, slots=True)
class Sorted:
    """Items of a dataset by whether they may go to a queue; `links` is session -> item."""

    links: dict[UUID, int]
    n_items: int
    n_eligible: int
    refused: list[NotEligible]

    @property
    def n_refused(self) -> int:
        return self.n_items - self.n_eligible


def sort_items(items: Any) -> Sorted:
    """Ask of each of these visible items; of several with the same session the first stands."""
    links: dict[UUID, int] = {}
    refused: list[NotEligible] = []
    n_items = n_eligible = 0
    for each in eligibility(items):
        n_items += 1
        if isinstance(each, Eligible):
            n_eligible += 1
            links.setdefault(each.session_id, each.item.pk)
        elif len(refused) < MOST_LISTED:
            refused.append(each)
    return Sorted(links, n_items, n_eligible, refused)


def send_to_queue(queue: Queue, found: Sorted, *, by: Actor) -> Added | Job:
    """Add the sessions of these items; each keeps which item it came from."""
    if not found.links:
        raise ValidationError("None of these items has a session to review.")
    return add_many(queue, list(found.links), by=by, dataset_items=found.links)


def bring_from_queue(dataset: Dataset, queue: Queue, *, by: Actor) -> Counts | Job:
    """Add the queue's sessions to a session-level dataset, as a job when they are many."""
    require_editable(dataset, by)
    if queue.status == Queue.Status.ARCHIVED or queue.target != Queue.Target.SESSION:
        raise ValidationError("Choose a queue of sessions that is not archived.")
    items = QueueItem.objects.visible_to(by).filter(queue=queue).order_by("position", "id")
    ids = list(items.values_list("session", flat=True)[: MOST + 1])
    if not ids:
        raise ValidationError("This queue holds nothing that you may see.")
    if len(ids) > MOST:
        raise ValidationError(f"Import at most {MOST:,} sessions at once.")
    if len(ids) <= AT_ONCE:
        return take_from_queue(dataset, ids, queue_name=queue.name, by=by)
    arguments = {
        "dataset": str(dataset.pk),
        "queue_name": queue.name,
        "ids": packed(ids),
        "n": len(ids),
    }
    return Job.enqueue(KIND, arguments, by=by)


@job_kind(KIND)
def bring_sessions(turn: Turn) -> dict[str, Any]:
    """Write the frozen sessions into the dataset, all of them or none."""
    if not turn.actor.may(Verb.EDIT_EVIDENCE):
        raise PermissionDenied("Your role may not change datasets.")
    rows = Dataset.objects.visible_to(turn.actor)
    dataset = rows.filter(pk=turn.arguments["dataset"]).first()
    if dataset is None:
        raise JobRefusedError("This dataset is not there any more.")
    ids, name = unpacked(turn.arguments["ids"]), turn.arguments["queue_name"]
    with Pulse(turn) as pulse, transaction.atomic():
        pulse.tell(0, len(ids), "Importing from the queue")
        counts = take_from_queue(dataset, ids, queue_name=name, by=turn.actor)
        turn.hold()
    return asdict(counts)


def in_words(counts: Counts | dict[str, Any]) -> str:
    """What the import did, as a sentence."""
    told: dict[str, Any] = asdict(counts) if isinstance(counts, Counts) else counts
    said = [_items(told["created"])]
    if told["already"]:
        said.append(f"{told['already']:,} there already")
    if told["gone"]:
        said.append(f"{told['gone']:,} gone, or not yours to see")
    if told["too_long"]:
        said.append(f"{told['too_long']:,} too long")
    return f"{', '.join(said)}."


def _items(n: int) -> str:
    return f"{n:,} item{'' if n == 1 else 's'} added"


def newest_import(dataset: Dataset, by: Actor, pks: Sequence[str]) -> Job | None:
    """One of the actor's imports into this dataset, by the ids of an address."""
    jobs = Job.objects.visible_to(by).filter(kind=KIND, arguments__dataset=str(dataset.pk))
    try:
        job: Job | None = jobs.filter(pk__in=pks).first()
    except (ValidationError, ValueError):
        return None
    return job
