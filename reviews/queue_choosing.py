"""The choice of a queue that there is: to add to, or to take from."""

from __future__ import annotations

from typing import Any

from django import forms

from evalplatform.scoping.actor import Actor
from evalplatform.scoping.fields import ScopedChoiceField
from reviews.models import Queue
from reviews.strata import is_everything, plan_of

TAKING = (Queue.Status.DRAFT, Queue.Status.ACTIVE, Queue.Status.PAUSED)


class QueueChoice(ScopedChoiceField):
    """A queue over sessions that the actor may change and that takes items."""

    def open_to(self, actor: Actor) -> None:
        super().open_to(actor)
        rows = Queue.objects.editable_by(actor).filter(target=Queue.Target.SESSION)
        self.queryset = rows.filter(status__in=TAKING).order_by("-updated_at", "-id")

    def label_from_instance(self, queue: Any) -> str:
        plan, _ = plan_of(queue)
        said = f"{queue.status}, {queue.n_items:,} items"
        return f"{queue.name[:80]} ({said}{'' if is_everything(plan) else ', sampled'})"


class QueueSourceChoice(ScopedChoiceField):
    """A queue over sessions that the actor sees, archived ones left out."""

    def open_to(self, actor: Actor) -> None:
        super().open_to(actor)
        rows = Queue.objects.visible_to(actor).filter(target=Queue.Target.SESSION)
        self.queryset = rows.exclude(status=Queue.Status.ARCHIVED).order_by("-updated_at", "-id")

    def label_from_instance(self, queue: Any) -> str:
        return f"{queue.name[:80]} ({queue.status})"


class QueueChoiceForm(forms.Form):
    """Into which queue."""

    queue = QueueChoice(
        Queue,
        label="Queue",
        empty_label="Choose…",
        help_text="Its sampling plan decides what of this comes in. What is there already stays.",
    )

    def __init__(self, actor: Actor, data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["queue"]
        assert isinstance(field, QueueChoice)
        field.open_to(actor)
        self.is_any = bool(field.queryset is not None and field.queryset.exists())


class QueueSourceForm(forms.Form):
    """Out of which queue."""

    queue = QueueSourceChoice(Queue, label="Queue", empty_label="Choose…")

    def __init__(self, actor: Actor, data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["queue"]
        assert isinstance(field, QueueSourceChoice)
        field.open_to(actor)
        self.is_any = bool(field.queryset is not None and field.queryset.exists())
