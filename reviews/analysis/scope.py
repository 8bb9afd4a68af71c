"""What a page of analysis is about: some days, and maybe one category, source or reviewer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

DAYS = 90
MOST_DAYS = 731
MOST_TEXT = 200
NAMES = ("date_from", "date_to", "category", "source", "reviewer")
SESSIONS = "session/"  # before the name of where sessions come from; sources of runs have none


@dataclass(frozen=True, slots=True)
class Scope:
    """The days from `first` to `last`, both counted; None narrows nothing.

    `source` is how a run came about (custom, import ...), or SESSIONS and the name of where
    sessions come from.
    """

    first: date
    last: date
    category: str | None = None
    source: str | None = None
    reviewer: UUID | None = None

    @property
    def n_days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def step(self) -> str:
        """By what the time is cut, so that a picture has at most some thirty points."""
        if self.n_days <= 31:
            return "day"
        return "week" if self.n_days <= 217 else "month"

    @property
    def steps(self) -> list[date]:
        """The first day of every step, those without anything too."""
        found = [_begin(self.first, self.step)]
        while (after := _next(found[-1], self.step)) <= self.last:
            found.append(after)
        return found

    @property
    def start(self) -> datetime:
        return datetime.combine(self.first, time(), UTC)

    @property
    def end(self) -> datetime:
        """The first moment that is not counted."""
        return datetime.combine(self.last + timedelta(days=1), time(), UTC)

    def asked(self) -> dict[str, Any]:
        """The values that statements name."""
        return {
            "start": self.start,
            "end": self.end,
            "step": self.step,
            "category": self.category,
            "source": self.source,
            "reviewer": self.reviewer,
        }


def _begin(day: date, step: str) -> date:
    """The first day of the step that the day is in; weeks begin on Monday, as in PostgreSQL."""
    if step == "month":
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if step == "week" else day


def _next(day: date, step: str) -> date:
    if step == "month":
        return (day + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if step == "week" else 1)


def read_scope(params: Mapping[str, str]) -> tuple[Scope, dict[str, str]]:
    """The scope that an address asks for, and what is wrong with it by name.

    What is wrong narrows nothing; without days these are the last 90.
    """
    faults: dict[str, str] = {}
    last = _day(params, "date_to", faults) or timezone.now().astimezone(UTC).date()
    first = _day(params, "date_from", faults) or last - timedelta(days=DAYS - 1)
    if first > last:
        faults["date_from"] = "The first day is after the last one."
    elif (last - first).days >= MOST_DAYS:
        faults["date_from"] = f"Choose at most {MOST_DAYS} days: two years."
    if first > last or (last - first).days >= MOST_DAYS:
        first = last - timedelta(days=DAYS - 1)
    texts = {name: params.get(name, "").strip()[:MOST_TEXT] or None for name in NAMES[2:4]}
    return Scope(first, last, reviewer=_id(params, faults), **texts), faults


def _day(params: Mapping[str, str], name: str, faults: dict[str, str]) -> date | None:
    text = params.get(name, "").strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2200:
        faults[name] = "Write a day like 2026-03-31."
        return None
    return day


def _id(params: Mapping[str, str], faults: dict[str, str]) -> UUID | None:
    text = params.get("reviewer", "").strip()
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        faults["reviewer"] = "Choose a reviewer from the list."
        return None
