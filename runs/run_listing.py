"""Runs as lists show them: read narrowly, one plain row each, with the rates of all checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count

from evalplatform.row_urls import row_urls
from evalplatform.scoping.actor import Actor
from runs.models import Run, RunBatch, RunItem

PAGE = 50
PAGE_KEYS = ("created_at", "id")
COLUMNS = (
    *("id", "title", "kind", "source", "status", "is_shared", "n_items", "created_at"),
    *("dataset_id", "version", "batch_id", "batch_position", "category", "template_key"),
    *("owner__name", "owner__email", "metrics__items", "metrics__checks"),
)
ReviewsOf = Callable[[Sequence[UUID], Actor], Mapping[UUID, Mapping[str, str]]]
_reviews_of: list[ReviewsOf] = []


def reviews_are_told_by(reviews_of: ReviewsOf) -> None:
    """Have `reviews_of(ids, actor)` say of each run that is reviewed its `state` and `url`."""
    _reviews_of[:] = [reviews_of]


def listed(rows: Any) -> Any:
    """Return the rows with the columns that lists show, and no other: plans are large."""
    return rows.values(*COLUMNS)


def rows_of(
    found: Iterable[Mapping[str, Any]], actor: Actor, datasets: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return what the list shows of rows that `listed` read; six more queries at the most."""
    found = list(found)
    url = row_urls("run", actor.team.slug)
    left = n_pending([row["id"] for row in found if row["status"] in Run.OPEN], actor)
    batches = batches_of({row["batch_id"] for row in found} - {None}, actor)
    reviews = _reviews_of[0]([row["id"] for row in found], actor) if _reviews_of else {}
    return [
        _row(row, url(row["id"]), left, batches, datasets) | {"review": reviews.get(row["id"])}
        for row in found
    ]


def _row(
    row: Mapping[str, Any],
    url: str,
    left: Mapping[Any, int],
    batches: Mapping[Any, RunBatch],
    datasets: Mapping[str, str],
) -> dict[str, Any]:
    items = row["metrics__items"] or {}
    checks = row["metrics__checks"] or {}
    return {
        **row,
        "url": url,
        "kind_label": Run.Kind(row["kind"]).label,
        "source_label": Run.Source(row["source"]).label,
        "is_open": row["status"] in Run.OPEN,
        "n_done": row["n_items"] - left.get(row["id"], 0),
        "owner": row["owner__name"] or row["owner__email"],
        "dataset": datasets.get(str(row["dataset_id"]), ""),
        "batch": batches.get(row["batch_id"]),
        "rate": rate(items) or rate(checks),
        "rate_of": "items" if rate(items) else "checks",
    }


def rate(counts: Mapping[str, Any]) -> dict[str, Any] | None:
    """Passed of so many, with the width of its bar; None when nothing was to pass."""
    n, passed = counts.get("n") or 0, counts.get("passed") or 0
    return {"n": n, "passed": passed, "width": f"{100 * passed / n:.2f}%"} if n else None


def n_pending(ids: list[Any], actor: Actor) -> dict[Any, int]:
    """How many rows of each of these runs wait; runs without any are left out."""
    if not ids:
        return {}
    rows = RunItem.objects.visible_to(actor).filter(run__in=ids, status=RunItem.Status.PENDING)
    return dict(rows.order_by().values_list("run").annotate(n=Count("pk")))


def batches_of(ids: set[Any], actor: Actor) -> dict[Any, RunBatch]:
    """Those of the batches that the actor may see."""
    return RunBatch.objects.visible_to(actor).in_bulk(ids) if ids else {}
