"""The figures of each metric: what is shown depends on its level (agreement.md, section 3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from reviews.agreement import chance, rates, sets
from reviews.agreement.alpha import alpha
from reviews.agreement.apart import (
    Apart,
    apart_by,
    apart_interval,
    apart_nominal,
    apart_ordinal,
    nominal_by_pattern,
    nothing_apart,
    ordinal_by_pattern,
)
from reviews.agreement.cautions import Caution, Thresholds, cautions, shown
from reviews.agreement.icc import icc_of
from reviews.agreement.people import (
    alike,
    alpha_without_each,
    alphas_without_each,
    unit_agreement,
)
from reviews.agreement.quantity import NOT_APPLICABLE, Quantity, null
from reviews.agreement.rates import missing_long
from reviews.agreement.tables import Floats, Histogram, Ratings
from reviews.figures.metrics import CHECK, INTERVAL, NOMINAL, ORDINAL, SETS, Metric
from reviews.figures.rates import among_reviewers, auto_figures, share
from reviews.figures.shapes import MetricFigures, Rate, Warned
from reviews.figures.table import Table

MOST_SETS = 1_000  # beyond, their distances would be millions
LIMITS = Thresholds()


@dataclass(frozen=True)
class Part:
    """One metric of a table with its ratings."""

    table: Table
    metric: Metric
    cells: slice
    rows: slice
    ratings: Ratings

    @property
    def mask(self) -> Any:
        """Its cells among all, (C,)."""
        found = np.zeros(len(self.table.cell_metric), dtype=bool)
        found[self.cells] = True
        return found

    @cached_property
    def apart(self) -> Apart:
        """How far its ratings lie apart."""
        return apart_of(self)(self.ratings)

    @property
    def labels(self) -> list[tuple[str, ...]]:
        """The members of each set that is a value."""
        return [self.table.sets[value] for value in self.metric.values]

    def alpha_without_each(self) -> dict[int, Quantity]:
        """alpha of the metric without each reviewer, by their codes."""
        if self.metric.level not in (NOMINAL, ORDINAL):
            return alpha_without_each(self.ratings, apart_of(self))
        apart = nominal_by_pattern if self.metric.level == NOMINAL else ordinal_by_pattern
        return alphas_without_each(self.ratings, apart)


def parts_of(table: Table) -> list[Part]:
    """Every metric, in the order of the rubric, checks after it."""
    return [Part(table, *each) for each in table.parts]


def apart_of(part: Part) -> Callable[[Ratings], Apart]:
    """How far ratings lie apart at the metric's level."""
    if part.metric.level == NOMINAL:
        return lambda ratings: apart_nominal(ratings.histogram)
    if part.metric.level == ORDINAL:
        return lambda ratings: apart_ordinal(ratings.histogram)
    if part.metric.level == INTERVAL:
        return lambda ratings: _interval(ratings, part.metric)
    if len(part.metric.values) > MOST_SETS:
        return lambda ratings: nothing_apart(NOT_APPLICABLE)
    distances = sets.masi_distances(part.labels)
    return lambda ratings: apart_by(ratings, distances)


def _interval(ratings: Ratings, metric: Metric) -> Apart:
    if why := missing_long(ratings):
        return nothing_apart(why)
    held = ratings.moments
    if metric.low is None or metric.high is None:
        return apart_interval(held)
    return apart_interval(replace(held, low=metric.low, high=metric.high))


def figures_of_part(part: Part) -> MetricFigures:
    """Everything that is said of one metric."""
    metric, ratings = part.metric, part.ratings
    where = {"metric": metric.key}
    compared = ratings.sizes >= 2
    agreement = part.table.agreement[part.cells]
    n_compared = int(compared.sum())
    histogram = _counts(part)
    quantity = alpha(part.apart)
    return MetricFigures(
        key=metric.key,
        label=metric.label,
        kind=metric.kind,
        level=metric.level,
        values=tuple(_names(part)),
        n_ratings=len(ratings.units),
        n_cells=ratings.n_units,
        n_compared=n_compared,
        n_unanimous=int((agreement[compared] >= 1 - 1e-12).sum()),
        agreement=among_reviewers(part.table, part.mask, **where),
        close=_close(part),
        alpha=shown(quantity, n_compared, LIMITS.hide_units),
        ac=shown(_ac(part), n_compared, LIMITS.hide_units),
        by_value=_by_value(part),
        icc=icc_of(ratings)["2,1"] if metric.level == INTERVAL else None,
        auto=auto_figures(part.table, part.mask, **where) if metric.kind == CHECK else None,
        warnings=tuple(warned(_cautions(part, histogram), metric.key)),
        filter=where,
    )


