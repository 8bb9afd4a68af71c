"""Setting queues up: what goes in, by which sampling plan, who reviews, and what their states mean.

Adding keeps what is there: items stay where they are, what is in the queue already is counted and
left alone, and the same plan draws the same items again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from evalplatform.accounts.models import Membership
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from reviews.figures.floors import check_floors
from reviews.models import Queue, QueueItem, QueueReviewer, Rubric
from reviews.queue_settings import FIXED_ERROR, SAID, fixed_in
from reviews.sampling import Candidate, Chosen, Plan, draw, position_of
from reviews.strata import PARTS, as_sampling, candidates_of, plan_of
from reviews.webhooks.telling import tell_status
from runs.models import Run, RunItem

BATCH = 2_000
HAS_REVIEW = "This run has its review already: add to that queue."
PLACES = 1 << 62  # positions of a shuffled queue
# What may follow what: a closed queue can be opened again, an archived one looked at alone.
FOLLOWS: dict[str, tuple[str, ...]] = {
    Queue.Status.DRAFT: (Queue.Status.ACTIVE, Queue.Status.ARCHIVED),
    Queue.Status.ACTIVE: (Queue.Status.PAUSED, Queue.Status.CLOSED),
    Queue.Status.PAUSED: (Queue.Status.ACTIVE, Queue.Status.CLOSED),
    Queue.Status.CLOSED: (Queue.Status.ACTIVE, Queue.Status.ARCHIVED),
    Queue.Status.ARCHIVED: (Queue.Status.CLOSED,),
}


@dataclass(frozen=True, slots=True)
class Added:
    """What adding did: `left_out` were not drawn by the sampling plan."""

    added: int = 0
    already: int = 0
    left_out: int = 0

    def __add__(self, other: Added) -> Added:
        return Added(
            self.added + other.added,
            self.already + other.already,
            self.left_out + other.left_out,
        )


def create_queue(
    *, name: str, target: str, rubric: Rubric, by: Actor, run: Run | None = None, **said: Any
) -> Queue:
    """An empty draft of the actor's. A run has one queue at most: its run review."""
    if not by.may(Verb.MANAGE_QUEUES):
        raise PermissionDenied("Your role may not make queues.")
    if run is not None and not Run.objects.editable_by(by).filter(pk=run.pk).exists():
        raise PermissionDenied("Only who may change a run may have it reviewed.")
    if run is not None and Queue.all_rows.filter(run=run).exists():
        raise Conflict(HAS_REVIEW)
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
    check_floors(queue)
    queue.full_clean(
        exclude=["team", "owner", "run", "dataset", "rubric_version"], validate_unique=False
    )
    try:
        with transaction.atomic():
            queue.save(force_insert=True)
            record(by, "queue.create", queue, changes={"name": [None, queue.name]})
    except IntegrityError as taken:  # somebody made it between the question and the answer
        raise Conflict(HAS_REVIEW) from taken
    return queue


def change_queue(queue: Queue, *, by: Actor, **said: Any) -> None:
    """Save other settings; ValidationError at those that may not change any more (`fixed_in`)."""
    assert said.keys() <= set(SAID)
    with transaction.atomic():
        row = locked(queue, by)
        changes = {n: [getattr(row, n), v] for n, v in said.items() if getattr(row, n) != v}
        if refused := {name: why for name, why in fixed_in(row, by).items() if name in changes}:
            raise ValidationError({name: FIXED_ERROR.format(why) for name, why in refused.items()})
        for name, (_, value) in changes.items():
            setattr(row, name, value)
        if "floors" in changes:
            check_floors(row)
        row.clean_fields(exclude=["team", "owner", "run", "dataset", "rubric_version"])
        if changes:
            row.updated_at = timezone.now()
            row.save(update_fields=[*changes, "updated_at"])
            record(by, "queue.change", row, changes=_as_text(changes))
        if "reviews_per_item" in changes:  # nobody was given any: it is a draft
            QueueItem.all_rows.filter(queue=row).update(open_slots=row.reviews_per_item)
    for name, value in said.items():
        setattr(queue, name, value)


