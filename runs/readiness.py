"""The readiness gate (formats.md 3.7): do runs, prompts, rows, responses and reviews agree?

All numbers are counts of rows as they are now. `ready | 60 | 3000 | 3000 | 3000 | 3000` are the
status, the runs, the prompts expected of them, their rows, the responses that are not empty, and
the reviews by one reviewer: who is asked about, else who has reviewed most. Reviews come once
something counts them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from runs.models import Run, RunItem

MOST_NAMED = 10


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Somebody who reviewed rows of the runs: how many of each run, complete ones alone."""

    reviewer: UUID
    name: str
    by_run: dict[UUID, int]

    @property
    def n(self) -> int:
        return sum(self.by_run.values())


CountReviews = Callable[[Any], list[Reviewed]]
_count_reviews: list[CountReviews] = []


def reviews_are_counted_by(count: CountReviews) -> None:
    """Have `count(runs)` say who reviewed how many rows of a queryset of runs."""
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
    reviewer: Reviewed | None = None
    reviewers: tuple[Reviewed, ...] = ()

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


def readiness(runs: Any, *, n_wanted: int | None = None, reviewer: UUID | None = None) -> Readiness:
    """Measure a queryset of runs; `n_wanted` is how many there should be, any number if None.

    Reviews are those of `reviewer`, else of who has reviewed most of these runs.
    """
    n_runs, n_prompts = runs.aggregate(
        n=Count("pk"), prompts=Coalesce(Sum("prompt_count"), 0)
    ).values()
    of_runs = Q(run__in=runs.order_by().values("pk"))
    told = RunItem.all_rows.filter(of_runs).aggregate(
        n_items=Count("pk"), n_responses=Count("pk", filter=~Q(response=""))
    )
    people = _count_reviews[0](runs) if _count_reviews else []
    people.sort(key=lambda each: (-each.n, each.name))
    chosen = next((each for each in people if reviewer in (None, each.reviewer)), None)
    n_reviews = (chosen.n if chosen else 0) if _count_reviews else None
    counted = Readiness(n_runs, n_prompts, **told, n_reviews=n_reviews, reasons=())
    by_run = chosen.by_run if chosen and n_reviews is not None else None
    reasons = (*_sums(counted, n_wanted, chosen), *_single_runs(runs, of_runs, by_run))
    return replace(counted, reasons=reasons, reviewer=chosen, reviewers=tuple(people))


def _sums(found: Readiness, n_wanted: int | None, reviewer: Reviewed | None) -> list[str]:
    """What does not agree of the whole."""
    if not found.n_runs:
        return ["There are no runs."]
    told = []
    if n_wanted is not None and found.n_runs != n_wanted:
        told.append(f"{found.n_runs:,} runs of {n_wanted:,} are there.")
    by = f" by {reviewer.name}" if reviewer else ""
    for n, what in (
        (found.n_items, "run items"),
        (found.n_responses, "responses that are not empty"),
        (found.n_reviews, f"reviews{by}"),
    ):
        if n is not None and n != found.n_prompts:
            told.append(f"{n:,} {what} for {found.n_prompts:,} expected prompts.")
    return told


def _single_runs(runs: Any, of_runs: Q, reviews: dict[UUID, int] | None) -> list[str]:
    """The runs whose own rows, responses or reviews are not as many as their prompts: the first."""
    rows = RunItem.all_rows.filter(of_runs).order_by().values("run")
    counts = {
        each["run"]: (each["n"], each["n_responses"])
        for each in rows.annotate(n=Count("pk"), n_responses=Count("pk", filter=~Q(response="")))
    }
    listed = runs.order_by(F("batch_position").asc(nulls_last=True), "created_at", "pk")
    told = []
    for pk, title, status, n_prompts in listed.values_list("pk", "title", "status", "prompt_count"):
        n_items, n_responses = counts.get(pk, (0, 0))
        n_reviews = n_prompts if reviews is None else reviews.get(pk, 0)
        if {n_items, n_responses, n_reviews} == {n_prompts}:
            continue
        reviewed = "" if reviews is None else f", {n_reviews:,} reviews"
        told.append(
            f"“{title}” ({status}): {n_prompts:,} prompts, {n_items:,} items, "
            f"{n_responses:,} responses{reviewed}."
        )
    if len(told) > MOST_NAMED:
        return [*told[:MOST_NAMED], f"{len(told) - MOST_NAMED:,} more runs do not agree."]
    return told


def gated(runs: Any, source: str = Run.Source.CONTROLLED_BATCH) -> Any:
    """The runs that the gate is about when no batch is named: those of a source."""
    return runs.filter(source=source, deleted_at=None)
