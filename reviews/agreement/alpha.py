"""Krippendorff's alpha at every level, its jackknife interval, and what each unit costs it.

alpha = 1 - D_o/D_e, with missing ratings, as in Krippendorff 2011, "Computing Krippendorff's
Alpha-Reliability". Each level first says how far the ratings of each unit lie apart (`Apart`); the
rest is the same for all. No matrix of values by values is ever made for numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from reviews.agreement.intervals import jackknife_error, share_interval
from reviews.agreement.quantity import (
    FEWER_THAN_TWO_RATERS,
    NO_DATA,
    NO_OVERLAP,
    NO_VARIATION,
    Quantity,
    null,
)
from reviews.agreement.rates import missing, missing_long
from reviews.agreement.ratios import ratio_difference, ratio_sums
from reviews.agreement.tables import Floats, Histogram, Moments, Ratings, sums, tally


@dataclass(frozen=True)
class Apart:
    """How far ratings lie apart, for units rated twice or more, or for their patterns; all (P,).

    `sizes` m; `inner` the sum of differences over ordered pairs within the unit; `cross` the same
    from the unit's ratings to those of all units; `multiplicity` how many units are like it.
    Differences are squared, but for sets. `largest` is the largest possible difference. `left_out`
    is alpha without the unit, where the differences depend on the margins (ordinal).
    """

    sizes: Floats
    inner: Floats
    cross: Floats
    multiplicity: Floats
    largest: float
    left_out: Floats | None = None
    reason: str | None = None
    n_ratings: float = field(init=False)
    observed: float = field(init=False)
    expected: float = field(init=False)

    def __post_init__(self) -> None:
        own = self.inner / (self.sizes - 1)
        object.__setattr__(self, "n_ratings", float(self.sizes @ self.multiplicity))
        object.__setattr__(self, "observed", float(own @ self.multiplicity))
        object.__setattr__(self, "expected", float(self.cross @ self.multiplicity))


def nothing_apart(reason: str) -> Apart:
    """Where nothing can be compared, and why."""
    none = np.zeros(0)
    return Apart(none, none, none, none, 1.0, reason=reason)


def alpha(apart: Apart) -> Quantity:
    """alpha with its jackknife standard error over units and Wilson's interval on the disagreement.

    p = D_o and s = se(alpha) * D_e as shares of the largest possible difference, n_eff = p(1-p)/s²,
    t(N-1). n is the number of units rated twice. Null `no_variation` where one value was used.
    """
    n_units = round(float(apart.multiplicity.sum()))
    if apart.reason:
        return null(apart.reason, n_units)
    if not apart.expected > 0:
        return null(NO_VARIATION, n_units)
    pairs = apart.n_ratings - 1
    value = 1 - pairs * apart.observed / apart.expected
    if n_units < 2:
        return Quantity(value=value, n=n_units)
    left_out = _without_each(apart) if apart.left_out is None else apart.left_out
    se = jackknife_error(left_out, apart.multiplicity)
    by_chance = apart.expected / (apart.n_ratings * pairs * apart.largest)
    seen = min(1.0, apart.observed / (apart.n_ratings * apart.largest))
    low, high = share_interval(seen, se * by_chance, n_units)
    ci_low, ci_high = min(value, 1 - high / by_chance), max(value, 1 - low / by_chance)
    return Quantity(value, None, se, ci_low, ci_high, n_units)


def alpha_costs(apart: Apart) -> Floats:
    """What each unit (or one unit of each pattern) takes off alpha, (P,): they add up to 1 - alpha.

    (m/n) times the unit's mean difference, over D_e. All zero where alpha is not defined.
    """
    if apart.reason or not apart.expected > 0:
        return np.zeros(len(apart.sizes))
    own = apart.inner / (apart.sizes - 1)
    return np.asarray(own * (apart.n_ratings - 1) / apart.expected, dtype=np.float64)


def _without_each(apart: Apart) -> Floats:
    """alpha without one unit, in closed form; 1 where what is left has a single value."""
    n = apart.n_ratings - apart.sizes
    observed = apart.observed - apart.inner / (apart.sizes - 1)
    expected = apart.expected - 2 * apart.cross + apart.inner
    return _one_minus(n, observed, expected, apart.expected)


def _one_minus(n: Floats, observed: Floats, expected: Floats, scale: float) -> Floats:
    varies = expected > 1e-12 * scale
    ratio = (n - 1) * np.maximum(observed, 0.0) / np.where(varies, expected, 1.0)
    return np.where(varies, 1 - ratio, 1.0)


def apart_nominal(histogram: Histogram) -> Apart:
    """Nominal: two values differ by 1 or not at all."""
    if why := missing(histogram):
        return nothing_apart(why)
    rated = histogram.pairable
    counts, sizes = rated.patterns.astype(np.float64), rated.sizes.astype(np.float64)
    times = rated.multiplicity.astype(np.float64)
    margins = times @ counts
    inner = sizes * sizes - (counts * counts).sum(axis=1)
    return Apart(sizes, inner, sizes * margins.sum() - counts @ margins, times, 1.0)


def apart_nominal_of(ratings: Ratings) -> Apart:
    """As apart_nominal, from ratings in long form: for any number of distinct values."""
    if why := missing_long(ratings):
        return nothing_apart(why)
    rated = ratings.only(ratings.sizes[ratings.units] >= 2)
    left, right = rated.pairs
    differ = (rated.values[left] != rated.values[right]).astype(np.float64)
    others = len(rated.values) - tally(rated.values, rated.n_values)
    return _from_pairs(rated, differ, others[rated.values].astype(np.float64), 1.0)


def apart_ordinal(histogram: Histogram) -> Apart:
    """Ordinal: the squared difference of mid-ranks, which is Krippendorff's ordinal metric.

    Columns in the order of the scale. The ranks come from the margins, so that they are made anew
    for each unit that is left out. The largest difference is that of the extreme values in use.
    """
    if why := missing(histogram):
        return nothing_apart(why)
    rated = histogram.pairable
    counts, sizes = rated.patterns.astype(np.float64), rated.sizes.astype(np.float64)
    times = rated.multiplicity.astype(np.float64)
    margins = times @ counts
    n = float(margins.sum())
    ranks = _mid_ranks(margins)
    used = ranks[margins > 0]
    inner = _inner(counts, sizes, ranks)
    around = float(margins @ (ranks * ranks))
    cross = n * (counts @ (ranks * ranks)) + sizes * around  # the ranks have mean 0
    largest = float(used[-1] - used[0]) ** 2
    left_out = _ordinal_without_each(counts, sizes, times, margins)
    return Apart(sizes, inner, cross, times, largest or 1.0, left_out)


def _mid_ranks(counts: Floats) -> Floats:
    """Mid-ranks of the values from their counts (..., V), with mean 0 over the ratings."""
    n = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.cumsum(counts, axis=-1) - counts / 2 - n / 2)


def _inner(counts: Floats, sizes: Floats, ranks: Floats) -> Floats:
    """Squared differences over ordered pairs of each unit, (P,); ranks (V,) or (P, V)."""
    once = (counts * ranks).sum(axis=1)
    twice = (counts * ranks * ranks).sum(axis=1)
    return np.asarray(2 * (sizes * twice - once * once))


def _ordinal_without_each(counts: Floats, sizes: Floats, times: Floats, margins: Floats) -> Floats:
    """alpha without one unit of each pattern, with the ranks that are then right."""
    left = margins - counts
    ranks = _mid_ranks(left)
    n = margins.sum() - sizes
    share = times / (sizes - 1)
    form = 2 * (np.diag((share * sizes) @ counts) - (counts.T * share) @ counts)
    observed = ((ranks @ form) * ranks).sum(axis=1)
    observed -= _inner(counts, sizes, ranks) / (sizes - 1)
    expected = 2 * n * (left * ranks * ranks).sum(axis=1)
    scale = float(n.max()) ** 4
    return _one_minus(n, observed, expected, scale)


def apart_interval(moments: Moments) -> Apart:
    """Interval: the squared difference, in closed form from n, sum and deviation of each unit."""
    held = moments.n >= 2
    if not held.any():
        alone = FEWER_THAN_TWO_RATERS if moments.n_raters == 1 else NO_OVERLAP
        return nothing_apart(alone if len(moments.n) else NO_DATA)
    sizes = moments.n[held].astype(np.float64)
    n = float(sizes.sum())
    mean = moments.total[held] / sizes
    grand = float(sizes @ mean) / n
    off = mean - grand
    around = moments.deviation[held] + sizes * off * off
    inner = 2 * sizes * moments.deviation[held]
    varies = moments.high > moments.low
    cross = n * around + sizes * float(around.sum()) if varies else np.zeros(len(sizes))
    span = (moments.high - moments.low) ** 2
    return Apart(sizes, inner, cross, np.ones(len(sizes)), span or 1.0)


def apart_ratio(ratings: Ratings) -> Apart:
    """Ratio: ((a-b)/(a+b))², for numbers of at least 0; two zeros do not differ.

    A ratio scale has no closed form: pairs within units are compared one by one, and the sums over
    all ratings are made for each distinct number (`ratios.ratio_sums`).
    """
    if why := missing_long(ratings):
        return nothing_apart(why)
    rated = ratings.only(ratings.sizes[ratings.units] >= 2)
    numbers = rated.numbers
    distinct, place, times = np.unique(numbers, return_inverse=True, return_counts=True)
    left, right = rated.pairs
    difference = ratio_difference(numbers[left], numbers[right])
    sums = ratio_sums(distinct, times.astype(np.float64))
    largest = float(ratio_difference(distinct[:1], distinct[-1:])[0])
    return _from_pairs(rated, difference, sums[place], largest or 1.0)


def apart_by(ratings: Ratings, distances: Floats) -> Apart:
    """Any distance between values, (V, V), symmetric, 0 on the diagonal, at most 1: for sets.

    Set distances enter unsquared (Passonneau 2006)."""
    if why := missing_long(ratings):
        return nothing_apart(why)
    rated = ratings.only(ratings.sizes[ratings.units] >= 2)
    left, right = rated.pairs
    margins = tally(rated.values, rated.n_values).astype(np.float64)
    difference = distances[rated.values[left], rated.values[right]]
    return _from_pairs(rated, difference, (distances @ margins)[rated.values], 1.0)


def _from_pairs(rated: Ratings, difference: Floats, cross: Floats, largest: float) -> Apart:
    """From the differences of the pairs within units and each rating's sum over all ratings."""
    left, _ = rated.pairs
    held = rated.sizes >= 2
    inner = 2 * sums(difference, rated.units[left], rated.n_units)
    each = sums(cross, rated.units, rated.n_units)
    sizes = rated.sizes[held].astype(np.float64)
    return Apart(sizes, inner[held], each[held], np.ones(len(sizes)), largest)
