"""What the runs of a batch come to together, counted from their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from evalplatform.scoping.actor import Actor
from runs.models import Run, RunItem


@dataclass(frozen=True)
class Sums:
    """Counts over all runs of a batch; tokens are those that the endpoints reported."""

    n_runs: int
    n_ended: int
    n_rows: int
    n_done: int
    n_success: int
    n_error: int
    n_nonempty: int
    n_judged: int
    n_passed: int
    tokens: int

    @property
    def is_open(self) -> bool:
        return self.n_ended < self.n_runs


def sums_of(runs: Any, actor: Actor) -> Sums:
    """Count the rows of these runs, two statements."""
    of_runs = runs.order_by().aggregate(
        n=Count("pk"), ended=Count("pk", filter=~Q(status__in=Run.OPEN))
    )
    status = RunItem.Status
    rows = RunItem.objects.visible_to(actor).filter(run__in=runs.order_by().values("pk"))
    told = rows.order_by().aggregate(
        n=Count("pk"),
        success=Count("pk", filter=Q(status=status.SUCCESS)),
        error=Count("pk", filter=Q(status=status.ERROR)),
        nonempty=Count("pk", filter=~Q(response="")),
        judged=Count("pk", filter=Q(is_passed__isnull=False)),
        passed=Count("pk", filter=Q(is_passed=True)),
        in_tokens=Sum("in_tokens"),
        out_tokens=Sum("out_tokens"),
    )
    return Sums(
        n_runs=of_runs["n"],
        n_ended=of_runs["ended"],
        n_rows=told["n"],
        n_done=told["success"] + told["error"],
        n_success=told["success"],
        n_error=told["error"],
        n_nonempty=told["nonempty"],
        n_judged=told["judged"],
        n_passed=told["passed"],
        tokens=(told["in_tokens"] or 0) + (told["out_tokens"] or 0),
    )
