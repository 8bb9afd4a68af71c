"""The readiness gate (formats.md 3.7): do runs, prompts, rows, responses and reviews agree?

All numbers are counts of rows as they are now. `ready | 60 | 3000 | 3000 | 3000` are the status,
the runs, the prompts expected of them, their rows and the responses that are not empty; the reviews
come last once something counts them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from runs.models import Run, RunItem

CountReviews = Callable[[Any], int]
MOST_NAMED = 10
_count_reviews: list[CountReviews] = []


def reviews_are_counted_by(count: CountReviews) -> None:
    """Have `count(runs)` say how many rows of a queryset of runs are reviewed."""
    _count_reviews[:] = [count]


@dataclass(frozen=True)
class Readiness:
    """The counts, and the sentences that say what does not agree; without any it is ready."""

    n_runs: int
    n_prompts: int
    n_items: int
    n_responses: int
    n_reviews: int | None
    reasons: tuple[str, ...]

    @property
    def is_ready(self) -> bool:
        return not self.reasons

    @property
    def status(self) -> str:
        return "ready" if self.is_ready else "not ready"

    @property
    def line(self) -> str:
        """The numbers as the contract writes them."""
        counts = (self.n_runs, self.n_prompts, self.n_items, self.n_responses, self.n_reviews)
        return " | ".join([self.status, *(str(each) for each in counts if each is not None)])


def readiness(runs: Any, *, n_wanted: int | None = None) -> Readiness:
    """Measure a queryset of runs; `n_wanted` is how many there should be, any number if None."""
    n_runs, n_prompts = runs.aggregate(
        n=Count("pk"), prompts=Coalesce(Sum("prompt_count"), 0)
    ).values()
    of_runs = Q(run__in=runs.order_by().values("pk"))
    told = RunItem.all_rows.filter(of_runs).aggregate(
        n_items=Count("pk"), n_responses=Count("pk", filter=~Q(response=""))
    )
    n_reviews = _count_reviews[0](runs) if _count_reviews else None
    counted = Readiness(n_runs, n_prompts, **told, n_reviews=n_reviews, reasons=())
    reasons = (*_sums(counted, n_wanted), *_single_runs(runs, of_runs))
    return Readiness(n_runs, n_prompts, **told, n_reviews=n_reviews, reasons=reasons)


def _sums(found: Readiness, n_wanted: int | None) -> list[str]:
    """What does not agree of the whole."""
    if not found.n_runs:
        return ["There are no runs."]
    told = []
    if n_wanted is not None and found.n_runs != n_wanted:
        told.append(f"{found.n_runs:,} runs of {n_wanted:,} are there.")
    for n, what in (
        (found.n_items, "run items"),
        (found.n_responses, "responses that are not empty"),
        (found.n_reviews, "reviews"),
    ):
        if n is not None and n != found.n_prompts:
            told.append(f"{n:,} {what} for {found.n_prompts:,} expected prompts.")
    return told


def _single_runs(runs: Any, of_runs: Q) -> list[str]:
    """The runs whose own rows or responses are not as many as their prompts, the first ones."""
    rows = RunItem.all_rows.filter(of_runs).order_by().values("run")
    counts = {
        each["run"]: (each["n"], each["n_responses"])
        for each in rows.annotate(n=Count("pk"), n_responses=Count("pk", filter=~Q(response="")))
    }
    listed = runs.order_by(F("batch_position").asc(nulls_last=True), "created_at", "pk")
    told = []
    for pk, title, status, n_prompts in listed.values_list("pk", "title", "status", "prompt_count"):
        n_items, n_responses = counts.get(pk, (0, 0))
        if (n_items, n_responses) != (n_prompts, n_prompts):
            told.append(
                f"“{title}” ({status}): {n_prompts:,} prompts, {n_items:,} items, "
                f"{n_responses:,} responses."
            )
    if len(told) > MOST_NAMED:
        return [*told[:MOST_NAMED], f"{len(told) - MOST_NAMED:,} more runs do not agree."]
    return told


def gated(runs: Any, source: str = Run.Source.CONTROLLED_BATCH) -> Any:
    """The runs that the gate is about when no batch is named: those of a source."""
    return runs.filter(source=source, deleted_at=None)
