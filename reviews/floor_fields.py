"""The part of a queue's form that says which agreement must be reached before it is finalised."""

from __future__ import annotations

from typing import Any

from django import forms

from reviews.models import Queue
from reviews.sample_preview import percent_of

FLOORS = {"floor_reviewers": "reviewers", "floor_auto": "auto"}


class FloorFields(forms.Form):
    """Floors of the two headline rates; those of single questions stay as they are."""

    floor_reviewers = forms.FloatField(
        label="Reviewers agree on at least (%)",
        required=False,
        min_value=0,
        max_value=100,
        help_text="Empty: the review can be finalised whatever they agree on.",
    )
    floor_auto = forms.FloatField(
        label="The automatic verdict agrees with them on at least (%)",
        required=False,
        min_value=0,
        max_value=100,
        help_text="Empty: whatever it says. Floors of single questions are set through the API.",
    )

    def floors(self, queue: Queue | None) -> dict[str, float]:
        """The floors that the queue keeps."""
        kept = dict(queue.floors) if queue else {}
        for field, name in FLOORS.items():
            if field in self.fields:
                percent = self.cleaned_data.get(field)
                kept.pop(name, None)
                if percent is not None:
                    kept[name] = percent / 100
        return kept


def floors_said(queue: Queue) -> dict[str, Any]:
    """The stored floors as the form says them."""
    held = queue.floors
    return {field: percent_of(held[name]) for field, name in FLOORS.items() if name in held}
