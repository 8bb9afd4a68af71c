"""What the API views of queues share: the visible queue, and how it is told."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.http import Http404
from rest_framework.response import Response

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from reviews.api.queue_serializers import QueueDetail, QueueRow, queue_etag
from reviews.given import item_of, slot_of
from reviews.models import Queue, QueueItem, Slot
from reviews.progress import Whole, own_progress, whole_progress
from runs.api.run_telling import seen
from runs.models import Run

if TYPE_CHECKING:
    from evalplatform.scoping.api import ScopedAPIView as View
else:
    View = object

JOINED = ("rubric_version__rubric", "owner")


class OfQueue(View):
    """A view under a queue: 404 unless it is visible."""

    model = Queue

    @cached_property
    def queue(self) -> Queue:
        """The queue of the address."""
        found: Queue | None = (
            self.rows().select_related(*JOINED).filter(pk=self.kwargs["pk"]).first()
        )
        if found is None:
            raise Http404
        found.team = self.actor.team
        return found

    def require_editor(self) -> None:
        """403 for those who may see the queue and not change it."""
        require_editable(self.queue, self.actor)

    def runs_it(self) -> bool:
        """Whether the caller is told all of the queue."""
        return runs(self.queue, self.actor)

    def shown(self, **told: Any) -> Response:
        """The queue as it is now, with its ETag."""
        self.__dict__.pop("queue", None)  # it may have changed since
        queue = self.queue
        headers = {"ETag": queue_etag(queue)} | told.pop("headers", {})
        return Response(detail_of(queue, self.actor), headers=headers, **told)


class OfGiven(OfQueue):
    """A view of one item that was given to the caller, and that they have not declined; or 404."""

    @cached_property
    def slot(self) -> Slot:
        """The caller's place on the item of the address."""
        return slot_of(self.queue, self.kwargs["key"], self.actor)

    @cached_property
    def item(self) -> QueueItem:
        """The item, and the evidence under it."""
        return item_of(self.slot, self.queue, self.actor)


def runs(queue: Queue, actor: Actor) -> bool:
    """Whether the actor owns the queue or sees all."""
    return actor.may(Verb.SEE_ALL) or queue.owner_id == actor.user.pk


def rows_of(queues: Iterable[Queue], actor: Actor) -> list[dict[str, Any]]:
    """Queues as a list tells them; three more queries at the most."""
    queues = list(queues)
    around = seen(Run, actor, (queue.run_id for queue in queues))
    mine = own_progress(queues, actor)
    return [dict(QueueRow(_told(queue, around, mine)).data) for queue in queues]


def detail_of(queue: Queue, actor: Actor) -> dict[str, Any]:
    """All of one queue that the actor may know."""
    around = seen(Run, actor, (queue.run_id,))
    told = _told(queue, around, own_progress([queue], actor))
    is_told_all = runs(queue, actor)
    told["setup"] = queue if is_told_all else None
    told["whole"] = _whole(whole_progress(queue, actor)) if is_told_all else None
    return dict(QueueDetail(told).data)


def _told(queue: Queue, around: dict[Any, Any], mine: dict[Any, Any]) -> dict[str, Any]:
    run = around.get(queue.run_id)
    names = [str(field.source) for field in QueueRow().fields.values()]
    told = {name: getattr(queue, name) for name in names if name not in ("run", "own")}
    told["run"] = {"id": run.pk, "name": run.title} if run else None
    told["own"] = mine[queue.pk]
    return told


def _whole(whole: Whole) -> dict[str, Any]:
    names = ("n_items", "n_wanted", "n_counted", "n_held")
    parts = {each["label"]: each["value"] for each in whole.parts}
    return {name: getattr(whole, name) for name in names} | {"parts": parts}