def warned(found: Sequence[Caution], metric: str = "") -> list[Warned]:
    """Cautions of a metric."""
    return [
        Warned(each.code, each.message, each.n, each.share, each.about, metric) for each in found
    ]


def _names(part: Part) -> Sequence[str]:
    """The values as people read them."""
    if part.metric.level != SETS:
        return part.metric.values
    return [", ".join(members) or "none" for members in part.labels]


def _counts(part: Part) -> Histogram:
    """Counts of values, or of ratings alone where values are numbers or sets."""
    if part.metric.level in (NOMINAL, ORDINAL):
        return part.ratings.histogram
    return Histogram.of_cells(part.ratings.sizes[:, None], part.ratings.n_present)


def _cautions(part: Part, histogram: Histogram) -> list[Caution]:
    found = cautions(histogram, list(_names(part)) or [""], LIMITS)
    if part.metric.level in (NOMINAL, ORDINAL):
        return found
    return [each for each in found if each.code in ("few_units", "low_overlap")]


def _close(part: Part) -> Rate | None:
    """Within one step of a rating; how alike two sets are."""
    if part.metric.level == ORDINAL:
        found = part.ratings.patterns
        close = rates.cell_agreement(found.counts, _within_one_step(part.metric))[found.place]
    elif part.metric.level == SETS and len(part.metric.values) <= MOST_SETS:
        close = unit_agreement(part.ratings, alike(sets.jaccard_distances(part.labels)))
    else:
        return None
    scores = np.zeros(len(part.table.cell_metric))
    scores[part.cells] = close
    where = {"cells": "compared", "metric": part.metric.key}
    why = missing_long(part.ratings) or "no_overlap"
    return share(part.table, scores, part.table.compared & part.mask, where, why)


def _within_one_step(metric: Metric) -> Floats:
    """1 for two values that are at most one step apart on the scale, (V, V)."""
    steps = np.arange(len(metric.values))
    return np.asarray(np.abs(steps[:, None] - steps) <= 1, dtype=np.float64)


def _ac(part: Part) -> Quantity:
    """AC1 of names, AC2 with quadratic weights of ratings."""
    if part.metric.level == NOMINAL:
        return chance.gwet_ac(part.ratings.histogram)
    if part.metric.level == ORDINAL:
        return chance.gwet_ac(part.ratings.histogram, quadratic(part.metric))
    return null(NOT_APPLICABLE)


def quadratic(metric: Metric) -> Floats:
    """Weights by the position on the declared scale."""
    return chance.quadratic_weights(len(metric.values))


def _by_value(part: Part) -> Mapping[str, Quantity]:
    """Specific agreement of each value; alpha of each label of sets."""
    if part.metric.level in (NOMINAL, ORDINAL):
        histogram = part.ratings.histogram
        named = enumerate(part.metric.values)
        return {value: rates.specific_agreement(histogram, at) for at, value in named}
    if part.metric.level == SETS and len(part.metric.values) <= MOST_SETS:
        labels = sets.label_ratings(part.ratings, part.labels)
        return {label: alpha(apart_nominal(held.histogram)) for label, held in labels.items()}
    return {}


def worst_first(found: Sequence[MetricFigures]) -> list[MetricFigures]:
    """By alpha, then those without one by their percentage, then those that nothing is known of."""

    def rank(each: MetricFigures) -> tuple[int, float, str]:
        for place, quantity in enumerate((each.alpha, each.agreement.quantity)):
            if quantity.value is not None:
                return place, quantity.value, each.key
        return 2, 0.0, each.key

    return sorted(found, key=rank)
