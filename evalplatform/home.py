"""What a team's first page shows: each app gives its part, so that home knows none of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from evalplatform.scoping.actor import Actor

Part = Callable[[Actor], dict[str, Any]]
_parts: list[Part] = []


def show(part: Part) -> Part:
    """Add a part: called with the actor, it gives what home.html may show. Once each."""
    if part not in _parts:
        _parts.append(part)
    return part


def context_of(actor: Actor) -> dict[str, Any]:
    """Return the context of home: all parts together; no two give the same name."""
    context: dict[str, Any] = {}
    for part in _parts:
        given = part(actor)
        if twice := context.keys() & given.keys():
            raise ValueError(f"Two parts of home give {', '.join(sorted(twice))}.")
        context |= given
    return context
