"""Coefficients with categories and missing ratings: Fleiss, Brennan-Prediger, Gwet, Conger.

Gwet 2014, Handbook of Inter-Rater Reliability (4th ed.), chapters 2 to 5: agreement is the mean
over units with two ratings or more, category shares are means over units with at least one,
declared categories count whether used or not, and standard errors are his, by linearisation.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from reviews.agreement.intervals import share_interval
from reviews.agreement.quantity import NO_VARIATION, Quantity, null
from reviews.agreement.rates import missing
from reviews.agreement.tables import Floats, Histogram, Ratings, sums, tally

# From category shares (V,) and weights (V, V): agreement by chance, and half its slope in each
# share, up to a constant, (V,).
ByChance = Callable[[Floats, Floats], tuple[float, Floats]]


def linear_weights(n_values: int) -> Floats:
    """1 - |i-j|/(V-1) by position on the declared scale, (V, V)."""
    apart = _steps(n_values)
    return np.asarray(1 - apart / max(n_values - 1, 1))


def quadratic_weights(n_values: int) -> Floats:
    """1 - (i-j)²/(V-1)² by position on the declared scale, (V, V)."""
    apart = _steps(n_values)
    return np.asarray(1 - (apart / max(n_values - 1, 1)) ** 2)


def ordinal_weights(n_values: int) -> Floats:
    """Gwet's ordinal weights: 1 - C(|i-j|+1, 2)/C(V, 2), (V, V)."""
    apart = _steps(n_values)
    return np.asarray(1 - apart * (apart + 1) / max(n_values * (n_values - 1), 1))


def _steps(n_values: int) -> Floats:
    places = np.arange(n_values, dtype=np.float64)
    return np.asarray(np.abs(places[:, None] - places[None, :]))


def gwet_ac(histogram: Histogram, weights: Floats | None = None) -> Quantity:
    """Gwet's AC1, with weights (V, V) AC2. 1.0 where one of two declared values was used."""

    def by_chance(shares: Floats, weight: Floats) -> tuple[float, Floats]:
        factor = weight.sum() / (len(shares) * (len(shares) - 1))
        return float(factor * (shares @ (1 - shares))), factor * (1 - shares)

    return _corrected(histogram, weights, by_chance)


def fleiss_kappa(histogram: Histogram, weights: Floats | None = None) -> Quantity:
    """Fleiss' kappa (1971), with missing ratings as Gwet defines it; for two raters Scott's pi."""

    def by_chance(shares: Floats, weight: Floats) -> tuple[float, Floats]:
        return float(shares @ weight @ shares), weight @ shares

    return _corrected(histogram, weights, by_chance)


def brennan_prediger(histogram: Histogram, weights: Floats | None = None) -> Quantity:
    """Brennan and Prediger's kappa (1981): by chance every declared value is equally likely."""

    def by_chance(shares: Floats, weight: Floats) -> tuple[float, Floats]:
        expected = float(weight.sum() / len(shares) ** 2)
        return expected, np.full(len(shares), expected)

    return _corrected(histogram, weights, by_chance)


def _corrected(histogram: Histogram, weights: Floats | None, by_chance: ByChance) -> Quantity:
    """(p_a - p_e)/(1 - p_e) with Gwet's standard error."""
    n_values = histogram.patterns.shape[1]
    if why := missing(histogram):
        return null(why)
    n_pairable = histogram.pairable.n_units
    if n_values < 2:
        return null(NO_VARIATION, n_pairable)
    weight = np.eye(n_values) if weights is None else weights
    rated = histogram.sizes >= 1
    counts, sizes = histogram.patterns[rated].astype(np.float64), histogram.sizes[rated]
    times = histogram.multiplicity[rated].astype(np.float64)
    each = np.ones(len(times)) if histogram.weights is None else histogram.weights[rated]
    shares = (times * each) @ (counts / sizes[:, None]) / (times @ each)
    expected, slope = by_chance(shares, weight)
    chance = counts @ slope / sizes
    return _estimate(_pair_share(counts, weight), sizes >= 2, chance, times, each, expected)


def _pair_share(counts: Floats, weight: Floats) -> Floats:
    """The weighted share of agreeing pairs of each unit, (P,); 0 with fewer than two ratings."""
    sizes = counts.sum(axis=1)
    agreeing = (counts * (counts @ weight)).sum(axis=1) - sizes
    return np.asarray(agreeing / np.maximum(sizes * (sizes - 1), 1))


def _estimate(
    agreed: Floats,
    pairable: NDArray[np.bool_],
    chance: Floats,
    times: Floats,
    each: Floats,
    expected: float,
) -> Quantity:
    """From each unit's agreement and its part in chance agreement, (P,), whose mean is expected.
    `times` are the units of each row, `each` what one of them weighs."""
    heavy = times * each
    n, n_pairable = float(times.sum()), round(float(times @ pairable))
    if expected > 1 - 1e-12:
        return null(NO_VARIATION, n_pairable)
    whole, compared = float(heavy.sum()), float(heavy @ pairable)
    observed = min(1.0, float((agreed * pairable) @ heavy) / compared)
    value = 1.0 if observed == 1 else (observed - expected) / (1 - expected)
    if n < 2:
        return Quantity(value=value, n=n_pairable)
    own = (whole / compared) * (agreed - expected) * pairable / (1 - expected)
    own = own - 2 * (1 - value) * (chance - expected) / (1 - expected) - value
    own = own * each
    se = float(np.sqrt((own * own) @ times * n / (n - 1))) / whole
    return corrected_interval(value, observed, expected, se, n_pairable)


def corrected_interval(
    value: float, observed: float, expected: float, se: float, n_units: int
) -> Quantity:
    """A chance-corrected value with Wilson's interval on the disagreement 1 - observed."""
    if n_units < 2:
        return Quantity(value=value, se=se, n=n_units)
    disagreed = min(1.0, max(0.0, 1 - observed))
    disagreed = 0.0 if value == 1 else disagreed
    low, high = share_interval(disagreed, se * (1 - expected), n_units)
    ends = 1 - high / (1 - expected), 1 - low / (1 - expected)
    return Quantity(value, None, se, min(value, ends[0]), max(value, ends[1]), n_units)


def conger_kappa(ratings: Ratings, weights: Floats | None = None) -> Quantity:
    """Conger's kappa (1980) by Gwet's definition for missing ratings: chance agreement is the mean
    over pairs of raters of their own category shares; his standard error. Weights symmetric."""
    if why := missing(ratings.histogram):
        return null(why)
    weight = np.eye(ratings.n_values) if weights is None else weights
    used, rater = np.unique(ratings.raters, return_inverse=True)
    table = tally(rater * ratings.n_values + ratings.values, len(used) * ratings.n_values)
    table = table.reshape(len(used), ratings.n_values)
    rated = table.sum(axis=1)
    shares = table / rated[:, None]
    others = (shares.sum(axis=0) - shares) @ weight
    own = (shares * others).sum(axis=1)
    n_pairs = len(used) * (len(used) - 1)
    expected = float(own.sum()) / n_pairs
    held = ratings.sizes >= 1
    n = int(held.sum())
    part = (others[rater, ratings.values] - own[rater]) * n / rated[rater] / n_pairs
    chance = expected + sums(part, ratings.units, ratings.n_units)
    agreed = _pair_share(ratings.counts.astype(np.float64), weight)
    ones = np.ones(n)
    return _estimate(agreed[held], (ratings.sizes >= 2)[held], chance[held], ones, ones, expected)
