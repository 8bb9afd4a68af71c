"""Disputed units: how far the reviewers of each lie apart, and what that costs alpha."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reviews.agreement.alpha import alpha_costs
from reviews.agreement.apart import Apart
from reviews.agreement.people import unit_agreement
from reviews.agreement.tables import Floats, Ints, Ratings, sums


def unit_disagreement(ratings: Ratings, *, graded: bool = False, span: float = 0.0) -> Floats:
    """The pairwise disagreement of each unit, (U,), 0..1; 0 for units with fewer than two ratings.

    1 - a_u; `graded`, for ordinal and numeric ratings, the mean difference over the range: `span`,
    else that of the declared positions or of the numbers given. Unbiased however many reviewed.
    """
    if not graded:
        return np.asarray(np.where(ratings.sizes >= 2, 1 - unit_agreement(ratings), 0.0))
    if ratings.scale is None:
        found = ratings.patterns
        return _steps_apart(found.counts, span or float(ratings.n_values - 1))[found.place]
    numbers = ratings.numbers
    span = span or float(np.ptp(numbers)) if len(numbers) else 0.0
    order = np.lexsort((numbers, ratings.units))
    sizes = ratings.sizes
    place = np.arange(len(numbers)) - (np.cumsum(sizes) - sizes)[ratings.units]
    # The sum over pairs of |a-b| is that of (2i - m + 1) times the i-th smallest, from 0.
    parts = (2 * place - sizes[ratings.units] + 1) * numbers[order]
    apart = sums(parts, ratings.units, ratings.n_units)
    return _mean(apart, sizes, span)


def _steps_apart(counts: Ints, span: float) -> Floats:
    """The same for (P, V) counts: each step of the scale lies between so many pairs."""
    below, sizes = np.cumsum(counts, axis=1), counts.sum(axis=1)
    return _mean((below * (sizes[:, None] - below)).sum(axis=1), sizes, span)


def _mean(apart: Floats | Ints, sizes: Ints, span: float) -> Floats:
    pairs = np.maximum(sizes * (sizes - 1) / 2, 1)
    return np.asarray(np.clip(apart / pairs / (span or 1.0), 0.0, 1.0))


def unit_costs(sizes: Ints, apart: Apart) -> Floats:
    """What each unit takes off alpha, (U,), adding up to 1 - alpha; 0 for units rated once.

    `sizes` (U,) are the units' ratings; `apart` has a row for each unit rated twice, in their
    order: that of `Histogram.of_each`, of moments or of single ratings. Costs of an item add up.
    """
    costs = np.zeros(len(sizes))
    if not apart.reason:
        costs[sizes >= 2] = alpha_costs(apart)
    return costs


def most_disputed(
    disagreement: Floats, sizes: Ints, ids: Sequence[str], limit: int = 50
) -> list[int]:
    """Places of the most disputed units rated twice or more, ties by more ratings, then by id."""
    shared = np.flatnonzero(sizes >= 2).tolist()
    shared.sort(key=lambda at: (-round(float(disagreement[at]), 12), -int(sizes[at]), ids[at]))
    return shared[:limit]
