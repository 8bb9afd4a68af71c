"""The ratings of a queue as arrays: cells of items, with what the machine said, by metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from uuid import UUID

import numpy as np

from reviews.agreement.tables import Floats, Ints, Ratings, sums
from reviews.figures.metrics import INTERVAL, SETS, TEXT, Metric, check_of, criteria_of
from reviews.figures.reading import (
    Alike,
    Which,
    read_chances,
    read_people,
    read_ratings,
    read_sets,
    read_verdicts,
)
from reviews.figures.sorting import (
    ASIDE,
    INCOMPARABLE,
    NO_VERDICT,
    Cells,
    Coding,
    Mask,
    Results,
    sorted_ratings,
)
from reviews.rubrics.shape import Shape


@dataclass(frozen=True)
class Table:
    """Every eligible rating, sorted by cell (of a metric, an item, and for checks a result), then
    by person; cells are in the order of metrics.

    `ratings.values` are codes that are equal where two ratings of a cell match. `auto` is the
    machine's value as a column (0 pass, 1 fail), NO_VERDICT, or INCOMPARABLE. `results` (C,) are
    ids of check results, 0 for criteria. `chances` is None unless items came in by chance.
    `names` are how people are called. `n_flags_aside` flags have no place on their scale.
    """

    metrics: tuple[Metric, ...]
    people: tuple[UUID, ...]
    names: tuple[str, ...]
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
        sizes = self.ratings.sizes
        agreed = sums(self.n_alike, self.ratings.units, len(sizes))
        return np.asarray(agreed / np.maximum(sizes * (sizes - 1), 1))

    @cached_property
    def n_alike(self) -> Ints:
        """How many others of its cell match each rating, (N,)."""
        found = np.zeros(len(self.ratings.units), dtype=np.int64)
        for metric, _, rows, ratings in self.parts:
            if metric.level == INTERVAL:  # whose values are its rows
                ratings = replace(ratings, values=self.ratings.values[rows])
            found[rows] = ratings.n_alike
        return found

    @cached_property
    def compared(self) -> Mask:
        """Cells with two ratings or more, (C,)."""
        return np.asarray(self.ratings.sizes >= 2)

    @cached_property
    def has_both(self) -> Mask:
        """Cells with a verdict that compares and a reviewer's pass or fail, (C,)."""
        return np.asarray((self.auto >= 0) & (self.verdicts[:, 0] + self.verdicts[:, 1] > 0))

    @cached_property
    def is_judged(self) -> Mask:
        """Ratings of cells with a verdict that compares, (N,)."""
        return np.asarray((self.auto >= 0)[self.ratings.units])

    @cached_property
    def weights(self) -> Floats | None:
        """1 / probability of each item, (I,), None where every item is sure to be in."""
        return None if self.chances is None else 1 / self.chances

    @cached_property
    def verdicts(self) -> Ints:
        """Pass and fail of each cell without flags, (C, 2); nothing where no verdict compares."""
        held = np.flatnonzero(self.is_judged & ~self.flagged)
        cells = self.ratings.units[held] * 2 + self.ratings.values[held]
        n = len(self.cell_metric)
        return np.bincount(cells, minlength=2 * n).astype(np.int64).reshape(n, 2)

    @cached_property
    def parts(self) -> list[tuple[Metric, slice, slice, Ratings]]:
        """Each metric with its cells, its rows and its ratings."""
        marks = np.arange(len(self.metrics) + 1)
        edges = np.searchsorted(self.cell_metric, marks)
        cells = [slice(*ends) for ends in pairwise(edges.tolist())]
        edges = np.searchsorted(self.ratings.units, edges)
        rows = [slice(*ends) for ends in pairwise(edges.tolist())]
        found = zip(self.metrics, cells, rows, strict=True)
        return [(*each, self._ratings_of(*each)) for each in found]

    def _ratings_of(self, metric: Metric, cells: slice, rows: slice) -> Ratings:
        """The ratings of one metric, values as columns of its declared ones (numbers: each row)."""
        held = self.ratings
        values, scale, n_values = held.values[rows], None, len(metric.values)
        if metric.level == INTERVAL:
            scale = self.numbers[rows]
            values, n_values = np.arange(len(scale), dtype=np.int64), len(scale)
        units = held.units[rows] - cells.start
        n_units = cells.stop - cells.start
        weights = None if self.weights is None else self.weights[self.cell_item[cells]]
        return Ratings(
            units, held.raters[rows], values, n_units, held.n_raters, n_values, scale, weights
        )

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
    """All that is eligible, out of the database, in a fixed number of statements."""
    asked = criteria_of(shape)
    people = read_people(which)
    sets = read_sets(which, [key for key, metric in asked if metric.level == SETS])
    criteria = {
        key: replace(metric, values=tuple(sets)) if metric.level == SETS else metric
        for key, metric in asked
        if metric.level != TEXT
    }
    kinds, *verdicts = read_verdicts(which)
    checks, results = [check_of(*kind) for kind in kinds], Results(*verdicts)
    coding = Coding(criteria, checks[0] if checks else None)  # all checks have the same values
    coded = list(coding.coded(_read(which, asked), list(people), results))
    kept = [each for each in coded if each.value >= 0]
    found = sorted_ratings(kept, len(criteria), len(people), len(results.ids))
    return Table(
        metrics=(*criteria.values(), *checks),
        people=tuple(people),
        names=tuple(people.values()),
        sets=sets,
        ratings=found.ratings,
        numbers=found.numbers,
        flagged=found.flagged,
        exposed=found.exposed,
        **_told(found.cells, results, len(criteria)),
        item_ids=found.item_ids,
        chances=_chances(found.item_ids, *read_chances(which)),
        n_flags_aside=sum(len(each.items) for each in coded if each.value == ASIDE),
    )


def _read(which: Which, asked: Sequence[tuple[str, Metric]]) -> list[Alike]:
    def keys(level: str) -> list[str]:
        return [key for key, metric in asked if metric.level == level]

    return read_ratings(which, numbers=keys(INTERVAL), sets=keys(SETS), texts=keys(TEXT))


def _told(cells: Cells, results: Results, n_criteria: int) -> dict[str, Ints]:
    """The metric of each cell, and of checks the verdict and the id of the result."""
    is_check = cells.rank >= 0
    at = results.order[cells.rank[is_check]]
    said = results.said[at]
    metric, ids = cells.metric.copy(), np.zeros(len(is_check), dtype=np.int64)
    auto = np.full(len(is_check), NO_VERDICT)
    metric[is_check] = n_criteria + results.kinds[at]
    auto[is_check] = np.where(said < 2, said, INCOMPARABLE)
    ids[is_check] = results.ids[at]
    return {"cell_metric": metric, "cell_item": cells.item, "auto": auto, "results": ids}


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
