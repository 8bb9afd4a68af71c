"""Krippendorff's alpha at every level, its jackknife interval, and what each unit costs it.

alpha = 1 - D_o/D_e, with missing ratings, as in Krippendorff 2011, "Computing Krippendorff's
Alpha-Reliability". Each level first says how far the ratings of each unit lie apart (`Apart`); the
rest is the same for all. No matrix of values by values is ever made for numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from reviews.agreement.intervals import jackknife_errors, share_interval
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
    Where the same patterns are counted in R ways at once, all but `sizes` are (R, P), `largest` and
    the sums (R,).
    """

    sizes: Floats
    inner: Floats
    cross: Floats
    multiplicity: Floats
    largest: float | Floats
    left_out: Floats | None = None
    reason: str | None = None
    n_ratings: Floats = field(init=False)
    observed: Floats = field(init=False)
    expected: Floats = field(init=False)

    def __post_init__(self) -> None:
        own = self.inner / (self.sizes - 1)
        object.__setattr__(self, "n_ratings", self.multiplicity @ self.sizes)
        object.__setattr__(self, "observed", _each(own, self.multiplicity))
        object.__setattr__(self, "expected", _each(self.cross, self.multiplicity))


def _each(values: Floats, times: Floats) -> Floats:
    """The sum over patterns, (R, P) -> (R,)."""
    return np.asarray(np.einsum("...p,...p->...", values, times))


def nothing_apart(reason: str) -> Apart:
    """Where nothing can be compared, and why."""
    none = np.zeros(0)
    return Apart(none, none, none, none, 1.0, reason=reason)


def alpha(apart: Apart) -> Quantity:
    """alpha with its jackknife standard error over units and Wilson's interval on the disagreement.

    p = D_o and s = se(alpha) * D_e as shares of the largest possible difference, n_eff = p(1-p)/s²,
    t(N-1). n is the number of units rated twice. Null `no_variation` where one value was used.
    """
    return alphas(apart)[0]


def alphas(apart: Apart) -> list[Quantity]:
    """alpha of each of the R ways in which units are counted; `no_overlap` where none is."""
    times = np.atleast_2d(apart.multiplicity)
    n_units = np.rint(times.sum(axis=1)).astype(np.int64)
    if apart.reason:
        return [null(apart.reason, n) for n in n_units.tolist()]
    pairs = np.maximum(apart.n_ratings - 1, 1)
    varies = apart.expected > 0
    expected = np.where(varies, apart.expected, 1.0)
    by_chance = expected / (np.maximum(apart.n_ratings, 1) * pairs * apart.largest)
    left_out = _without_each(apart) if apart.left_out is None else apart.left_out
    columns = (
        varies,
        1 - pairs * apart.observed / expected,
        apart.observed / np.maximum(apart.n_ratings * apart.largest, 1e-300),
        by_chance,
        jackknife_errors(np.atleast_2d(left_out), times),
    )
    rows = zip(n_units.tolist(), *(np.atleast_1d(each).tolist() for each in columns), strict=True)
    return [_alpha(*row) for row in rows]


def _alpha(
    n_units: int, varies: bool, value: float, seen: float, by_chance: float, se: float
) -> Quantity:
    """`seen` and `by_chance` are disagreement as a share of the largest possible."""
    if not n_units:
        return null(NO_OVERLAP)
    if not varies:
        return null(NO_VARIATION, n_units)
    if n_units < 2:
        return Quantity(value=value, n=n_units)
    low, high = share_interval(min(1.0, seen), se * by_chance, n_units)
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
    n_ratings, seen, expected = (
        each[..., None] for each in (apart.n_ratings, apart.observed, apart.expected)
    )
    observed = seen - apart.inner / (apart.sizes - 1)
    left = expected - 2 * apart.cross + apart.inner
    return _one_minus(n_ratings - apart.sizes, observed, left, expected)


def _one_minus(n: Floats, observed: Floats, expected: Floats, scale: Floats) -> Floats:
    varies = expected > 1e-12 * scale
    ratio = (n - 1) * np.maximum(observed, 0.0) / np.where(varies, expected, 1.0)
    return np.where(varies, 1 - ratio, 1.0)


def apart_nominal(histogram: Histogram) -> Apart:
    """Nominal: two values differ by 1 or not at all."""
    return missing_apart(histogram) or nominal_apart(*_pairable(histogram))


