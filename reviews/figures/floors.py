"""Floors: the least that chosen figures must be before a queue's review may be finalised.

`Queue.floors` is {figure: share}: `reviewers` and `auto` are the two headline rates, `alpha:KEY`
and `agreement:KEY` those of a metric (`alpha:criterion:verdict`). A figure without a value is under
any floor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError

from reviews.agreement.quantity import NO_DATA, Quantity, null
from reviews.figures.metrics import label_of
from reviews.figures.shapes import Filter, FloorFigures, MetricFigures, Rate
from reviews.models import Queue
from reviews.rubrics.shape import Shape

HEADLINES = {
    "reviewers": "Reviewers among themselves",
    "auto": "Automatic verdict against reviewers",
}
OF_A_METRIC = {"alpha": "Alpha of {}", "agreement": "Agreement on {}"}
MOST_FLOORS = 50
LOWEST = -1.0


def floors_of(
    queue: Queue, reviewers: Rate, auto: Rate, metrics: Sequence[MetricFigures]
) -> list[FloorFigures]:
    """Each chosen floor with its figure as it is now."""
    found = []
    known = figures_by_name(reviewers, auto, metrics)
    shape = queue.rubric_version.read()
    for name, least in sorted(queue.floors.items()):
        quantity, where = known.get(name, (null(NO_DATA), {}))
        is_met = quantity.value is not None and quantity.value >= least
        label = label_of_floor(name, shape) or name
        found.append(FloorFigures(name, label, least, quantity, is_met, where))
    return found


def figures_by_name(
    reviewers: Rate, auto: Rate, metrics: Sequence[MetricFigures]
) -> dict[str, tuple[Quantity, Filter]]:
    """What a floor can be set on; the items that differ are what each leads to."""
    found: dict[str, tuple[Quantity, Filter]] = {
        "reviewers": (reviewers.quantity, {"cells": "disputed"}),
        "auto": (auto.quantity, {"cells": "auto_differs"}),
    }
    for each in metrics:
        where = {"cells": "disputed", "metric": each.key}
        found[f"alpha:{each.key}"] = each.alpha, where
        found[f"agreement:{each.key}"] = each.agreement.quantity, where
    return found


def label_of_floor(name: str, shape: Shape) -> str:
    """What people call a floor; "" where there is none of this name."""
    if name in HEADLINES:
        return HEADLINES[name]
    kind, _, metric = name.partition(":")
    label = label_of(metric, shape) if kind in OF_A_METRIC else ""
    return OF_A_METRIC[kind].format(label) if label else ""


def read_floors(given: Any, shape: Shape) -> tuple[dict[str, float], dict[str, str]]:
    """The floors that are given, and what is wrong by name ("" for the whole)."""
    if not isinstance(given, Mapping) or len(given) > MOST_FLOORS:
        return {}, {"": f"Floors are an object: figure -> share; at most {MOST_FLOORS}."}
    floors, faults = {}, {}
    for name, least in given.items():
        if not label_of_floor(str(name), shape):
            faults[str(name)[:100]] = (
                "There is no such figure. Use reviewers, auto, alpha:METRIC or agreement:METRIC."
            )
        elif isinstance(least, bool) or not isinstance(least, int | float):
            faults[str(name)] = "Give a number."
        elif not (LOWEST if str(name).startswith("alpha:") else 0.0) <= least <= 1.0:
            faults[str(name)] = "Give a share from 0 to 1; alpha from -1 to 1."
        else:
            floors[str(name)] = float(least)
    return floors, faults


def check_floors(queue: Queue) -> None:
    """Take the floors as they are written; ValidationError where they are no figures or shares."""
    queue.floors, faults = read_floors(queue.floors, queue.rubric_version.read())
    if faults:
        said = [f"{name}: {text}" if name else text for name, text in faults.items()]
        raise ValidationError({"floors": said})
