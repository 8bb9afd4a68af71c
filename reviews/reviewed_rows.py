"""What runs are told of their reviews: who reviewed how many rows, and how far each review is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count

from evalplatform.row_urls import row_urls
from evalplatform.scoping.actor import Actor
from reviews.lifecycle import reachable, statuses_of
from reviews.models import Queue, Review
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


def reviews_of(runs: Sequence[UUID], actor: Actor) -> dict[UUID, dict[str, str]]:
    """Where the reviews of these runs are in their lives, those that the actor may know of, each
    with the address where they see it: the queue, or its seal for who has the run alone."""
    queues = list(reachable(actor).filter(run__in=runs).order_by())
    if not queues:
        return {}
    seen = set(Queue.objects.visible_to(actor).filter(run__in=runs).values_list("pk", flat=True))
    states, slug = statuses_of(queues), actor.team.slug
    seen_at, sealed_at = row_urls("queue", slug), row_urls("queue-finalise", slug)
    return {
        queue.run_id: {
            "state": states[queue.pk],
            "url": (seen_at if queue.pk in seen else sealed_at)(queue.pk),
        }
        for queue in queues
        if queue.run_id
    }
