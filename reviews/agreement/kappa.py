"""Cohen's kappa of a pair of raters, weighted or not, Scott's pi, and Light's mean of the pairs."""

from __future__ import annotations

import numpy as np

from reviews.agreement.chance import corrected_interval, fleiss_kappa
from reviews.agreement.intervals import jackknife_error
from reviews.agreement.meetings import Meetings
from reviews.agreement.quantity import (
    NO_OVERLAP,
    NO_VARIATION,
    NOT_APPLICABLE,
    Quantity,
    null,
)
from reviews.agreement.rates import missing_long
from reviews.agreement.tables import Floats, Histogram, Ints, Ratings


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


def of_two_raters(ratings: Ratings) -> Ints | str:
    """The table of the only two raters, or the reason why there is none."""
    if why := missing_long(ratings):
        return why
    if len(np.unique(ratings.raters)) != 2:
        return NOT_APPLICABLE
    (pairs,) = Meetings.of(ratings).all_tables()
    return np.asarray(pairs.tables[0])


def light_kappa(ratings: Ratings, met: Meetings | None = None) -> Quantity:
    """Light's kappa (1971): the mean of Cohen's kappas of the pairs that have one.

    Jackknife over units: leaving one out changes every pair that rated it. n counts units.
    """
    if why := missing_long(ratings):
        return null(why)
    n = int((ratings.sizes >= 2).sum())
    moved, kappas, chances = np.zeros(ratings.n_units), [], []
    apart = _apart(ratings.n_values, None)
    for pairs in (met or Meetings.of(ratings)).all_tables():
        disagreed, by_chance = _shares(pairs.tables, apart)
        varies = by_chance > 1e-12
        kappa = 1 - disagreed / np.where(varies, by_chance, 1.0)
        change = _without_each(pairs.tables, apart) - kappa[:, None, None]
        change[~varies | (pairs.n < 2)] = 0.0
        moved += pairs.by_unit(change, ratings.n_units)
        kappas += kappa[varies].tolist()
        chances += by_chance[varies].tolist()
    if not kappas:
        return null(NO_VARIATION, n)
    value = float(np.mean(kappas))
    if n < 2:
        return Quantity(value=value, n=n)
    se = jackknife_error(value + moved[ratings.sizes >= 2] / len(kappas), np.ones(n))
    chance = float(np.mean(chances))
    return corrected_interval(value, 1 - (1 - value) * chance, 1 - chance, se, n)
