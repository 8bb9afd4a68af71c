"""Every two ratings of one unit, with the pair of raters who gave them: counted once for all that
is said of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reviews.agreement.kappa import AT_ONCE
from reviews.agreement.quantity import Quantity
from reviews.agreement.rates import group_rates
from reviews.agreement.tables import Ints, Ratings, numbered, tally


@dataclass(frozen=True)
class PairTable:
    """Two raters by their codes, the lower first, the n units that both rated, and how often they
    gave which two values there, (V, V), the first rater's in rows."""

    first: int
    second: int
    n: int
    table: Ints

    @property
    def margins(self) -> tuple[Ints, Ints]:
        """How often each gave which value on the units both rated, (V,)."""
        return self.table.sum(axis=1), self.table.sum(axis=0)


@dataclass(frozen=True)
class Meetings:
    """The pairs of ratings of one unit, by their rows, all (M,), in the order of units."""

    ratings: Ratings
    left: Ints
    right: Ints

    @classmethod
    def of(cls, ratings: Ratings) -> Meetings:
        return cls(ratings, *ratings.pairs)

    @cached_property
    def found(self) -> tuple[list[tuple[int, int]], Ints]:
        """The pairs of raters who met, the lower first, and which of them each meeting is of."""
        raters, n = self.ratings.raters, self.ratings.n_raters
        used, pair, _ = numbered(raters[self.left] * n + raters[self.right])
        return [divmod(key, n) for key in used.tolist()], pair

    @property
    def who(self) -> list[tuple[int, int]]:
        return self.found[0]

    def rates(self, items: Ints) -> dict[tuple[int, int], Quantity]:
        """The share of equal values of each pair, clustered by the `items` (U,) of units."""
        values = self.ratings.values
        same: NDArray[np.bool_] = values[self.left] == values[self.right]
        of_item = items[self.ratings.units[self.left]]
        rates = group_rates(same, self.found[1], len(self.who), of_item)
        return dict(zip(self.who, rates, strict=True))

    def tables(self, rows: slice, n_values: int) -> Iterator[list[PairTable]]:
        """The pairs who met in these rows, with the tables of their values, which are 0..V-1; as
        many at once as fit into memory."""
        kept = slice(*np.searchsorted(self.left, (rows.start, rows.stop)).tolist())
        values, size = self.ratings.values, n_values**2
        cells = values[self.left[kept]] * n_values + values[self.right[kept]]
        cells += self.found[1][kept] * size
        step = max(1, AT_ONCE // size)
        for start in range(0, len(self.who), step):
            who = self.who[start : start + step]
            if step < len(self.who):
                there = cells[(cells >= start * size) & (cells < (start + step) * size)]
            else:
                there = cells
            tables = tally(there - start * size, len(who) * size).reshape(-1, n_values, n_values)
            each = zip(who, tables.sum(axis=(1, 2)).tolist(), tables, strict=True)
            yield [PairTable(*pair, n, table) for pair, n, table in each if n]
