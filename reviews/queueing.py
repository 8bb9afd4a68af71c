"""Setting queues up: what goes in, by which sampling plan, who reviews, and what their states mean.

Adding keeps what is there: items stay where they are, what is in the queue already is counted and
left alone, and the same plan draws the same items again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from datasets.models import Session
from evalplatform.accounts.models import Membership
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from reviews.models import Queue, QueueItem, QueueReviewer, Rubric
from reviews.sampling import EVERYTHING, JOINT, Candidate, Chosen, Plan, draw, position_of
from runs.models import Run, RunItem

BATCH = 2_000
PLACES = 1 << 62  # positions of a shuffled queue
STRATA = ("verdict", "tag", "category")
# What may follow what: a closed queue can be opened again, an archived one looked at alone.
FOLLOWS: dict[str, tuple[str, ...]] = {
    Queue.Status.DRAFT: (Queue.Status.ACTIVE, Queue.Status.ARCHIVED),
    Queue.Status.ACTIVE: (Queue.Status.PAUSED, Queue.Status.CLOSED),
    Queue.Status.PAUSED: (Queue.Status.ACTIVE, Queue.Status.CLOSED),
    Queue.Status.CLOSED: (Queue.Status.ACTIVE, Queue.Status.ARCHIVED),
    Queue.Status.ARCHIVED: (Queue.Status.CLOSED,),
}
SAID = (
    "name", "instructions", "reviews_auto_evals", "is_for_everyone", "is_blind",
    "shows_auto_verdict", "shows_suggestions", "hidden_share", "lease_minutes",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did: `left_out` were not drawn by the sampling plan."""

    added: int = 0
    already: int = 0
    left_out: int = 0


def create_queue(
    *, name: str, target: str, rubric: Rubric, by: Actor, run: Run | None = None, **said: Any
) -> Queue:
    """An empty draft of the actor's. A run has one queue at most: its run review."""
    if not by.may(Verb.MANAGE_QUEUES):
        raise PermissionDenied("Your role may not make queues.")
    if run is not None and not Run.objects.editable_by(by).filter(pk=run.pk).exists():
        raise PermissionDenied("Only who may change a run may have it reviewed.")
    if run is not None and Queue.all_rows.filter(run=run).exists():
        raise Conflict("This run has its review already: add to that queue.")
    queue = Queue(
        team=by.team,
        owner=by.user,
        name=name.strip(),
        target=target,
        run=run,
        dataset=run.dataset if run else None,
        rubric_version=rubric.newest(),
        **said,
    )
    queue.full_clean(
        exclude=["team", "owner", "run", "dataset", "rubric_version"], validate_unique=False
    )
    with transaction.atomic():
        queue.save(force_insert=True)
        record(by, "queue.create", queue, changes={"name": [None, queue.name]})
    return queue


def change_queue(queue: Queue, *, by: Actor, **said: Any) -> None:
    """Save other settings; how many reviews an item gets stays as it was set up."""
    assert said.keys() <= set(SAID)
    with transaction.atomic():
        row = locked(queue, by)
        changes = {n: [getattr(row, n), v] for n, v in said.items() if getattr(row, n) != v}
        for name, value in said.items():
            setattr(row, name, value)
            setattr(queue, name, value)
        row.clean_fields(exclude=["team", "owner", "run", "dataset", "rubric_version"])
        if changes:
            row.updated_at = timezone.now()
            row.save(update_fields=[*changes, "updated_at"])
            record(by, "queue.change", row, changes=changes)


def set_status(queue: Queue, status: str, *, by: Actor) -> None:
    """Open, pause, close or archive it; Conflict for a step that is not one of its next."""
    with transaction.atomic():
        row = locked(queue, by)
        if status == row.status:
            return
        if status not in FOLLOWS[row.status]:
            raise Conflict(f"A queue that is {row.status} cannot become {status}.")
        if status == Queue.Status.ACTIVE and not row.n_items:
            raise Conflict("There is nothing in this queue yet: add items first.")
        before, row.status = row.status, status
        row.save(update_fields=["status"])
        record(by, "queue.status", row, changes={"status": [before, status]})
    queue.status = status


def assign(queue: Queue, people: Iterable[Any], *, by: Actor) -> None:
    """Ask these members to review, and nobody else; nobody asked by name means everybody.

    Who is not asked any more keeps what they have saved.
    """
    wanted = {person.pk for person in people}
    with transaction.atomic():
        row = locked(queue, by)
        members = Membership.all_rows.filter(team=row.team, ended_at=None, user__in=wanted)
        if members.values("user").distinct().count() != len(wanted):
            raise ValidationError({"reviewers": "One of these people is not in the team."})
        places = QueueReviewer.all_rows.filter(queue=row)
        before = sorted(
            str(pk) for pk in places.filter(is_assigned=True).values_list("reviewer", flat=True)
        )
        places.exclude(reviewer__in=wanted).update(is_assigned=False)
        QueueReviewer.all_rows.bulk_create(
            (QueueReviewer(queue=row, reviewer_id=pk, is_assigned=True) for pk in wanted),
            update_conflicts=True,
            unique_fields=["queue", "reviewer"],
            update_fields=["is_assigned"],
        )
        row.is_for_everyone = not wanted
        row.save(update_fields=["is_for_everyone"])
        after = sorted(map(str, wanted))
        if before != after:
            record(by, "queue.assign", row, changes={"reviewers": [before, after]})
    queue.is_for_everyone = row.is_for_everyone


