"""What agreement is computed from: histograms of count patterns, moments, and long ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]


AT_ONCE = 4_000_000  # numbers of what is computed together
_DENSE = 1 << 20  # keys below this are counted, not sorted
_FEW = 64  # values, up to which they are counted by unit


def sums(values: Floats | Ints | NDArray[np.bool_], codes: Ints, n: int = 0) -> Floats:
    """The sum of `values` (N,) for each code 0..n-1 of `codes` (N,): (n,)."""
    if values.dtype == np.bool_:
        return np.bincount(codes[values], minlength=n).astype(np.float64)
    return np.bincount(codes, weights=values, minlength=n).astype(np.float64, copy=False)


def tally(codes: Ints, n: int = 0) -> Ints:
    """How often each code 0..n-1 occurs, (n,)."""
    return np.bincount(codes, minlength=n).astype(np.int64, copy=False)


@dataclass(frozen=True)
class Histogram:
    """How often each vector of counts occurs: `patterns` (P, V) of ratings per value,
    `multiplicity` (P,) of units with that pattern.

    V is the number of declared values, in the order of the scale, used or not. SQL delivers it by
    `GROUP BY` the count vector. `n_raters` only tells one rater from raters who never met.
    `weights` (P,) say what each unit weighs, 1/(probability of inclusion); None: all the same.
    """

    patterns: Ints
    multiplicity: Ints
    n_raters: int | None = None
    weights: Floats | None = None

    @classmethod
    def of_cells(cls, counts: Ints, n_raters: int | None = None) -> Histogram:
        """The histogram of (U, V) counts, one row a unit; units without a rating are left out."""
        counts = counts[counts.any(axis=1)] if counts.size else counts[:0]
        found = Patterns.of(counts)
        return cls(found.counts, found.times, n_raters)

    @classmethod
    def of_each(cls, counts: Ints, n_raters: int | None = None) -> Histogram:
        """(U, V) counts with a row for each unit, alike or not: for numbers of single units."""
        return cls(counts, np.ones(len(counts), dtype=np.int64), n_raters)

    @cached_property
    def sizes(self) -> Ints:
        """Ratings of each pattern, (P,)."""
        return np.asarray(self.patterns.sum(axis=1))

    @cached_property
    def pairable(self) -> Histogram:
        """Only the patterns with two ratings or more."""
        kept = self.sizes >= 2
        weights = None if self.weights is None else self.weights[kept]
        return Histogram(self.patterns[kept], self.multiplicity[kept], self.n_raters, weights)

    @property
    def n_units(self) -> int:
        return int(self.multiplicity.sum())

    @property
    def n_ratings(self) -> int:
        return int(self.sizes @ self.multiplicity)


def numbered(keys: Ints) -> tuple[Ints, Ints, Ints]:
    """The different keys (at least 0), ascending; which of them each is, and how often each is."""
    if len(keys) and keys.max() < max(_DENSE, 4 * len(keys)):
        times = tally(keys)
        used = np.flatnonzero(times)
        place = np.zeros(len(times), dtype=np.int64)
        place[used] = np.arange(len(used))
        return used, place[keys], times[used]
    found = np.unique(keys, return_inverse=True, return_counts=True)
    return found[0], found[1].reshape(-1), found[2]


@dataclass(frozen=True)
class Patterns:
    """The different rows of (U, V) counts: `counts` (P, V), how often each is, `times` (P,), and
    which of them each unit has, `place` (U,). Units that weigh differently are not alike.

    Most units are alike: what follows from a unit's counts alone is made once for each pattern.
    """

    counts: Ints
    place: Ints
    times: Ints
    weights: Floats | None = None

    @classmethod
    def of(cls, counts: Ints, weights: Floats | None = None) -> Patterns:
        if weights is not None:
            different, rank = np.unique(weights, return_inverse=True)
            both = cls.of(np.column_stack([counts, rank]))
            weights = different[both.counts[:, -1]]
            return cls(both.counts[:, :-1], both.place, both.times, weights)
        radix, width = int(counts.max(initial=0)) + 1, counts.shape[1]
        if not len(counts):
            return cls(counts, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
        if radix**width >= 2**62:  # too wide for a number each
            rows, place, times = np.unique(counts, axis=0, return_inverse=True, return_counts=True)
            return cls(rows, place.reshape(-1), times)
        powers = radix ** np.arange(width, dtype=np.int64)
        used, place, times = numbered(counts @ powers)
        return cls(used[:, None] // powers % radix, place, times)

    @cached_property
    def sizes(self) -> Ints:
        """Ratings of each pattern, (P,)."""
        return np.asarray(self.counts.sum(axis=1))


@dataclass(frozen=True)
class Moments:
    """Numeric ratings of each unit without the values: `n` (U,) ratings, `total` (U,) their sum,
    `deviation` (U,) the sum of squared differences from the unit's own mean.

    In SQL: count(x), sum(x), var_pop(x) * count(x), which loses no digits as sum(x²) does.
    `low` and `high` are the range of the ratings on units rated twice, or the declared range;
    `weights` (U,) as of a Histogram.
    """

    n: Ints
    total: Floats
    deviation: Floats
    low: float
    high: float
    n_raters: int | None = None
    weights: Floats | None = None

    @classmethod
    def of_sums(cls, n: Ints, total: Floats, squares: Floats, low: float, high: float) -> Moments:
        """From sums of squares; shift the values near zero first, or digits are lost."""
        deviation = np.maximum(squares - total * total / np.maximum(n, 1), 0.0)
        return cls(n, total, deviation, low, high)


@dataclass(frozen=True)
class Ratings:
    """One row a rating: codes of `units`, `raters` and `values`, each (N,), sorted by unit.

    At most one rating of a rater for a unit. Values are positions in the list of `n_values`
    declared values; `scale` (V,) gives their numbers where they are numbers. `weights` (U,) say
    what each unit weighs where some were likelier to come in than others, 1/(that probability).
    """

    units: Ints
    raters: Ints
    values: Ints
    n_units: int
    n_raters: int
    n_values: int
    scale: Floats | None = None
    weights: Floats | None = None

    @classmethod
    def of(
        cls,
        units: Sequence[int] | Ints,
        raters: Sequence[int] | Ints,
        values: Sequence[int] | Ints,
        n_values: int,
        scale: Sequence[float] | Floats | None = None,
    ) -> Ratings:
        """Ratings from codes 0..n-1 in any order."""
        as_codes = [np.asarray(codes, dtype=np.int64) for codes in (units, raters, values)]
        order = np.lexsort((as_codes[1], as_codes[0]))
        unit, rater, value = (codes[order] for codes in as_codes)
        n_units, n_raters = (int(codes.max(initial=-1)) + 1 for codes in (unit, rater))
        numbers = None if scale is None else np.asarray(scale, dtype=np.float64)
        return cls(unit, rater, value, n_units, n_raters, n_values, numbers)

    @cached_property
    def n_present(self) -> int:
        """Raters who rated anything: a code may have no rating."""
        return int(np.count_nonzero(tally(self.raters, self.n_raters)))

    @cached_property
    def sizes(self) -> Ints:
        """Ratings of each unit, (U,)."""
        return tally(self.units, self.n_units)

    @cached_property
    def pairs(self) -> tuple[Ints, Ints]:
        """Rows (left, right) of every pair of ratings of one unit, the lower rater left."""
        size = self.sizes[self.units]
        first = (np.cumsum(self.sizes) - self.sizes)[self.units]
        rows = np.arange(len(self.units), dtype=np.int64)
        n_after = first + size - 1 - rows
        left = np.repeat(rows, n_after)
        right = np.arange(len(left), dtype=np.int64)
        right += np.repeat(rows + 1 - (np.cumsum(n_after) - n_after), n_after)
        return left, right

    @cached_property
    def counts(self) -> Ints:
        """Ratings of each unit by value, (U, V)."""
        cells = self.units * self.n_values + self.values
        size = self.n_units * self.n_values
        return tally(cells, size).reshape(self.n_units, self.n_values)

    @cached_property
    def patterns(self) -> Patterns:
        """The different counts of units, those without a rating among them."""
        return Patterns.of(self.counts, self.weights)

    @cached_property
    def histogram(self) -> Histogram:
        found = self.patterns
        rated = found.sizes > 0
        weights = None if found.weights is None else found.weights[rated]
        return Histogram(found.counts[rated], found.times[rated], self.n_present, weights)

    @cached_property
    def n_alike(self) -> Ints:
        """How many other ratings of its unit have the same value, (N,)."""
        if self.scale is None and self.n_values <= _FEW:
            return np.asarray(self.counts.reshape(-1)[self.units * self.n_values + self.values] - 1)
        left, right = self.pairs
        same = self.values[left] == self.values[right]
        n = len(self.units)
        return tally(left[same], n) + tally(right[same], n)

    @cached_property
    def numbers(self) -> Floats:
        """The ratings as numbers, (N,); without a scale their positions."""
        if self.scale is None:
            return self.values.astype(np.float64)
        return np.asarray(self.scale[self.values])

    @cached_property
    def moments(self) -> Moments:
        """The moments of the ratings as numbers."""
        weights = None if self.weights is None else self.weights[self.sizes > 0]
        return replace(moments_of(self.units, self.numbers, self.n_present), weights=weights)

    def only(self, kept: NDArray[np.bool_]) -> Ratings:
        """The ratings marked (N,), with the same codes."""
        codes = self.units[kept], self.raters[kept], self.values[kept]
        return replace(self, units=codes[0], raters=codes[1], values=codes[2])


def moments_of(units: Ints, numbers: Floats, n_raters: int | None = None) -> Moments:
    """The moments of ratings in long form, both (N,); the range is that of units rated twice."""
    n, total = tally(units), sums(numbers, units)
    apart = numbers - (total / np.maximum(n, 1))[units]
    deviation = sums(apart * apart, units)
    shared = numbers[n[units] >= 2]
    low, high = (float(shared.min()), float(shared.max())) if len(shared) else (0.0, 0.0)
    held = n > 0
    return Moments(n[held], total[held], deviation[held], low, high, n_raters)
