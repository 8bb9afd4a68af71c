"""Cohen's kappa of a pair of raters, weighted or not, Scott's pi, and Light's mean of the pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

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
from reviews.agreement.rates import missing_long
from reviews.agreement.tables import Floats, Histogram, Ints, Ratings, tally

AT_ONCE = 4_000_000  # cells of the tables of pairs that are computed together


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


class TwoRaters(Protocol):
    """Two raters by their codes, the lower first, with the `n` units that both rated."""

    @property
    def first(self) -> int: ...

    @property
    def second(self) -> int: ...

    @property
    def n(self) -> int: ...

    @property
    def table(self) -> Ints: ...

    @property
    def margins(self) -> tuple[Ints, Ints]: ...


_Two = TypeVar("_Two", bound=TwoRaters)


@dataclass(frozen=True)
class Pair:
    """Two raters by their codes, the lower first, and their ratings of the same units."""

    first: int
    second: int
    rows: tuple[Ints, Ints]
    values: tuple[Ints, Ints]
    n_values: int

    @property
    def n(self) -> int:
        return len(self.rows[0])

    @property
    def table(self) -> Ints:
        """How often they gave which two values, (V, V), the first rater's in rows."""
        cells = self.values[0] * self.n_values + self.values[1]
        return tally(cells, self.n_values**2).reshape(self.n_values, self.n_values)

    @property
    def margins(self) -> tuple[Ints, Ints]:
        """How often each gave which value on the units both rated, (V,)."""
        return tally(self.values[0], self.n_values), tally(self.values[1], self.n_values)


def rater_pairs(ratings: Ratings) -> list[Pair]:
    """All pairs of raters who share a unit."""
    left, right = ratings.pairs
    if not len(left):
        return []
    keys = ratings.raters[left] * ratings.n_raters + ratings.raters[right]
    small = keys.astype(np.int16) if keys.max() < 1 << 15 else keys  # sorted digit by digit
    order = np.argsort(small, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    found = []
    for places in np.split(order, edges):
        first, second = divmod(int(keys[places[0]]), ratings.n_raters)
        rows = left[places], right[places]
        values = ratings.values[rows[0]], ratings.values[rows[1]]
        found.append(Pair(first, second, rows, values, ratings.n_values))
    return found


def pair_kappas(pairs: Sequence[TwoRaters], weights: Floats | None = None) -> list[Quantity]:
    """Cohen's kappa of each pair."""
    found: list[Quantity] = []
    for batch in _batches(pairs):
        found += cohen_kappas(np.stack([pair.table for pair in batch]), weights)
    return found


def _batches(pairs: Sequence[_Two]) -> Iterator[Sequence[_Two]]:
    """As many pairs at once as have tables that fit into memory."""
    size = max(1, AT_ONCE // len(pairs[0].margins[0]) ** 2) if pairs else 1
    for at in range(0, len(pairs), size):
        yield pairs[at : at + size]


def of_two_raters(ratings: Ratings) -> Ints | str:
    """The table of the only two raters, or the reason why there is none."""
    if why := missing_long(ratings):
        return why
    if len(np.unique(ratings.raters)) != 2:
        return NOT_APPLICABLE
    return rater_pairs(ratings)[0].table


def light_kappa(ratings: Ratings, pairs: list[Pair] | None = None) -> Quantity:
    """Light's kappa (1971): the mean of Cohen's kappas of the pairs that have one.

    Jackknife over units: leaving one out changes every pair that rated it. n counts units.
    """
    if why := missing_long(ratings):
        return null(why)
    n = int((ratings.sizes >= 2).sum())
    moved, kappas, chances = np.zeros(ratings.n_units), [], []
    apart = _apart(ratings.n_values, None)
    for batch in _batches(rater_pairs(ratings) if pairs is None else pairs):
        tables = np.stack([pair.table for pair in batch])
        disagreed, by_chance = _shares(tables, apart)
        left_out = _without_each(tables, apart)
        for at in np.flatnonzero(by_chance > 1e-12).tolist():
            chances.append(float(by_chance[at]))
            kappas.append(1 - float(disagreed[at]) / chances[-1])
            if batch[at].n > 1:
                units = ratings.units[batch[at].rows[0]]
                moved[units] += left_out[at][batch[at].values] - kappas[-1]
    if not kappas:
        return null(NO_VARIATION, n)
    value = float(np.mean(kappas))
    if n < 2:
        return Quantity(value=value, n=n)
    se = jackknife_error(value + moved[ratings.sizes >= 2] / len(kappas), np.ones(n))
    chance = float(np.mean(chances))
    return corrected_interval(value, 1 - (1 - value) * chance, 1 - chance, se, n)
