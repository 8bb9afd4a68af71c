"""How far a headline rate can still move, and how few items decide whether it reaches a floor.

Everything that is asked and not there yet is taken as said in the best and in the worst way. What
is there stays: only first answers count, and a later edit does not change them. The ends are exact.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reviews.agreement.tables import Floats, Ints, Patterns, numbered, sums

MET, MISSED, OPEN = "met", "missed", "open"
_SLACK = 1e-12


@dataclass(frozen=True)
class Limits:
    """The least and the most that the score of each cell can end at, both (U,).

    `held` (U,) marks the cells that will have a score when all is said; the others say nothing.
    """

    low: Floats
    high: Floats
    held: NDArray[np.bool_]


def reviewer_limits(counts: Ints, to_come: Ints) -> Limits:
    """a_u of cells with (U, V) counts over the declared values when `to_come` (U,) more have rated.

    Highest when all that come give the value that leads; lowest when each gives the rarest one.
    """
    sizes = counts.sum(axis=1) + to_come
    top, even = counts.max(axis=1), counts.astype(np.int64)
    for step in range(int(to_come.max(initial=0))):
        more = np.flatnonzero(to_come > step)
        even[more, even[more].argmin(axis=1)] += 1
    now = _pairs(counts).sum(axis=1)
    return _of_pairs(_pairs(even).sum(axis=1), now + _gained(top, to_come), sizes)


def limits_by_pattern(patterns: Patterns, to_come: Ints) -> Limits:
    """The same for units by their patterns, (U,) as `to_come`: once for all that are alike."""
    most = int(to_come.max(initial=0)) + 1
    used, place, _ = numbered(patterns.place * most + to_come)
    found = reviewer_limits(patterns.counts[used // most], used % most)
    return Limits(found.low[place], found.high[place], found.held[place])


def number_limits(agreeing: Floats, top: Ints, sizes: Ints, to_come: Ints) -> Limits:
    """The same where any number or set may be said: what comes need not match anything.

    All (U,): pairs that match now, the most ratings that one more could match, ratings now.
    """
    return _of_pairs(agreeing, agreeing + _gained(top, to_come), sizes + to_come)


def auto_limits(matching: Ints, sizes: Ints, to_come: Ints) -> Limits:
    """b_u of cells where `matching` of `sizes` ratings, flags aside, are the auto-eval's; (U,)."""
    total = sizes + to_come
    whole = np.maximum(total, 1)
    return Limits(matching / whole, (matching + to_come) / whole, total > 0)


def settled_limits(passed: Floats, is_settled: NDArray[np.bool_]) -> Limits:
    """Whether a cell passes in the end: `passed` (U,) where it is settled, else 0 to 1."""
    low, high = np.where(is_settled, passed, 0.0), np.where(is_settled, passed, 1.0)
    return Limits(low, high, np.ones(len(passed), dtype=np.bool_))


def joined(parts: list[Limits]) -> Limits:
    """The cells of several metrics as one."""
    return Limits(
        np.concatenate([part.low for part in parts]),
        np.concatenate([part.high for part in parts]),
        np.concatenate([part.held for part in parts]),
    )


def _pairs(n: Ints) -> Ints:
    return n * (n - 1) // 2


def _gained(top: Ints, to_come: Ints) -> Ints:
    """The most new pairs that match: all that come say what `top` have said."""
    return to_come * top + _pairs(to_come)


def _of_pairs(least: Floats | Ints, most: Floats | Ints, sizes: Ints) -> Limits:
    pairs = np.maximum(_pairs(sizes), 1)
    return Limits(least / pairs, most / pairs, sizes >= 2)


@dataclass(frozen=True, slots=True)
class Range:
    """What a rate can still become: both ends None where no cell will have a score.

    `n_open` of `n_items` items can still move it.
    """

    low: float | None
    high: float | None
    n_open: int
    n_items: int

    @property
    def is_final(self) -> bool:
        return self.n_open == 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Deciding:
    """How a floor stands: `met` or `missed` whatever comes, or `open`.

    `n_to_reach` is the least number of items that, all going well, secure it however badly the
    others go; `n_to_miss` the least that, all going badly, put it out of reach. None unless open.
    """

    floor: float
    state: str
    n_to_reach: int | None = None
    n_to_miss: int | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Reach:
    """A rate between its ends, by item: `start` is the low end, `moves` (I,) what each item adds
    when it goes as well as it can; they add up to the high end."""

    start: float | None
    moves: Floats
    n_items: int

    @classmethod
    def of(cls, limits: Limits, items: Ints, weights: Floats | None = None) -> Reach:
        """The mean over cells; `items` (U,) codes, `weights` (I,) by item: 1/probability."""
        held = limits.held
        n_items = int(items.max(initial=-1)) + 1
        weight = np.ones(n_items) if weights is None else weights
        cells = weight * sums(held.astype(float), items, n_items)
        whole, n_held = float(cells.sum()), int(np.count_nonzero(cells))
        if not whole:
            return cls(None, np.zeros(n_items), 0)
        low = weight * sums(np.where(held, limits.low, 0.0), items, n_items)
        room = weight * sums(np.where(held, limits.high - limits.low, 0.0), items, n_items)
        return cls(float(low.sum()) / whole, room / whole, n_held)

    @property
    def range(self) -> Range:
        if self.start is None:
            return Range(None, None, 0, 0)
        high = min(1.0, self.start + float(self.moves.sum()))
        return Range(self.start, high, int((self.moves > _SLACK).sum()), self.n_items)

    @property
    def order(self) -> Ints:
        """Codes of the items that can still move the rate, those that move it most first."""
        found = np.argsort(-self.moves, kind="stable")
        return np.asarray(found[self.moves[found] > _SLACK])

    def deciding(self, floor: float) -> Deciding | None:
        """How the rate stands to a floor; None where there will be no rate."""
        low, high = self.range.low, self.range.high
        if low is None or high is None:
            return None
        if low >= floor - _SLACK:
            return Deciding(floor, MET)
        if high < floor - _SLACK:
            return Deciding(floor, MISSED)
        added = np.cumsum(self.moves[self.order])
        reach = int(np.searchsorted(added, floor - low - _SLACK)) + 1
        miss = int(np.searchsorted(added, high - floor + _SLACK, side="right")) + 1
        return Deciding(floor, OPEN, min(reach, len(added)), min(miss, len(added)))
