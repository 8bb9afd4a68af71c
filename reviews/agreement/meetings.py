"""Every two ratings of one unit, with the pair of raters who gave them: counted once for all that
is said of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reviews.agreement.quantity import Quantity
from reviews.agreement.rates import group_rates
from reviews.agreement.tables import AT_ONCE, Floats, Ints, Ratings, numbered, sums, tally


@dataclass(frozen=True)
class PairTables:
    """P pairs of raters by their codes, the lower first, and how often they gave which two values
    to units that both rated, (P, V, V), the first rater's in rows.

    `units` (M,) are the units of their meetings, `cells` (M,) where each is counted in the tables.
    """

    who: list[tuple[int, int]]
    tables: Ints
    units: Ints
    cells: Ints

    @cached_property
    def n(self) -> Ints:
        """The units that both rated, (P,)."""
        return np.asarray(self.tables.sum(axis=(1, 2)))

    @property
    def margins(self) -> tuple[Ints, Ints]:
        """How often each of the two gave which value on the units both rated, (P, V)."""
        return self.tables.sum(axis=2), self.tables.sum(axis=1)

    def by_unit(self, values: Floats, n_units: int) -> Floats:
        """The sum of each unit's cells in (P, V, V) values, over its meetings, (U,)."""
        return sums(values.reshape(-1)[self.cells], self.units, n_units)


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

    def rates(self, items: Ints | None = None) -> dict[tuple[int, int], Quantity]:
        """The share of equal values of each pair, clustered by the `items` (U,) of units, each its
        own by default."""
        values = self.ratings.values
        same: NDArray[np.bool_] = values[self.left] == values[self.right]
        of_item = None if items is None else items[self.ratings.units[self.left]]
        rates = group_rates(same, self.found[1], len(self.who), of_item)
        return dict(zip(self.who, rates, strict=True))

    def tables(self, rows: slice, n_values: int) -> Iterator[PairTables]:
        """The tables of all pairs, of the ratings in these rows alone, whose values are 0..V-1; as
        many at once as fit into memory."""
        kept = slice(*np.searchsorted(self.left, (rows.start, rows.stop)).tolist())
        left, values, size = self.left[kept], self.ratings.values, n_values**2
        cells = values[left] * n_values + values[self.right[kept]] + self.found[1][kept] * size
        units = self.ratings.units[left]
        step = max(1, AT_ONCE // size)
        for start in range(0, len(self.who), step):
            who = self.who[start : start + step]
            if step < len(self.who):
                there = (cells >= start * size) & (cells < (start + step) * size)
                of_these, at = units[there], cells[there] - start * size
            else:
                of_these, at = units, cells
            tables = tally(at, len(who) * size).reshape(-1, n_values, n_values)
            yield PairTables(who, tables, of_these, at)

    def all_tables(self) -> Iterator[PairTables]:
        """The tables of all ratings."""
        return self.tables(slice(0, len(self.ratings.units)), self.ratings.n_values)