def locked(queue: Queue, by: Actor) -> Queue:
    """The queue's row as it is now, locked; DoesNotExist or 403 for who may not change it."""
    row: Queue = Queue.objects.visible_to(by).select_for_update(of=("self",)).get(pk=queue.pk)
    require_editable(row, by)
    return row


# --- adding --------------------------------------------------------------------------------------


def add_sessions(queue: Queue, sessions: Any, *, by: Actor, plan: Plan = EVERYTHING) -> Added:
    """Add sessions that the actor sees, in the order of the rows given."""
    ids = sessions.values_list("pk", flat=True).iterator(BATCH)
    candidates = (Candidate(str(pk), "") for pk in ids)
    seen = Session.objects.visible_to(by)
    return _add(queue, candidates, "session", seen, by=by, plan=plan)


def add_run_items(
    queue: Queue, *, by: Actor, plan: Plan = EVERYTHING, strata: Sequence[str] = ("verdict",)
) -> Added:
    """Add the rows of the queue's run, drawn by stratum, in their order."""
    if unknown := set(strata) - set(STRATA):
        raise ValidationError({"strata": f"Not known: {', '.join(sorted(unknown))}."})
    rows = RunItem.objects.visible_to(by).filter(run=queue.run, status="success")
    fields = rows.order_by("order_index").values_list("pk", "is_passed", "tags", "category")
    candidates = (
        Candidate(str(pk), stratum_of(strata, is_passed, tags, category))
        for pk, is_passed, tags, category in fields.iterator(BATCH)
    )
    return _add(queue, candidates, "run_item", rows, by=by, plan=plan)


def stratum_of(
    strata: Sequence[str], is_passed: bool | None, tags: Sequence[str], category: str
) -> str:
    """The name of the stratum a row is in, `failing / billing`; its first tag stands for it."""
    verdict = {True: "passing", False: "failing", None: "no verdict"}[is_passed]
    said = {
        "verdict": verdict,
        "tag": tags[0] if tags else "no tag",
        "category": category or "none",
    }
    return JOINT.join(said[name] for name in STRATA if name in strata)[:200]


def _add(
    queue: Queue, candidates: Iterator[Candidate], field: str, seen: Any, *, by: Actor, plan: Plan
) -> Added:
    with transaction.atomic():
        row = locked(queue, by)
        if row.status in (Queue.Status.CLOSED, Queue.Status.ARCHIVED):
            raise Conflict(f"This queue is {row.status}: open it before you add to it.")
        if row.target != field:
            raise ValidationError(f"This queue takes {row.get_target_display().lower()} only.")
        highest = QueueItem.all_rows.filter(queue=row).aggregate(n=Max("position"))["n"]
        position = -1 if highest is None else highest
        n_added = n_already = n_seen = n_drawn = 0
        while batch := list(islice(candidates, BATCH)):
            n_seen += len(batch)
            drawn = list(draw(batch, plan))
            n_drawn += len(drawn)
            fresh = _not_there(row, drawn, field, seen)
            n_already += len(drawn) - len(fresh)
            made = []
            for each in fresh:
                position += 1
                made.append(_item(row, each, field, position))
            QueueItem.all_rows.bulk_create(made)
            n_added += len(made)
        if n_added:
            row.n_items += n_added
            row.updated_at = timezone.now()
            row.sampling = {"shares": dict(plan.shares), "rest": plan.rest, "seed": plan.seed}
            row.save(update_fields=["n_items", "updated_at", "sampling"])
            record(by, "queue.add", row, changes={"n_items": [row.n_items - n_added, row.n_items]})
    queue.n_items = row.n_items
    return Added(n_added, n_already, n_seen - n_drawn)


def _not_there(queue: Queue, drawn: Sequence[Chosen], field: str, seen: Any) -> list[Chosen]:
    """Of the drawn ones, those that the actor sees and the queue does not hold yet."""
    keys = [each.key for each in drawn]
    held = QueueItem.all_rows.filter(queue=queue, **{f"{field}__in": keys})
    there = {str(pk) for pk in held.values_list(f"{field}_id", flat=True)}
    visible = {str(pk) for pk in seen.filter(pk__in=keys).values_list("pk", flat=True)}
    return [each for each in drawn if each.key not in there and each.key in visible]


def _item(queue: Queue, chosen: Chosen, field: str, position: int) -> QueueItem:
    if queue.order == Queue.Order.SHUFFLED:
        position = int(position_of(queue.seed, chosen.key, "order") * PLACES)
    return QueueItem(
        queue=queue,
        position=position,
        stratum=chosen.stratum,
        inclusion_probability=chosen.probability,
        open_slots=queue.reviews_per_item,
        **{f"{field}_id": UUID(chosen.key)},
    )
