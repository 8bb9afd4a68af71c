"""The last files a person asked for, as home shows them."""

from __future__ import annotations

from typing import Any

from evalplatform.scoping.actor import Actor
from exports.models import Export

NEWEST = 5


def recent_exports(actor: Actor) -> dict[str, Any]:
    """Return the person's newest exports with their jobs."""
    rows = Export.objects.visible_to(actor).select_related("job", "team")
    return {"recent_exports": list(rows.order_by("-created_at")[:NEWEST])}
