"""What an actor was given of a queue: their own place on an item, and the item under it.

Whoever asks for an item that was not given to them, or that they gave away for good, gets 404.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404

from evalplatform.scoping.actor import Actor
from reviews.models import Queue, QueueItem, Slot

JOINED = {
    Queue.Target.SESSION: ("session__source",),
    Queue.Target.RUN_ITEM: ("run_item__item", "run_item__run"),
}


def slot_of(queue: Queue, key: Any, actor: Actor) -> Slot:
    """The actor's place on an item of a queue that they see, unless they declined it; or 404."""
    rows = Slot.objects.visible_to(actor).filter(queue=queue, queue_item__key=key)
    mine = rows.filter(reviewer=actor.user).exclude(state=Slot.State.DECLINED)
    found: Slot | None = mine.select_related("queue_item").order_by().first()
    if found is None:
        raise Http404
    found.queue_item.queue = queue
    return found


def item_of(slot: Slot, queue: Queue, actor: Actor) -> QueueItem:
    """The item of a place, with all that is shown of it; or 404."""
    joined = JOINED[Queue.Target(queue.target)]
    rows = QueueItem.objects.visible_to(actor).select_related(*joined).order_by()
    found: QueueItem | None = rows.filter(pk=slot.queue_item_id, queue=queue).first()
    if found is None:
        raise Http404
    found.queue = queue
    return found
