"""Which cases and reviews of a run or queue a file may hold: what its person owns or said.

Who sees all gets all. Who owns the queue gets what they see of it: colleagues' reviews once they
are revealed. Everybody else gets their own reviews alone, on the items that they were given. Nobody
gets a colleague's review of an item on which they have still to say theirs, and in a blind queue
who reviews an item waits until it is revealed, whatever their role.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from reviews.models import Adjudication, BehavioralLabel, Queue, QueueItem, Review, Slot
from runs.models import Run, RunItem


@dataclass(frozen=True, slots=True)
class ReviewScope:
    """What of a run, of its queue, or of both the actor may take away.

    `run` is None where the actor does not see it, or where the queue is over sessions; `queue` is
    None for a run that nobody reviews, or whose queue the actor does not see.
    """

    actor: Actor
    run: Run | None
    queue: Queue | None

    @classmethod
    def of(cls, actor: Actor, *, run: Any = None, queue: Any = None) -> ReviewScope:
        """The scope of a visible run or queue, with the other of the two where it is visible."""
        if queue is None:
            queue = Queue.objects.visible_to(actor).filter(run=run).first()
        elif run is None:
            run = Run.objects.visible_to(actor).filter(pk=queue.run_id).first()
        return cls(actor, run, queue)

    @property
    def run_id(self) -> UUID | None:
        """The run whose rows are the cases, whether or not the actor sees the run itself."""
        row: Any = self.run.pk if self.run else self.queue and self.queue.run_id
        run_id: UUID | None = row
        return run_id

    @property
    def has_all(self) -> bool:
        """Whether the actor runs the queue, and is told how far colleagues are."""
        if self.queue is None:
            return True
        return self.actor.may(Verb.SEE_ALL) or self.queue.owner_id == self.actor.user.pk

    @property
    def is_reviewing(self) -> bool:
        """Whether the actor has a place in the queue."""
        return self.queue is not None and bool(self._mine().exists())

    @property
    def is_own_only(self) -> bool:
        """Whether the file holds the actor's own reviews alone."""
        return not self.has_all

    def cases(self) -> Any:
        """The rows of the run that the file is about."""
        if self.run is not None:
            return RunItem.objects.visible_to(self.actor).filter(run=self.run)
        given = self.items().filter(run_item__isnull=False)
        return RunItem.all_rows.filter(pk__in=given.values("run_item"), run=self.run_id)

    def items(self) -> Any:
        """The queue's items that the actor may know of."""
        rows = QueueItem.objects.visible_to(self.actor).filter(queue=self.queue)
        if self.has_all:
            return rows
        return rows.filter(Exists(self._places().exclude(state=Slot.State.DECLINED)))

    def reviews(self) -> Any:
        """The saved reviews that the file may hold."""
        rows = Review.objects.visible_to(self.actor).filter(saved_at__isnull=False)
        if self.queue is None:
            return rows.none()
        rows = rows.filter(queue=self.queue)
        own = Q(reviewer=self.actor.user)
        if not self.has_all:
            return rows.filter(own)
        if not self.is_reviewing:
            return rows
        return rows.filter(own | self._open_to_me())

    def completed(self) -> Any:
        """Those of the reviews whose author has nothing unsaved: people's, not a machine's."""
        return self.reviews().filter(draft__isnull=True, reviewer_kind="human")

    def adjudications(self) -> Any:
        """What was settled of the items, as far as it tells nobody too early."""
        rows = Adjudication.objects.visible_to(self.actor)
        if self.queue is None:
            return rows.none()
        rows = rows.filter(queue=self.queue)
        return rows.filter(self._open_to_me()) if self.is_reviewing else rows

    def labels(self) -> Any:
        """Behavioral labels of the cases: one's own, and of colleagues those that are saved."""
        rows = BehavioralLabel.objects.visible_to(self.actor).filter(run=self.run_id)
        saved = Q(status=BehavioralLabel.Status.SAVED)
        return rows.filter(saved | Q(reviewer=self.actor.user))

    def _open_to_me(self) -> Q:
        """On items where the actor has not still to review, and in a blind queue sees others'."""
        assert self.queue is not None
        places = self._places("queue_item").exclude(state=Slot.State.DECLINED)
        unsaid = places.exclude(state=Slot.State.SUBMITTED)
        told = ~Q(Exists(unsaid))
        if not self.queue.is_blind:
            return told
        return told & (Q(queue_item__revealed_at__isnull=False) | ~Q(Exists(places)))

    def _mine(self) -> Any:
        rows = Slot.objects.visible_to(self.actor)
        return rows.filter(queue=self.queue, reviewer=self.actor.user)

    def _places(self, item: str = "pk") -> Any:
        return self._mine().filter(queue_item=OuterRef(item))
