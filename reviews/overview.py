"""Counts over sessions and labels: the cards of the Evals view, and what home shows."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, Sum

from datasets.listing import listed, rows_of
from datasets.models import Session
from evalplatform.scoping.actor import Actor

NEWEST = 6
STATUSES = ("golden", "correct", "incorrect", "needs_review")


def counts_of(rows: Any) -> dict[str, int]:
    """Return the number of sessions, test cases (pairs) and of each status, in one query."""
    each = {f"n_{status}": Count("pk", filter=Q(label__status=status)) for status in STATUSES}
    found = rows.order_by().aggregate(n_sessions=Count("pk"), n_pairs=Sum("n_pairs"), **each)
    counts = {name: value or 0 for name, value in found.items()}
    counts["n_unset"] = counts["n_sessions"] - sum(counts[f"n_{s}"] for s in STATUSES)
    return counts


def overview_of(actor: Actor) -> dict[str, Any]:
    """Return what home shows: counts, the newest sessions, what waits for review."""
    visible = Session.objects.visible_to(actor)
    ready = visible.eval_ready()
    newest = listed(visible).newest_first()[:NEWEST]
    waiting = listed(ready.with_statuses(["needs_review"])).newest_first()[:NEWEST]
    return {
        "n_sessions": visible.count(),
        "counts": counts_of(ready),
        "newest": rows_of(newest, actor.team.slug),
        "needs_review": rows_of(waiting, actor.team.slug),
    }
