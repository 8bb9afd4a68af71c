"""A queue in plain Python: what the product must do with slots, drafts and reviews, and no more.

The state machine compares the database with it after each step. Times are numbers that only rise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import count
from typing import Any


@dataclass
class Place:
    """One person's slot and review on one item."""

    state: str
    since: int  # orders leases, and skips
    is_over: bool = False  # the lease has run out and nobody has noticed
    is_counted: bool = False
    draft: dict[str, Any] | None = None
    number: int = 0
    revisions: list[dict[str, Any]] = field(default_factory=list)
    exposed: list[bool] = field(default_factory=list)


@dataclass
class Item:
    """One item of the queue, by whom it is held and reviewed."""

    position: int
    places: dict[str, Place] = field(default_factory=dict)
    is_revealed: bool = False

    def n(self, *states: str) -> int:
        return sum(place.state in states for place in self.places.values())

    @property
    def n_counted(self) -> int:
        return sum(place.is_counted for place in self.places.values())


class ModelQueue:
    """What is expected: the same acts as claiming.py and saving.py, one at a time."""

    def __init__(self, wanted: int) -> None:
        self.wanted = wanted
        self.status = "active"
        self.items: list[Item] = []
        self.cursors: dict[str, int] = {}
        self.clock = count()

    def open_slots(self, item: Item) -> int:
        return self.wanted - item.n("leased") - item.n_counted

    # --- taking and giving back ------------------------------------------------------------------

    def claim(self, who: str) -> int | None:
        """The position that this person must be given."""
        mine = [(item, item.places[who]) for item in self.items if who in item.places]
        live = [(place.since, item) for item, place in mine if is_live(place)]
        if live:
            return min(live, key=lambda each: each[0])[1].position
        if self.status != "active":
            return None
        for beginning in (self.cursors.get(who, -1), -1):
            for item in self.items:
                place = item.places.get(who)
                is_free = place is None or place.state == "released"
                if item.position > beginning and is_free and self.open_slots(item) > 0:
                    self.cursors[who] = item.position
                    self._lease(item, who)
                    return item.position
        skipped = [
            (place.since, item)
            for item, place in mine
            if place.state == "skipped" and self.open_slots(item) > 0
        ]
        if not skipped:
            return None
        item = min(skipped, key=lambda each: each[0])[1]
        self._lease(item, who)
        return item.position

    def take_again(self, item: Item, who: str) -> bool:
        """Open a given item again; False when it is not to be had."""
        place = item.places[who]
        if place.state in ("submitted", "declined"):
            return False
        if place.state != "leased" and not self.open_slots(item):
            return False
        self._lease(item, who)
        return True

    def _lease(self, item: Item, who: str) -> None:
        place = item.places.setdefault(who, Place("leased", 0))
        place.state, place.since, place.is_over = "leased", next(self.clock), False

    def end(self, item: Item, who: str, state: str) -> None:
        place = item.places[who]
        place.state, place.since = state, next(self.clock)

    def sweep(self) -> None:
        for item in self.items:
            for place in item.places.values():
                if place.state == "leased" and place.is_over:
                    place.state = "released"

    # --- saying ----------------------------------------------------------------------------------

    def save(self, item: Item, who: str, answer: dict[str, Any]) -> None:
        place = item.places[who]
        if place.state != "submitted":
            had_place = place.state == "leased"
            place.is_counted = had_place or self.open_slots(item) > 0
            place.state = "submitted"
        others = [each for name, each in item.places.items() if name != who and each.revisions]
        place.exposed.append(item.is_revealed and bool(others))
        place.revisions.append(answer)
        place.draft, place.number = None, place.number + 1
        item.is_revealed = item.is_revealed or item.n_counted >= self.wanted

    def state_of(self, item: Item) -> str:
        """Where routing puts an item of a pass/fail rubric."""
        said = [p.revisions[-1] for p in item.places.values() if p.is_counted]
        if not said:
            return "unreviewed"
        is_full = len(said) >= self.wanted
        if is_full and len({meant(answer) for answer in said}) > 1:
            return "needs_adjudication"
        if any(answer["flagged"] for answer in said):
            return "needs_review"
        return "reviewed" if is_full else "in_review"


def is_live(place: Place) -> bool:
    return place.state == "leased" and not place.is_over


def meant(answer: dict[str, Any]) -> str:
    return "flagged" if answer["flagged"] else str(answer["value"])
