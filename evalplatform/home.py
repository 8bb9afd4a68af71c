"""What a team's first page shows: each app gives its part, so that home knows none of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

from evalplatform.scoping.actor import Actor


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for this person: what, more about it, and where it is done.

    `urgency` puts what cannot wait first: 0 stops people, 1 is due, 2 is good to know.
    """

    title: str
    url: str
    detail: str = ""
    icon: str = "info"
    tone: str = ""
    urgency: int = 2


Part = Callable[[Actor], dict[str, Any]]
Asking = Callable[[Actor], Iterable[Need]]
MOST_NEEDS = 12
_parts: list[Part] = []
_asking: list[Asking] = []


def show(part: Part) -> Part:
    """Add a part: called with the actor, it gives what home.html may show. Once each."""
    if part not in _parts:
        _parts.append(part)
    return part


def ask(part: Asking) -> Asking:
    """Add what gives needs: called with the actor, it gives what waits for them. Once each."""
    if part not in _asking:
        _asking.append(part)
    return part


def needs_of(actor: Actor) -> list[Need]:
    """What waits for this person, the most urgent first."""
    found = chain.from_iterable(part(actor) for part in _asking)
    return sorted(found, key=lambda need: need.urgency)


def context_of(actor: Actor) -> dict[str, Any]:
    """Return the context of home: all parts together; no two give the same name."""
    needs = needs_of(actor)
    context: dict[str, Any] = {"needs": needs[:MOST_NEEDS], "n_needs": len(needs)}
    for part in _parts:
        given = part(actor)
        if twice := context.keys() & given.keys():
            raise ValueError(f"Two parts of home give {', '.join(sorted(twice))}.")
        context |= given
    return context
