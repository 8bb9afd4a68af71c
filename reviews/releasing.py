"""Taking places back from reviewers who do not come back to them."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from reviews.models import QueueItem, Slot


def release(slot: Slot, *, by: Actor) -> None:
    """End a live place for who runs the queue; the item has one open place more, exactly once.

    The reviewer keeps what they typed. ValidationError for a place that nobody holds.
    """
    with transaction.atomic():
        # The slot before the item, as everywhere, so that nobody waits in a circle.
        row: Slot = Slot.objects.visible_to(by).select_for_update(of=("self",)).get(pk=slot.pk)
        require_editable(row, by)
        if row.state != Slot.State.LEASED:
            raise ValidationError("Nobody holds this place now.")
        row.state, row.token, row.changed_at = Slot.State.RELEASED, None, Now()
        row.save(update_fields=["state", "token", "changed_at"])
        items = QueueItem.all_rows.filter(pk=row.queue_item_id)
        items.update(open_slots=F("open_slots") + 1)
        record(by, "slot.release", row, changes={"state": ["leased", "released"]})
