"""The ratings of a queue as arrays: cells of items, with what the machine said, by metric."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from reviews.agreement.people import unit_agreement
from reviews.agreement.tables import Floats, Ints, Ratings
from reviews.agreement_metrics import (
    INTERVAL,
    NOMINAL,
    SETS,
    TEXT,
    VERDICTS,
    Metric,
    check_of,
    criteria_of,
)
from reviews.agreement_reading import (
    Rows,
    Which,
    read_chances,
    read_people,
    read_ratings,
    read_sets,
    read_verdicts,
)
from reviews.rubrics.shape import Shape

Mask = NDArray[np.bool_]
NO_VERDICT, INCOMPARABLE = -1, -2
_WIDE = 48  # bits of an id in the key of a cell


@dataclass(frozen=True)
class Table:
    """Every eligible rating, sorted by cell (of a metric, an item, and for checks a result), then
    by person; cells are in the order of metrics.

    `ratings.values` are codes that are equal where two ratings of a cell match. `auto` is the
    machine's value as a column (0 pass, 1 fail), NO_VERDICT, or INCOMPARABLE. `results` (C,) are
    ids of check results, 0 for criteria. `chances` is None unless items came in by chance.
    `n_flags_aside` flags have no place on their scale.
    """

    metrics: tuple[Metric, ...]
    people: tuple[UUID, ...]
    sets: Mapping[str, tuple[str, ...]]
    ratings: Ratings
    numbers: Floats
    flagged: Mask
    exposed: Mask
    cell_metric: Ints
    cell_item: Ints
    auto: Ints
    results: Ints
    item_ids: Ints
    chances: Floats | None
    n_flags_aside: int = 0

    @cached_property
    def agreement(self) -> Floats:
        """a_u of every cell, (C,); 0 where fewer than two rated."""
        return unit_agreement(self.ratings)

    @cached_property
    def compared(self) -> Mask:
        """Cells with two ratings or more, (C,)."""
        return np.asarray(self.ratings.sizes >= 2)

    @cached_property
    def has_both(self) -> Mask:
        """Cells with a verdict that compares and a reviewer's pass or fail, (C,)."""
        return np.asarray((self.auto >= 0) & self.verdicts.any(axis=1))

    @cached_property
    def weights(self) -> Floats | None:
        """1 / probability of each item, (I,), None where every item is sure to be in."""
        return None if self.chances is None else 1 / self.chances

    @cached_property
    def verdicts(self) -> Ints:
        """Pass and fail of each cell without flags, (C, 2); nothing where no verdict compares."""
        held = (self.auto[self.ratings.units] >= 0) & ~self.flagged
        cells = self.ratings.units[held] * 2 + self.ratings.values[held]
        n = len(self.cell_metric)
        return np.bincount(cells, minlength=2 * n).astype(np.int64).reshape(n, 2)

    def parts(self) -> Iterator[tuple[Metric, slice, slice]]:
        """Each metric with its cells and its rows."""
        marks = np.arange(len(self.metrics) + 1)
        cells = np.searchsorted(self.cell_metric, marks)
        rows = np.searchsorted(self.ratings.units, cells)
        for at, metric in enumerate(self.metrics):
            yield (
                metric,
                slice(int(cells[at]), int(cells[at + 1])),
                slice(int(rows[at]), int(rows[at + 1])),
            )

    def ratings_of(self, metric: Metric, cells: slice, rows: slice) -> Ratings:
        """The ratings of one metric, values as columns of its declared ones (numbers: each row)."""
        held = self.ratings
        values, scale, n_values = held.values[rows], None, len(metric.values)
        if metric.level == INTERVAL:
            scale = self.numbers[rows]
            values, n_values = np.arange(len(scale), dtype=np.int64), len(scale)
        units = held.units[rows] - cells.start
        n_units = cells.stop - cells.start
        return Ratings(units, held.raters[rows], values, n_units, held.n_raters, n_values, scale)

    def only(self, kept: Mask) -> Table:
        """The same cells with fewer ratings."""
        numbers = self.numbers[kept] if len(self.numbers) else self.numbers
        return replace(
            self,
            ratings=self.ratings.only(kept),
            numbers=numbers,
            flagged=self.flagged[kept],
            exposed=self.exposed[kept],
        )


def read_table(which: Which, shape: Shape) -> Table:
    """All that is eligible, out of the database: five statements, six with sets."""
    asked = [each for each in criteria_of(shape) if each[1].level != TEXT]
    people = read_people(which)
    sets = read_sets(which, [key for key, metric in asked if metric.level == SETS])
    values = _all_values([metric for _, metric in asked], sets)
    numbers = {key: metric.level == INTERVAL for key, metric in asked}
    if which.run:
        numbers[""] = False
    rows = read_ratings(which, numbers, people, values)
    kinds, *verdicts = read_verdicts(which)
    metrics = [
        replace(metric, values=tuple(sets)) if metric.level == SETS else metric
        for _, metric in asked
    ]
    metrics += [check_of(*kind) for kind in kinds]
    making = _Making(metrics, values, len(asked), rows, verdicts)
    return making.table(people, sets, read_chances(which))