def apart_ordinal(histogram: Histogram) -> Apart:
    """Ordinal: the squared difference of mid-ranks, which is Krippendorff's ordinal metric.

    Columns in the order of the scale. The ranks come from the margins, so that they are made anew
    for each unit that is left out. The largest difference is that of the extreme values in use.
    """
    return missing_apart(histogram) or ordinal_apart(*_pairable(histogram))


def missing_apart(histogram: Histogram) -> Apart | None:
    """Nothing, with its reason, if nothing can be compared."""
    why = missing(histogram)
    return nothing_apart(why) if why else None


def _pairable(histogram: Histogram) -> tuple[Floats, Floats]:
    rated = histogram.pairable
    return rated.patterns.astype(np.float64), rated.multiplicity.astype(np.float64)


def nominal_apart(counts: Floats, times: Floats) -> Apart:
    """Names, from (P, V) counts of units rated twice or more, which are there `times` (..., P)."""
    sizes = counts.sum(axis=1)
    margins = times @ counts
    inner = np.broadcast_to(sizes * sizes - (counts * counts).sum(axis=1), times.shape)
    cross = sizes * margins.sum(axis=-1, keepdims=True) - margins @ counts.T
    return Apart(sizes, inner, cross, times, 1.0)


def ordinal_apart(counts: Floats, times: Floats) -> Apart:
    """Ratings on a scale, likewise."""
    sizes = counts.sum(axis=1)
    margins = times @ counts
    ranks = _mid_ranks(margins)
    squares = ranks * ranks
    inner = _inner(counts, sizes, ranks[..., None, :])
    around = (margins * squares).sum(axis=-1, keepdims=True)
    cross = margins.sum(axis=-1, keepdims=True) * (squares @ counts.T) + sizes * around
    used = margins > 0  # the ranks have mean 0, so that one of those in use is above it, one below
    ends = (each(ranks, axis=-1, where=used, initial=0.0) for each in (np.max, np.min))
    span = np.subtract(*ends) ** 2
    left_out = _ordinal_without_each(counts, sizes, times, margins)
    return Apart(sizes, inner, cross, times, np.where(span > 0, span, 1.0), left_out)


def _mid_ranks(counts: Floats) -> Floats:
    """Mid-ranks of the values from their counts (..., V), with mean 0 over the ratings."""
    n = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.cumsum(counts, axis=-1) - counts / 2 - n / 2)


def _inner(counts: Floats, sizes: Floats, ranks: Floats) -> Floats:
    """Squared differences over ordered pairs of each unit, (..., P); ranks (..., 1 or P, V)."""
    weighted = counts * ranks
    once, twice = weighted.sum(axis=-1), (weighted * ranks).sum(axis=-1)
    return np.asarray(2 * (sizes * twice - once * once))


def _ordinal_without_each(counts: Floats, sizes: Floats, times: Floats, margins: Floats) -> Floats:
    """alpha without one unit of each pattern, (..., P), with the ranks that are then right."""
    left = margins[..., None, :] - counts
    ranks = _mid_ranks(left)
    n = margins.sum(axis=-1, keepdims=True) - sizes
    share = times / (sizes - 1)
    own = np.eye(counts.shape[1]) * ((share * sizes) @ counts)[..., None, :]
    form = 2 * (own - np.swapaxes(counts * share[..., None], -1, -2) @ counts)
    observed = ((ranks @ form) * ranks).sum(axis=-1)
    observed -= _inner(counts, sizes, ranks) / (sizes - 1)
    expected = 2 * n * (left * ranks * ranks).sum(axis=-1)
    scale = n.max(axis=-1, keepdims=True) ** 4
    return _one_minus(n, observed, expected, scale)


def apart_nominal_of(ratings: Ratings) -> Apart:
    """As apart_nominal, from ratings in long form: for any number of distinct values."""
    if why := missing_long(ratings):
        return nothing_apart(why)
    rated = ratings.only(ratings.sizes[ratings.units] >= 2)
    left, right = rated.pairs
    differ = (rated.values[left] != rated.values[right]).astype(np.float64)
    others = len(rated.values) - tally(rated.values, rated.n_values)
    return _from_pairs(rated, differ, others[rated.values].astype(np.float64), 1.0)


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
