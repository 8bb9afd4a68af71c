"""The numbers of a review as a seal keeps them: what was reviewed, how often, how far it agrees.

Keys are those of the API. Nothing in it depends on who asks: whoever finalises a review, a seal
holds the numbers of all of it.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q

from evalplatform.scoping.actor import Actor
from reviews.models import Adjudication, Queue, QueueItem, Review, ReviewRevision

VERSION = 1


def snapshot_of(queue: Queue, by: Actor) -> dict[str, Any]:
    """What a seal that is made now says of the review."""
    from reviews.figures.whole import figures_of  # numpy: only where figures are asked for

    version = queue.rubric_version
    return {
        "version": VERSION,
        "queue": {
            "id": str(queue.pk),
            "name": queue.name,
            "run": str(queue.run_id) if queue.run_id else None,
            "rubric": {"name": version.rubric.name, "version": version.number},
            "reviewsPerItem": queue.reviews_per_item,
            "blind": queue.is_blind,
            "floors": queue.floors,
        },
        "numbers": numbers_of(queue),
        "agreement": figures_of(queue, by=by, is_whole=True).as_json(),
    }


def numbers_of(queue: Queue) -> dict[str, int]:
    """Counts of the review: items, counted reviews and extras, people, what was settled by whom."""
    items = QueueItem.all_rows.filter(queue=queue)
    saved = Review.all_rows.filter(queue=queue, saved_at__isnull=False).order_by()
    counted = saved.aggregate(
        reviews=Count("pk", filter=Q(is_counted=True)),
        extras=Count("pk", filter=Q(is_counted=False)),
        reviewers=Count("reviewer", distinct=True),
        exposed=Count("pk", filter=Q(pk__in=_exposed(queue))),
    )
    settled = Adjudication.all_rows.filter(queue=queue, is_current=True, reopened_at=None)
    n_items, n_settled = items.count(), settled.count()
    return {
        "items": n_items,
        **counted,
        "adjudicated": n_settled,
        "unanimous": n_items - n_settled,
        "canonCandidates": items.filter(is_canon_candidate=True).count(),
    }


def _exposed(queue: Queue) -> Any:
    """Reviews of which a save came after something was shown."""
    rows = ReviewRevision.all_rows.filter(review__queue=queue, is_exposed=True)
    return rows.values("review")


NAMES = {
    "items": "Items",
    "reviews": "Counted reviews",
    "extras": "Extra reviews, not counted",
    "reviewers": "Reviewers",
    "exposed": "Reviews saved after something was shown",
    "unanimous": "Settled by agreement",
    "adjudicated": "Settled by an adjudicator",
    "canonCandidates": "Candidates for the canon",
}
RATES = {"reviewers": "Reviewers with each other", "auto": "Automatic verdicts with reviewers"}


def told_of(snapshot: dict[str, Any]) -> list[tuple[str, str]]:
    """The numbers of a snapshot in words, as far as this version of the product knows them."""
    held = _within(snapshot, "numbers")
    told = [(name, f"{held[key]:,}") for key, name in NAMES.items() if key in held]
    for key, name in RATES.items():
        rate = _within(snapshot, "agreement", key, "quantity")
        if isinstance(rate.get("value"), int | float):
            told.append((name, _percent(rate)))
    return told


def _percent(rate: dict[str, Any]) -> str:
    """A share with its interval, as it was then."""
    shown, low, high = (rate.get(key) for key in ("value", "ci_low", "ci_high"))
    between = f" ({low:.1%} to {high:.1%})" if low is not None and high is not None else ""
    return f"{shown:.1%}{between}"


def _within(held: Any, *keys: str) -> dict[str, Any]:
    for key in keys:
        held = held.get(key) if isinstance(held, dict) else None
    return held if isinstance(held, dict) else {}
