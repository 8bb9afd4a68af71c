"""What the pages of one queue share: the visible queue, and what its actor may do to it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import reverse

from evalplatform.scoping.views import ScopedView
from reviews.given import item_of, slot_of
from reviews.models import Queue, QueueItem, Slot


class OfQueue(ScopedView):
    """A view under /queues/<pk>/: 404 unless the queue is visible."""

    model = Queue
    verb = "review"

    @cached_property
    def queue(self) -> Queue:
        """The queue of the address."""
        rows = self.rows().select_related("rubric_version__rubric", "owner")
        found: Queue | None = rows.filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        found.team = self.actor.team
        return found

    @cached_property
    def may_edit(self) -> bool:
        """Whether the actor may change this queue."""
        return bool(Queue.objects.editable_by(self.actor).filter(pk=self.queue.pk).exists())

    def require_editor(self) -> None:
        """403 for those who may see the queue and not change it."""
        if not self.may_edit:
            raise PermissionDenied("Only its owner and who administers the team may change this.")

    def url(self, name: str, *args: Any) -> str:
        """The address of a page of this queue."""
        return reverse(name, args=[self.actor.team.slug, self.queue.pk, *args])


class OfItem(OfQueue):
    """A view of one item that was given to the actor, and that they have not declined; else 404."""

    @cached_property
    def slot(self) -> Slot:
        """The actor's place on the item of the address."""
        return self.slot_of(self.kwargs["key"])

    @cached_property
    def item(self) -> QueueItem:
        """The item, and the evidence under it."""
        return self.item_of(self.slot)

    def slot_of(self, key: Any) -> Slot:
        """The actor's place on an item of this queue."""
        return slot_of(self.queue, key, self.actor)

    def item_of(self, slot: Slot) -> QueueItem:
        """The item of a place, with all that the page reads of it."""
        return item_of(slot, self.queue, self.actor)