def _all_values(metrics: Sequence[Metric], sets: Mapping[str, Any]) -> list[str]:
    """Each value that a name, rank or set can have, once."""
    named = [metric.options for metric in metrics if metric.level not in (INTERVAL, SETS)]
    return list(dict.fromkeys([*VERDICTS, *(each for some in named for each in some), *sets]))


class _Making:
    """From rows in no order to sorted cells."""

    def __init__(
        self, metrics: list[Metric], values: list[str], n_asked: int, rows: Rows, said: list[Ints]
    ) -> None:
        self.metrics, self.rows = metrics, rows
        self.metric, self.auto = rows.metric.copy(), np.full(len(rows.metric), NO_VERDICT)
        is_known = self._find_results(n_asked, *said)
        self.codes = self._codes(values)
        scale = np.array([metric.takes_flags for metric in metrics], dtype=bool)
        takes_flags = scale[self.metric] if len(metrics) else np.zeros(0, dtype=bool)
        is_aside = rows.flagged & ~takes_flags & is_known
        self.n_aside = int(is_aside.sum())
        self.kept = is_known & ~is_aside & (self.codes != NO_VERDICT)

    def _find_results(self, n_asked: int, ids: Ints, kinds: Ints, said: Ints) -> Mask:
        """Give checks their metric and verdict; which rows have a metric at all."""
        checks = np.flatnonzero(self.rows.check)
        known = np.ones(len(self.metric), dtype=bool)
        if not len(checks):
            return known
        at = np.searchsorted(ids, self.rows.check[checks])
        there = at < len(ids)
        there[there] = ids[at[there]] == self.rows.check[checks][there]
        known[checks] = there
        self.metric[checks] = 0
        found, at = checks[there], at[there]
        self.metric[found] = n_asked + kinds[at]
        self.auto[found] = np.where(said[at] < 2, said[at], INCOMPARABLE)
        return known

    def _codes(self, values: list[str]) -> Ints:
        """The value of each row as its metric counts it; numbers by their bits."""
        place = {value: at for at, value in enumerate(values)}
        own = np.full((len(self.metrics), len(values) + 1), -1, dtype=np.int64)
        for at, metric in enumerate(self.metrics):
            for code, value in enumerate(metric.options):
                if metric.level != INTERVAL:
                    own[at, place[value]] = code
        if not len(self.metric):
            return self.metric
        codes = np.asarray(own[self.metric, self.rows.value])
        last = np.array([len(metric.values) - 1 for metric in self.metrics])
        names = np.array([metric.level == NOMINAL for metric in self.metrics])
        codes = np.where(self.rows.flagged & names[self.metric], last[self.metric], codes)
        if len(self.rows.number):
            is_number = np.array([metric.level == INTERVAL for metric in self.metrics])[self.metric]
            bits = (self.rows.number + 0.0).view(np.int64)  # -0.0 is 0.0
            codes = np.where(is_number & ~np.isnan(self.rows.number), bits, codes)
        return codes

    def table(
        self,
        people: list[UUID],
        sets: Mapping[str, tuple[str, ...]],
        chances: tuple[Ints, Floats],
    ) -> Table:
        """The sorted table."""
        rows, kept = self.rows, self.kept
        metric, person = self.metric[kept], rows.person[kept]
        key = (metric << _WIDE) | np.where(rows.check[kept] > 0, rows.check[kept], rows.item[kept])
        order = _sorted(key, person, len(people))
        key = key[order]
        starts = np.flatnonzero(np.diff(key, prepend=-1))
        units = np.zeros(len(key), dtype=np.int64)
        units[starts[1:]] = 1
        units = np.cumsum(units)
        first = np.flatnonzero(kept)[order][starts]
        item_ids, cell_item = np.unique(rows.item[first], return_inverse=True)
        whole = np.flatnonzero(kept)[order]
        number = rows.number[whole] if len(rows.number) else rows.number
        ratings = Ratings(
            units, person[order], self.codes[whole], len(starts), len(people), 0, None
        )
        return Table(
            tuple(self.metrics),
            tuple(people),
            sets,
            ratings,
            number,
            rows.flagged[whole],
            rows.exposed[whole],
            self.metric[first],
            cell_item.astype(np.int64),
            self.auto[first],
            rows.check[first],
            item_ids,
            _chances(item_ids, *chances),
            self.n_aside,
        )


def _sorted(key: Ints, person: Ints, n_people: int) -> Ints:
    """The order by cell, then person; rows that come out of an index are nearly in it already."""
    order = np.argsort((key >> _WIDE).astype(np.int16), kind="stable")  # digit by digit
    order = order[np.argsort(key[order], kind="stable")]
    cell = np.cumsum(np.diff(key[order], prepend=key[order][:1]) != 0)
    place = cell * max(n_people, 1) + person[order]
    if (np.diff(place) < 0).any():
        order = order[np.argsort(place, kind="stable")]
    return order


def _chances(item_ids: Ints, ids: Ints, chances: Floats) -> Floats | None:
    """The probability of each item; None where none of the queue's came in by chance."""
    if not len(ids):
        return None
    found = np.ones(len(item_ids))
    order = np.argsort(ids)
    at = np.minimum(np.searchsorted(ids[order], item_ids), len(ids) - 1)
    there = ids[order][at] == item_ids
    found[there] = chances[order][at[there]]
    return found
