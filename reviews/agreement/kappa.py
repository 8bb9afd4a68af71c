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
    return cohen_kappas(table[None], weights)[0]


def cohen_kappas(tables: Ints, weights: Floats | None = None) -> list[Quantity]:
    """Cohen's kappa of each of the tables, (pairs, V, V)."""
    apart = _apart(tables.shape[1], weights)
    disagreed, by_chance = _shares(tables, apart)
    left_out = _without_each(tables, apart)
    times = tables.astype(np.float64)
    n = tables.sum(axis=(1, 2))
    mean = (left_out * times).sum(axis=(1, 2)) / np.maximum(n, 1)
    spread = ((left_out - mean[:, None, None]) ** 2 * times).sum(axis=(1, 2))
    errors = np.sqrt(np.maximum(n - 1, 0) / np.maximum(n, 1) * spread)
    rows = (n.tolist(), disagreed.tolist(), by_chance.tolist(), errors.tolist())
    return [_kappa(*row) for row in zip(*rows, strict=True)]


def _kappa(n: int, disagreed: float, by_chance: float, error: float) -> Quantity:
    if not n:
        return null(NO_OVERLAP)
    if not by_chance > 1e-12:
        return null(NO_VARIATION, n)
    value = 1 - disagreed / by_chance
    if n < 2:
        return Quantity(value=value, n=n)
    return corrected_interval(value, 1 - disagreed, 1 - by_chance, error, n)


def _apart(n_values: int, weights: Floats | None) -> Floats:
    return np.asarray(1 - (np.eye(n_values) if weights is None else weights))


def _shares(tables: Ints, apart: Floats) -> tuple[Floats, Floats]:
    """Disagreement observed and by chance, as weighted shares, (pairs,); 0 of nothing."""
    n = np.maximum(tables.sum(axis=(1, 2)), 1)
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    return (tables * apart).sum(axis=(1, 2)) / n, ((rows @ apart) * columns).sum(axis=1) / n**2


def _without_each(tables: Ints, apart: Floats) -> Floats:
    """Kappa without one unit of each cell, in closed form, (pairs, V, V); 1 where what is left has
    no variation."""
    left = np.maximum(tables.sum(axis=(1, 2)) - 1, 1)[:, None, None]
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    observed = ((tables * apart).sum(axis=(1, 2), keepdims=True) - apart) / left
    whole = ((rows @ apart) * columns).sum(axis=1)[:, None, None]
    expected = whole - (rows @ apart)[:, None, :] - (columns @ apart.T)[:, :, None] + apart
    expected = expected / left**2
    varies = expected > 1e-12
    return np.where(varies, 1 - observed / np.where(varies, expected, 1.0), 1.0)


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
    known = rater_pairs(ratings) if pairs is None else pairs
    tables, apart = np.stack([pair.table for pair in known]), _apart(ratings.n_values, None)
    disagreed, by_chance = _shares(tables, apart)
    left_out = _without_each(tables, apart)
    held = np.flatnonzero(by_chance > 1e-12)
    if not len(held):
        return null(NO_VARIATION, n)
    kappas = 1 - disagreed[held] / by_chance[held]
    value = float(kappas.mean())
    if n < 2:
        return Quantity(value=value, n=n)
    moved = np.zeros(ratings.n_units)
    for at, own in zip(held.tolist(), kappas.tolist(), strict=True):
        left, right = known[at].rows
        if len(left) > 1:
            there = left_out[at][ratings.values[left], ratings.values[right]]
            moved[ratings.units[left]] += there - own
    se = jackknife_error(value + moved[ratings.sizes >= 2] / len(held), np.ones(n))
    chance = float(by_chance[held].mean())
    return corrected_interval(value, 1 - (1 - value) * chance, 1 - chance, se, n)
