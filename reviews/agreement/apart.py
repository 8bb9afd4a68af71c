"""How far ratings lie apart at every level, the part of alpha in which levels differ.

Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", with missing ratings. No matrix of
values by values is ever made for numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from reviews.agreement.quantity import FEWER_THAN_TWO_RATERS, NO_DATA, NO_OVERLAP
from reviews.agreement.rates import missing, missing_long
from reviews.agreement.ratios import ratio_difference, ratio_sums
from reviews.agreement.tables import Floats, Histogram, Ints, Moments, Ratings, sums, tally


@dataclass(frozen=True)
class Apart:
    """How far ratings lie apart, for units rated twice or more, or for their patterns; all (P,).

    `sizes` m; `inner` the sum of differences over ordered pairs within the unit; `cross` the same
    from the unit's ratings to those of all units; `multiplicity` how many units are like it.
    Differences are squared, but for sets. `largest` is the largest possible difference. `left_out`
    is alpha without the unit, where the differences depend on the margins (ordinal). `weights` say
    what each unit weighs, on average 1; the sums and `cross` are weighted.
    Where the same patterns are counted in R ways at once, all but `sizes` are (R, P), `largest` and
    the sums (R,).
    """

    sizes: Floats
    inner: Floats
    cross: Floats
    multiplicity: Floats
    largest: float | Floats
    left_out: Floats | None = None
    weights: Floats | float = 1.0
    reason: str | None = None
    n_ratings: Floats = field(init=False)
    observed: Floats = field(init=False)
    expected: Floats = field(init=False)

    def __post_init__(self) -> None:
        own, times = self.inner / (self.sizes - 1), self.multiplicity * self.weights
        object.__setattr__(self, "n_ratings", times @ self.sizes)
        object.__setattr__(self, "observed", _each(own, times))
        object.__setattr__(self, "expected", _each(self.cross, times))


def _each(values: Floats, times: Floats) -> Floats:
    """The sum over patterns, (R, P) -> (R,)."""
    return np.asarray(np.einsum("...p,...p->...", values, times))


def nothing_apart(reason: str) -> Apart:
    """Where nothing can be compared, and why."""
    none = np.zeros(0)
    return Apart(none, none, none, none, 1.0, reason=reason)


def one_minus(n: Floats, observed: Floats, expected: Floats, scale: Floats) -> Floats:
    """alpha of n ratings from their differences; 1 where they have a single value."""
    varies = expected > 1e-12 * scale
    ratio = (n - 1) * np.maximum(observed, 0.0) / np.where(varies, expected, 1.0)
    return np.where(varies, 1 - ratio, 1.0)


def apart_nominal(histogram: Histogram) -> Apart:
    """Nominal: two values differ by 1 or not at all."""
    return _missing_apart(histogram) or nominal_by_pattern(*_pairable(histogram))


def apart_ordinal(histogram: Histogram) -> Apart:
    """Ordinal: the squared difference of mid-ranks, which is Krippendorff's ordinal metric.

    Columns in the order of the scale. The ranks come from the margins, so that they are made anew
    for each unit that is left out. The largest difference is that of the extreme values in use.
    """
    return _missing_apart(histogram) or ordinal_by_pattern(*_pairable(histogram))


def _missing_apart(histogram: Histogram) -> Apart | None:
    """Nothing, with its reason, if nothing can be compared."""
    why = missing(histogram)
    return nothing_apart(why) if why else None


def _pairable(histogram: Histogram) -> tuple[Floats, Floats, Floats | None]:
    rated = histogram.pairable
    times = rated.multiplicity.astype(np.float64)
    return rated.patterns.astype(np.float64), times, rated.weights


def _scaled(times: Floats, weights: Floats | None) -> Floats | float:
    """The weights (P,) with a mean of 1 over the units that are there, (..., P)."""
    if weights is None:
        return 1.0
    units = times.sum(axis=-1, keepdims=True)
    return np.asarray(weights * units / np.maximum((times @ weights)[..., None], 1e-300))


def nominal_by_pattern(counts: Floats, times: Floats, weights: Floats | None = None) -> Apart:
    """Names, from (P, V) counts of units rated twice or more, which are there `times` (..., P) and
    weigh `weights` (P,)."""
    sizes, weight = counts.sum(axis=1), _scaled(times, weights)
    margins = (times * weight) @ counts
    inner = np.broadcast_to(sizes * sizes - (counts * counts).sum(axis=1), times.shape)
    cross = sizes * margins.sum(axis=-1, keepdims=True) - margins @ counts.T
    return Apart(sizes, inner, cross, times, 1.0, weights=weight)


def ordinal_by_pattern(counts: Floats, times: Floats, weights: Floats | None = None) -> Apart:
    """Ratings on a scale, likewise."""
    sizes, weight = counts.sum(axis=1), _scaled(times, weights)
    margins = (times * weight) @ counts
    ranks = _mid_ranks(margins)
    squares = ranks * ranks
    inner = _inner(counts, sizes, ranks[..., None, :])
    around = (margins * squares).sum(axis=-1, keepdims=True)
    cross = margins.sum(axis=-1, keepdims=True) * (squares @ counts.T) + sizes * around
    used = margins > 0  # the ranks have mean 0, so that one of those in use is above it, one below
    ends = (each(ranks, axis=-1, where=used, initial=0.0) for each in (np.max, np.min))
    span = np.subtract(*ends) ** 2
    left_out = _ordinal_without_each(counts, times, weight, margins)
    return Apart(sizes, inner, cross, times, np.where(span > 0, span, 1.0), left_out, weight)


def _mid_ranks(counts: Floats) -> Floats:
    """Mid-ranks of the values from their counts (..., V), with mean 0 over the ratings."""
    n = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.cumsum(counts, axis=-1) - counts / 2 - n / 2)


def _inner(counts: Floats, sizes: Floats, ranks: Floats) -> Floats:
    """Squared differences over ordered pairs of each unit, (..., P); ranks (..., 1 or P, V)."""
    weighted = counts * ranks
    once, twice = weighted.sum(axis=-1), (weighted * ranks).sum(axis=-1)
    return np.asarray(2 * (sizes * twice - once * once))


def _ordinal_without_each(
    counts: Floats, times: Floats, weight: Floats | float, margins: Floats
) -> Floats:
    """alpha without one unit of each pattern, (..., P), with the ranks that are then right."""
    sizes, taken = counts.sum(axis=1), np.asarray(weight)[..., None] * counts
    left = margins[..., None, :] - taken
    ranks = _mid_ranks(left)
    n = margins.sum(axis=-1, keepdims=True) - taken.sum(axis=-1)
    share = times * weight / (sizes - 1)
    own = np.eye(counts.shape[1]) * ((share * sizes) @ counts)[..., None, :]
    form = 2 * (own - np.swapaxes(counts * share[..., None], -1, -2) @ counts)
    observed = ((ranks @ form) * ranks).sum(axis=-1)
    observed -= weight * _inner(counts, sizes, ranks) / (sizes - 1)
    expected = 2 * n * (left * ranks * ranks).sum(axis=-1)
    scale = n.max(axis=-1, keepdims=True) ** 4
    return one_minus(n, observed, expected, scale)


def apart_nominal_of(ratings: Ratings) -> Apart:
    """As apart_nominal, from ratings in long form: for any number of distinct values."""
    if why := missing_long(ratings):
        return nothing_apart(why)
    rated = ratings.only(ratings.sizes[ratings.units] >= 2)
    left, right = rated.pairs
    differ = (rated.values[left] != rated.values[right]).astype(np.float64)
    margins = _margins(rated, rated.values, rated.n_values)
    return _from_pairs(rated, differ, (margins.sum() - margins)[rated.values], 1.0)


def apart_interval(moments: Moments) -> Apart:
    """Interval: the squared difference, in closed form from n, sum and deviation of each unit."""
    held = moments.n >= 2
    if not held.any():
        alone = FEWER_THAN_TWO_RATERS if moments.n_raters == 1 else NO_OVERLAP
        return nothing_apart(alone if len(moments.n) else NO_DATA)
    sizes = moments.n[held].astype(np.float64)
    times = np.ones(len(sizes))
    weight = _scaled(times, None if moments.weights is None else moments.weights[held])
    heavy = sizes * weight
    n = float(heavy.sum())
    mean = moments.total[held] / sizes
    grand = float(heavy @ mean) / n
    off = mean - grand
    around = moments.deviation[held] + sizes * off * off
    inner = 2 * sizes * moments.deviation[held]
    varies = moments.high > moments.low
    total = float((around * weight).sum())
    cross = n * around + sizes * total if varies else np.zeros(len(sizes))
    span = (moments.high - moments.low) ** 2
    return Apart(sizes, inner, cross, times, span or 1.0, weights=weight)


def apart_ratio(ratings: Ratings) -> Apart:
    """Ratio: ((a-b)/(a+b))², for numbers of at least 0; two zeros do not differ.

    A ratio scale has no closed form: pairs within units are compared one by one, and the sums over
    all ratings are made for each distinct number (`ratios.ratio_sums`).
    """
    if why := missing_long(ratings):
        return nothing_apart(why)
    rated = ratings.only(ratings.sizes[ratings.units] >= 2)
    numbers = rated.numbers
    distinct, place = np.unique(numbers, return_inverse=True)
    left, right = rated.pairs
    difference = ratio_difference(numbers[left], numbers[right])
    sums = ratio_sums(distinct, _margins(rated, place, len(distinct)))
    largest = float(ratio_difference(distinct[:1], distinct[-1:])[0])
    return _from_pairs(rated, difference, sums[place], largest or 1.0)


def apart_by(ratings: Ratings, distances: Floats) -> Apart:
    """Any distance between values, (V, V), symmetric, 0 on the diagonal, at most 1: for sets.

    Set distances enter unsquared (Passonneau 2006)."""
    if why := missing_long(ratings):
        return nothing_apart(why)
    rated = ratings.only(ratings.sizes[ratings.units] >= 2)
    left, right = rated.pairs
    margins = _margins(rated, rated.values, rated.n_values)
    difference = distances[rated.values[left], rated.values[right]]
    return _from_pairs(rated, difference, (distances @ margins)[rated.values], 1.0)


def _from_pairs(rated: Ratings, difference: Floats, cross: Floats, largest: float) -> Apart:
    """From the differences of the pairs within units and each rating's sum over all ratings."""
    left, _ = rated.pairs
    held = rated.sizes >= 2
    inner = 2 * sums(difference, rated.units[left], rated.n_units)
    each = sums(cross, rated.units, rated.n_units)
    sizes = rated.sizes[held].astype(np.float64)
    times, weight = np.ones(len(sizes)), _scaled_of(rated)
    weight = weight if isinstance(weight, float) else weight[held]
    return Apart(sizes, inner[held], each[held], times, largest, weights=weight)


def _margins(rated: Ratings, codes: Ints, n: int) -> Floats:
    """How often each code (N,) occurs, (n,), as its units weigh."""
    weight = _scaled_of(rated)
    if isinstance(weight, float):
        return tally(codes, n).astype(np.float64)
    return sums(weight[rated.units], codes, n)


def _scaled_of(rated: Ratings) -> Floats | float:
    """The weights of units, (U,), with a mean of 1 over those with ratings."""
    return _scaled((rated.sizes > 0).astype(np.float64), rated.weights)
