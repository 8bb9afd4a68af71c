"""How saved behavioral labels of a run are spread, for those who see analysis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Avg, Count, Q

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from reviews.behaviour import LABELS, VALUES
from reviews.models import BehavioralLabel
from runs.models import Run, RunItem


@dataclass(frozen=True, slots=True)
class FieldSpread:
    """One field: how many of `n` labels say each value; labels that leave it open do not count."""

    name: str
    label: str
    n: int
    counts: tuple[tuple[Any, int], ...]
    mean: float | None = None


@dataclass(frozen=True, slots=True)
class Distributions:
    """`n_labels` saved labels of `n_items` of the run's `n_run_items` rows, by `n_reviewers`."""

    n_labels: int
    n_items: int
    n_run_items: int
    n_reviewers: int
    fields: tuple[FieldSpread, ...]


@dataclass(frozen=True, slots=True)
class Labeller:
    """Somebody who has saved `n` labels in a run."""

    pk: UUID
    name: str
    n: int


def distributions(run: Run, by: Actor, reviewer: UUID | None = None) -> Distributions:
    """How saved labels are spread, of all reviewers or of one; 403 for who sees no analysis."""
    rows = saved_labels(run, by)
    if reviewer is not None:
        rows = rows.filter(reviewer=reviewer)
    counted = {
        f"{name}_{n}": Count("pk", filter=Q(**{name: value}))
        for name, values in VALUES.items()
        for n, value in enumerate(values)
    }
    found = rows.order_by().aggregate(
        n_labels=Count("pk"),
        n_items=Count("run_item", distinct=True),
        n_reviewers=Count("reviewer", distinct=True),
        mean=Avg("humanness"),
        **counted,
    )
    fields = tuple(_spread(name, found) for name in VALUES)
    return Distributions(
        n_labels=found["n_labels"],
        n_items=found["n_items"],
        n_run_items=RunItem.objects.visible_to(by).filter(run=run).count(),
        n_reviewers=found["n_reviewers"],
        fields=fields,
    )


def labelled_by(run: Run, by: Actor) -> list[Labeller]:
    """Who has saved labels in the run and how many, most first."""
    rows = saved_labels(run, by).order_by().values("reviewer", "reviewer__name", "reviewer__email")
    found = (
        Labeller(row["reviewer"], row["reviewer__name"] or row["reviewer__email"], row["n"])
        for row in rows.annotate(n=Count("pk"))
    )
    return sorted(found, key=lambda each: (-each.n, each.name))


def saved_labels(run: Run, by: Actor) -> Any:
    """The run's saved labels, for who sees analysis and the run."""
    if not by.may(Verb.SEE_ANALYSIS):
        raise PermissionDenied("Your role does not see how labels are spread.")
    rows = BehavioralLabel.objects.visible_to(by).filter(run__in=Run.objects.visible_to(by))
    return rows.filter(run=run, status=BehavioralLabel.Status.SAVED)


def _spread(name: str, found: dict[str, Any]) -> FieldSpread:
    counts = tuple((value, found[f"{name}_{n}"]) for n, value in enumerate(VALUES[name]))
    n = sum(each for _, each in counts)
    mean = found["mean"] if name == "humanness" else None
    return FieldSpread(name, LABELS[name], n, counts, mean)
