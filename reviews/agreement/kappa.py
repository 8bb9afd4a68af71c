"""Cohen's kappa of a pair of raters, weighted or not, Scott's pi, and Light's mean of the pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from reviews.agreement.chance import corrected_interval, fleiss_kappa
from reviews.agreement.intervals import jackknife_error
from reviews.agreement.quantity import (
    NO_OVERLAP,
    NO_VARIATION,
    NOT_APPLICABLE,
    Quantity,
    null,
)
from reviews.agreement.rates import missing
from reviews.agreement.tables import Floats, Histogram, Ints, Ratings, tally


def cohen_kappa(table: Ints, weights: Floats | None = None) -> Quantity:
    """Cohen's kappa (1960), with weights (V, V) his weighted kappa (1968).

    `table` (V, V) counts the units both rated: rows the first rater's value, columns the second's.
    Weights are 1 on the diagonal; a table v of disagreement weights is 1 - v/max(v). Jackknife over
    units. Null `no_overlap` or, where chance already agrees fully, `no_variation`.
    """
    n = int(table.sum())
    if not n:
        return null(NO_OVERLAP)
    weight = np.eye(len(table)) if weights is None else weights
    disagreed, by_chance = _shares(table, weight)
    if not by_chance > 1e-12:
        return null(NO_VARIATION, n)
    value = 1 - disagreed / by_chance
    if n < 2:
        return Quantity(value=value, n=n)
    left_out, times = _without_each(table, weight)
    se = jackknife_error(left_out[times > 0], times[times > 0].astype(np.float64))
    return corrected_interval(value, 1 - disagreed, 1 - by_chance, se, n)


def _shares(table: Ints, weight: Floats) -> tuple[float, float]:
    """Disagreement observed and by chance, as weighted shares."""
    n = int(table.sum())
    apart = 1 - weight
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    return float((table * apart).sum() / n), float(rows @ apart @ columns) / n**2


def _without_each(table: Ints, weight: Floats) -> tuple[Floats, Ints]:
    """Kappa without one unit of each cell, in closed form, and the cells' counts; 1 where what is
    left has no variation."""
    apart, left = 1 - weight, float(table.sum() - 1)
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    observed = ((table * apart).sum() - apart) / left
    expected = rows @ apart @ columns - (rows @ apart)[None, :] - (apart @ columns)[:, None] + apart
    expected = expected / left**2
    varies = expected > 1e-12
    return np.where(varies, 1 - observed / np.where(varies, expected, 1.0), 1.0), table


def scott_pi(table: Ints, weights: Floats | None = None) -> Quantity:
    """Scott's pi (1955): Fleiss' kappa of the units both rated; `table` as for cohen_kappa."""
    n_values = len(table)
    first, second = np.nonzero(table)
    patterns = np.zeros((len(first), n_values), dtype=np.int64)
    np.add.at(patterns, (np.arange(len(first)), first), 1)
    np.add.at(patterns, (np.arange(len(first)), second), 1)
    found = fleiss_kappa(Histogram(patterns, table[first, second]), weights)
    return null(NO_OVERLAP) if found.reason and not table.any() else found


@dataclass(frozen=True)
class Pair:
    """Two raters, and what they gave where both rated: `table` (V, V), the lower code in rows."""

    first: int
    second: int
    table: Ints
    rows: tuple[Ints, Ints]  # rows of the ratings of either, for the same units

    @property
    def n(self) -> int:
        return len(self.rows[0])


def rater_pairs(ratings: Ratings) -> list[Pair]:
    """All pairs of raters who share a unit, by their codes, with their tables."""
    found = []
    for first, second, left, right in rater_pair_rows(ratings):
        cells = ratings.values[left] * ratings.n_values + ratings.values[right]
        table = tally(cells, ratings.n_values**2)
        table = table.reshape(ratings.n_values, ratings.n_values)
        found.append(Pair(first, second, table, (left, right)))
    return found


def rater_pair_rows(ratings: Ratings) -> Iterator[tuple[int, int, Ints, Ints]]:
    """Each pair of raters who share a unit, and the rows of their ratings of the same units."""
    left, right = ratings.pairs
    if not len(left):
        return
    keys = ratings.raters[left] * ratings.n_raters + ratings.raters[right]
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    for rows in np.split(order, edges):
        first, second = divmod(int(keys[rows[0]]), ratings.n_raters)
        yield first, second, left[rows], right[rows]


def of_two_raters(ratings: Ratings) -> Ints | str:
    """The table of the only two raters, or the reason why there is none."""
    if why := missing(ratings.histogram):
        return why
    if len(np.unique(ratings.raters)) != 2:
        return NOT_APPLICABLE
    return rater_pairs(ratings)[0].table


def light_kappa(ratings: Ratings, pairs: list[Pair] | None = None) -> Quantity:
    """Light's kappa (1971): the mean of Cohen's kappas of the pairs that have one.

    Jackknife over units: leaving one out changes every pair that rated it. n counts units.
    """
    if why := missing(ratings.histogram):
        return null(why)
    n = int((ratings.sizes >= 2).sum())
    weight = np.eye(ratings.n_values)
    moved, values, chances = np.zeros(ratings.n_units), [], []
    for pair in rater_pairs(ratings) if pairs is None else pairs:
        disagreed, by_chance = _shares(pair.table, weight)
        if not by_chance > 1e-12:
            continue
        values.append(1 - disagreed / by_chance)
        chances.append((disagreed, by_chance))
        if pair.n > 1:
            left_out, _ = _without_each(pair.table, weight)
            left, right = pair.rows
            change = left_out[ratings.values[left], ratings.values[right]] - values[-1]
            moved[ratings.units[left]] += change
    if not values:
        return null(NO_VARIATION, n)
    value = float(np.mean(values))
    if n < 2:
        return Quantity(value=value, n=n)
    left_out = value + moved[ratings.sizes >= 2] / len(values)
    se = jackknife_error(left_out, np.ones(n))
    by_chance = float(np.mean([chance for _, chance in chances]))
    return corrected_interval(value, 1 - (1 - value) * by_chance, 1 - by_chance, se, n)
