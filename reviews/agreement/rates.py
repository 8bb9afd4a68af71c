"""Percentages: the two headline rates, percent and specific agreement, with clustered intervals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reviews.agreement.intervals import share_interval
from reviews.agreement.quantity import (
    FEWER_THAN_TWO_RATERS,
    NO_DATA,
    NO_OVERLAP,
    Quantity,
    null,
)
from reviews.agreement.tables import Floats, Histogram, Ints, Ratings, sums, tally

_FEW = 1 << 16  # places of groups and items that are always counted at once


def clustered_rate(
    totals: Floats | Ints,
    counts: Floats | Ints,
    *,
    multiplicity: Ints | None = None,
    weights: Floats | None = None,
    reason: str = NO_OVERLAP,
) -> Quantity:
    """The share sum(totals)/sum(counts) with an interval clustered by item.

    One row an item (the unit of resampling), all (I,): `totals` what agreed, at most `counts`, what
    was compared; `multiplicity` how many items are like this row; `weights` 1/(probability of the
    item's inclusion). Standard error of a ratio (Cochran 1977, 6.13) with k/(k-1); Wilson with
    n_eff = R(1-R)/se² and t(k-1). n counts what was compared, not weighted; null with `reason`
    where that is nothing.
    """
    times = np.ones(len(totals)) if multiplicity is None else multiplicity.astype(float)
    times = np.where(np.asarray(counts) > 0, times, 0.0)
    weight = np.ones(len(totals)) if weights is None else weights
    share_of = weight * counts * times
    n, k = round(float(counts @ times)), round(float(times.sum()))
    if not share_of.sum() > 0:
        return null(reason)
    rate = float((weight * times) @ totals / share_of.sum())
    rate = min(1.0, max(0.0, rate))
    if k < 2:
        return Quantity(value=rate, n=n)
    apart = weight * (totals - rate * counts)
    se = float(np.sqrt(k / (k - 1) * (apart * apart) @ times) / share_of.sum())
    kish = float((weight @ times) ** 2 / ((weight * weight) @ times))
    low, high = share_interval(rate, se, k, n_without_error=kish)
    return Quantity(rate, None, se, min(low, rate), max(high, rate), n)


def group_rates(
    shares: Floats | NDArray[np.bool_], groups: Ints, n_groups: int, items: Ints | None = None
) -> list[Quantity]:
    """The mean of `shares` (N,) of each group code (N,), clustered by `items` (N,).

    Without items each share is an item of its own. n counts shares.
    """
    if not n_groups:
        return []
    if (
        items is not None
        and len(items)
        and n_groups * (n_items := int(items.max()) + 1) <= max(_FEW, 4 * len(shares))
    ):
        return _all_means_of(shares, items * n_groups + groups, n_groups, n_items)
    if items is not None:
        order = np.argsort(groups, kind="stable")
        edges = np.searchsorted(groups[order], np.arange(1, n_groups))
        parts = np.split(order, edges)
        return [_mean_of(shares[rows].astype(float), items[rows]) for rows in parts]
    n = sums(np.ones(len(shares)), groups, n_groups)
    mean = sums(shares, groups, n_groups) / np.maximum(n, 1)
    spread = sums((shares - mean[groups]) ** 2, groups, n_groups)
    errors = np.sqrt(spread / np.maximum(n * (n - 1), 1))
    rows = zip(n.tolist(), mean.tolist(), errors.tolist(), strict=True)
    return [_rate(round(count), rate, error) for count, rate, error in rows]


def _all_means_of(
    shares: Floats | NDArray[np.bool_], places: Ints, n_groups: int, n_items: int
) -> list[Quantity]:
    """The same for all groups from `places` (N,), item * n_groups + group: a table of them. Shares
    come by item, so that those of one are counted beside each other."""
    size = n_groups * n_items
    apart = sums(shares, places, size).reshape(n_items, n_groups)
    counts = tally(places, size).reshape(n_items, n_groups)
    n, held = counts.sum(axis=0), np.count_nonzero(counts, axis=0)
    mean = np.minimum(1.0, apart.sum(axis=0) / np.maximum(n, 1))
    apart -= mean * counts
    spread = np.einsum("ig,ig->g", apart, apart)
    errors = np.sqrt(held / np.maximum(held - 1, 1) * spread) / np.maximum(n, 1)
    rows = zip(n.tolist(), mean.tolist(), errors.tolist(), held.tolist(), strict=True)
    return [_rate(*row) for row in rows]


def _mean_of(shares: Floats, items: Ints) -> Quantity:
    _, place = np.unique(items, return_inverse=True)
    return clustered_rate(sums(shares, place), sums(np.ones(len(shares)), place))


def _rate(n: int, rate: float, se: float, n_items: int | None = None) -> Quantity:
    """`n_items` are the units behind the error, where they are not the n shares themselves."""
    k = n if n_items is None else n_items
    if not n:
        return null(NO_OVERLAP)
    if k < 2:
        return Quantity(value=rate, n=n)
    rate = min(1.0, rate)
    low, high = share_interval(rate, se, k)
    return Quantity(rate, None, se, min(low, rate), max(high, rate), n)


def cell_agreement(counts: Ints, match: Floats | None = None) -> Floats:
    """a_u: the share of a cell's rater pairs that match, for (U, V) counts; (U,).

    `match` (V, V) holds 1 where two values match (default: the same value), symmetric, 1 on the
    diagonal. Cells with fewer than two ratings give 0: leave them out by `counts.sum(axis=1) >= 2`.
    """
    sizes = counts.sum(axis=1)
    met = counts if match is None else counts @ match
    agreeing = (counts * met).sum(axis=1) - sizes
    return np.asarray(agreeing / np.maximum(sizes * (sizes - 1), 1), dtype=np.float64)


def auto_agreement(counts: Ints, auto: Ints, match: Floats | None = None) -> Floats:
    """b_u: the share of a cell's reviewers who match the auto-eval; (U,).

    `counts` (U, V) without flags; `auto` (U,) the auto-eval's value as a column. Cells without a
    review give 0: leave them out by `counts.any(axis=1)`.
    """
    met = counts if match is None else counts @ match
    return np.asarray(
        met[np.arange(len(counts)), auto] / np.maximum(counts.sum(axis=1), 1), dtype=np.float64
    )


def headline_rate(scores: Floats, items: Ints, weights: Floats | None = None) -> Quantity:
    """The mean of cell scores (a_u or b_u, (U,)), clustered by the cells' items (U,).

    `weights` (I,) by item: 1/(probability of inclusion). n counts cells; items are in the interval.
    """
    if not len(scores):
        return null(NO_OVERLAP)
    n_items = int(items.max()) + 1
    cells = sums(np.ones(len(scores)), items, n_items)
    return clustered_rate(sums(scores, items, n_items), cells, weights=weights)


def percent_agreement(histogram: Histogram, *, pooled: bool = False) -> Quantity:
    """The mean over units with two or more ratings of the share of agreeing pairs; `pooled`: of
    all pairs. Each unit is an item of its own."""
    rated = histogram.pairable
    if why := missing(histogram):
        return null(why)
    sizes = rated.sizes
    share = cell_agreement(rated.patterns)
    pairs = sizes * (sizes - 1) / 2 if pooled else np.ones(len(sizes))
    found = clustered_rate(
        share * pairs, pairs, multiplicity=rated.multiplicity, weights=rated.weights
    )
    return Quantity(found.value, None, found.se, found.ci_low, found.ci_high, rated.n_units)


def specific_agreement(histogram: Histogram, value: int) -> Quantity:
    """Of the ratings with this value on units rated twice, the share the others gave it too.

    sum n_v(n_v - 1) / sum n_v(m - 1); Fleiss 1981, Cicchetti and Feinstein 1990 for two raters.
    n counts the units where it was used. `value` is a column.
    """
    if not histogram.patterns[:, value].any():
        return null(NO_DATA)
    rated = histogram.pairable
    used = rated.patterns[:, value]
    found = clustered_rate(
        used * (used - 1),
        used * (rated.sizes - 1),
        multiplicity=rated.multiplicity,
        weights=rated.weights,
    )
    if found.value is None:
        return null(missing(histogram) or NO_OVERLAP)
    n_units = int(rated.multiplicity[used > 0].sum())
    return Quantity(found.value, None, found.se, found.ci_low, found.ci_high, n_units)


def missing(histogram: Histogram) -> str | None:
    """Why nothing can be compared: no ratings, one rater, or raters who never met."""
    if not histogram.n_ratings:
        return NO_DATA
    if histogram.n_raters == 1:
        return FEWER_THAN_TWO_RATERS
    return None if histogram.pairable.n_units else NO_OVERLAP


def missing_long(ratings: Ratings) -> str | None:
    """The same, for ratings in long form."""
    if not len(ratings.units):
        return NO_DATA
    if ratings.n_present == 1:
        return FEWER_THAN_TWO_RATERS
    return None if (ratings.sizes >= 2).any() else NO_OVERLAP
