"""How many rows of runs each reviewer has reviewed, for the readiness gate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count

from reviews.models import Review
from runs.readiness import Reviewed


def reviewers_of(runs: Any) -> list[Reviewed]:
    """Who reviewed rows of these runs: complete reviews of people, saved and not typed over."""
    reviews = Review.all_rows.filter(
        queue_item__run_item__run__in=runs.order_by().values("pk"),
        saved_at__isnull=False,
        draft__isnull=True,
        reviewer_kind="human",
    )
    counted = reviews.order_by().values(
        "reviewer", "reviewer__name", "reviewer__email", "queue_item__run_item__run"
    )
    found: dict[UUID, Reviewed] = {}
    for row in counted.annotate(n=Count("queue_item__run_item", distinct=True)):
        name = row["reviewer__name"] or row["reviewer__email"]
        person = found.setdefault(row["reviewer"], Reviewed(row["reviewer"], name, {}))
        person.by_run[row["queue_item__run_item__run"]] = row["n"]
    return list(found.values())
