"""The timeline of an item's reviews, and the item as of a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from evalplatform.scoping.views import ScopedPage
from reviews.desk import label_of
from reviews.models import QueueItem, Slot
from reviews.review_history import Step, state_at, timeline_of
from reviews.settled_history import Event, events_of, final_at, seal_at
from reviews.views.queue_page import OfQueue

WRONG_MOMENT = "Write a moment like 2026-03-02T14:05."


class ReviewHistoryView(OfQueue, ScopedPage):
    """Every save that the actor may read; as of `?at=` a moment, or of `?step=` a save."""

    verb = "review"
    template_name = "reviews/review/history.html"

    @cached_property
    def item(self) -> QueueItem:
        """The item of the address, when the actor sees it."""
        rows = QueueItem.objects.visible_to(self.actor).filter(queue=self.queue)
        found: QueueItem | None = (
            rows.select_related("session", "run_item").filter(key=self.kwargs["key"]).first()
        )
        if found is None:
            raise Http404
        found.queue = self.queue
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        context = self.context()
        request.place = "queues"  # type: ignore[attr-defined]
        status = 422 if context["error"] else 200
        return self.render_to_response(self.get_context_data(**context), status=status)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        steps, events = timeline_of(self.item, self.actor), events_of(self.item, self.actor)
        moment, error = self.moment(steps)
        found = state_at(steps, moment) if moment else []
        final = final_at(events, moment) if moment else None
        return {
            "queue": self.queue,
            "item": self.item,
            "label": label_of(self.item),
            "steps": list(reversed(steps)),
            "events": list(reversed(events)),
            "entries": merged(steps, events),
            "final": final,
            "seal": seal_at(events, moment) if moment else None,
            "moment": moment,
            "asked": self.request.GET.get("at", ""),
            "error": error,
            "state": found,
            "table": table_of(found, final),
            "at_step": self.step(steps),
            "earlier": sum(1 for step in steps if moment and step.at < moment),
            "has_place": self.has_place,
            "queue_url": self.url("queue"),
            "item_url": self.url("review-item", self.item.key),
            "history_url": self.url("review-history", self.item.key),
        }

    @cached_property
    def has_place(self) -> bool:
        """Whether the item can be opened on the review page by the actor."""
        mine = Slot.objects.visible_to(self.actor).filter(reviewer=self.actor.user)
        return bool(mine.filter(queue_item=self.item).exclude(state="declined").exists())

    def step(self, steps: list[Step]) -> Step | None:
        """The save that the address names."""
        asked = self.request.GET.get("step", "")
        return next((step for step in steps if str(step.number) == asked), None)

    def moment(self, steps: list[Step]) -> tuple[datetime | None, str]:
        """The moment that is asked for, else now; and what is wrong with it."""
        if step := self.step(steps):
            return step.at, ""
        asked = self.request.GET.get("at", "").strip()
        if not asked:
            return timezone.now(), ""
        try:
            found = parse_datetime(asked)
        except ValueError:
            found = None
        if found is None:
            return None, WRONG_MOMENT
        # A moment to the minute or second is meant whole: what was saved within it is there.
        precise = found.replace(tzinfo=found.tzinfo or UTC)
        return precise.replace(microsecond=precise.microsecond or 999_999), ""


def merged(steps: list[Step], events: list[Event]) -> list[dict[str, Any]]:
    """Saves and what was settled in one list, the newest first."""
    entries = [{"step": step, "at": step.at} for step in steps]
    entries += [{"event": event, "at": event.at} for event in events]
    return sorted(entries, key=lambda entry: entry["at"], reverse=True)


def table_of(state: list[Step], final: Event | None = None) -> list[dict[str, Any]]:
    """One line for each question, in the order of the form: what each reviewer says, the final."""
    said = [dict(step.answers) for step in state]
    decided = dict(final.answers) if final else {}
    names = list(dict.fromkeys(name for each in (*said, decided) for name in each))
    return [
        {
            "label": name,
            "cells": [each.get(name, "") for each in said],
            "final": decided.get(name, ""),
        }
        for name in names
    ]