def _as_text(changes: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The changes as the log keeps them: a version of a rubric by its name."""
    if "rubric_version" not in changes:
        return changes
    return changes | {"rubric_version": [str(each) for each in changes["rubric_version"]]}


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
        tell_status(row, before)
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


def ask_too(queue: Queue, people: Iterable[Any], *, by: Actor) -> None:
    """Ask these members beside those who are asked already."""
    with transaction.atomic():
        row = locked(queue, by)
        asked = QueueReviewer.all_rows.filter(queue=row, is_assigned=True)
        there = [place.reviewer for place in asked.select_related("reviewer")]
        assign(queue, {person.pk: person for person in (*there, *people)}.values(), by=by)


def locked(queue: Queue, by: Actor) -> Queue:
    """The queue's row as it is now, locked; DoesNotExist or 403 for who may not change it.

    Reviewers go on meanwhile: the lock lets rows come that name the queue.
    """
    rows = Queue.objects.visible_to(by).select_for_update(of=("self",), no_key=True)
    row: Queue = rows.get(pk=queue.pk)
    require_editable(row, by)
    return row


# --- adding --------------------------------------------------------------------------------------


def add_sessions(
    queue: Queue,
    sessions: Any,
    *,
    by: Actor,
    plan: Plan | None = None,
    strata: Sequence[str] | None = None,
) -> Added:
    """Add sessions that the actor sees, in the order of the rows given."""
    ids = list(sessions.values_list("pk", flat=True))
    return add_ids(queue, ids, by=by, plan=plan, strata=strata)


def add_run_items(
    queue: Queue, *, by: Actor, plan: Plan | None = None, strata: Sequence[str] | None = None
) -> Added:
    """Add the rows of the queue's run, drawn by stratum, in their order."""
    rows = RunItem.objects.visible_to(by).filter(run=queue.run, status="success")
    ids = list(rows.order_by("order_index").values_list("pk", flat=True))
    return add_ids(queue, ids, by=by, plan=plan, strata=strata)


def add_ids(
    queue: Queue,
    ids: Iterable[UUID],
    *,
    by: Actor,
    plan: Plan | None = None,
    strata: Sequence[str] | None = None,
    dataset_items: Mapping[UUID, int] | None = None,
) -> Added:
    """Add what these ids name of sessions or of the run's rows, as the sampling plan draws it.

    Without a plan the queue's own one draws; another one becomes the queue's. What the actor does
    not see, or the queue cannot hold, is passed over without a word.
    """
    with transaction.atomic():
        row = locked(queue, by)
        if row.status in (Queue.Status.CLOSED, Queue.Status.ARCHIVED):
            raise Conflict(f"This queue is {row.status}: open it before you add to it.")
        if row.is_finalized:
            raise Conflict("The review is finalised: an owner or admin opens it again first.")
        own, own_strata = plan_of(row)
        strata = own_strata if strata is None else strata
        if unknown := set(strata) - PARTS[row.target].keys():
            raise ValidationError({"strata": f"Not known: {', '.join(sorted(unknown))}."})
        adding = _Adding(row, plan or own, by, dataset_items or {})
        waiting = iter(dict.fromkeys(ids))
        while batch := list(islice(waiting, BATCH)):
            adding.take(candidates_of(row, batch, strata, by))
        if plan is not None:
            row.sampling = as_sampling(plan, strata)
        adding.finish()
    queue.n_items, queue.sampling = row.n_items, row.sampling
    return adding.told


class _Adding:
    """One act of adding, under the lock of the queue's row."""

    def __init__(self, row: Queue, plan: Plan, by: Actor, links: Mapping[UUID, int]) -> None:
        self.row, self.plan, self.by, self.links = row, plan, by, links
        self.told = Added()
        highest = QueueItem.all_rows.filter(queue=row).aggregate(n=Max("position"))["n"]
        self.position = -1 if highest is None else highest

    def take(self, candidates: Sequence[Candidate]) -> None:
        """Draw from one batch, and add what was drawn and is not there yet."""
        drawn = list(draw(candidates, self.plan))
        there = self._there(drawn)
        fresh = [each for each in drawn if each.key not in there]
        QueueItem.all_rows.bulk_create([self._item(each) for each in fresh])
        self._raise_chances([each for each in drawn if each.key in there])
        left_out = len(candidates) - len(drawn)
        self.told += Added(len(fresh), len(drawn) - len(fresh), left_out)

    def finish(self) -> None:
        """Keep the count, and record what was added."""
        row, n = self.row, self.told.added
        row.n_items += n
        row.updated_at = timezone.now()
        row.save(update_fields=["n_items", "updated_at", "sampling"])
        if n:
            record(self.by, "queue.add", row, changes={"n_items": [row.n_items - n, row.n_items]})

    def _there(self, drawn: Sequence[Chosen]) -> set[str]:
        keys = [each.key for each in drawn]
        held = QueueItem.all_rows.filter(queue=self.row, **{f"{self.row.target}__in": keys})
        return {str(pk) for pk in held.values_list(f"{self.row.target}_id", flat=True)}

    def _raise_chances(self, drawn_again: Sequence[Chosen]) -> None:
        """What is drawn again with a larger share by the same seed had that chance all along."""
        keys_of: dict[float, list[str]] = {}
        for each in drawn_again:
            keys_of.setdefault(each.probability, []).append(each.key)
        for share, keys in keys_of.items():
            held = QueueItem.all_rows.filter(queue=self.row, inclusion_probability__lt=share)
            held = held.filter(**{f"{self.row.target}__in": keys})
            held.update(inclusion_probability=share)

    def _item(self, chosen: Chosen) -> QueueItem:
        pk = UUID(chosen.key)
        self.position += 1
        position = self.position
        if self.row.order == Queue.Order.SHUFFLED:
            position = int(position_of(self.row.seed, chosen.key, "order") * PLACES)
        return QueueItem(
            queue=self.row,
            position=position,
            stratum=chosen.stratum,
            inclusion_probability=chosen.probability,
            open_slots=self.row.reviews_per_item,
            dataset_item_id=self.links.get(pk),
            **{f"{self.row.target}_id": pk},
        )
