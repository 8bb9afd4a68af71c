"""Ratings out of the database in their order: by metric, item (of checks: result) and person.

Each rating has a place that is a number, so that they are counted into their order, not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from reviews.agreement.tables import Floats, Ints, Ratings, numbered, tally
from reviews.figures.metrics import INTERVAL, Metric
from reviews.figures.reading import Alike

Mask = NDArray[np.bool_]
NO_VERDICT, INCOMPARABLE = -1, -2
ASIDE, UNKNOWN = -1, -2  # codes of flags that have no place on a scale, of what is not declared
_NONE = np.zeros(0, dtype=np.int64)
_ROOMY = 8  # so many places for a rating are counted, more are sorted


@dataclass(frozen=True)
class Results:
    """The machine's results, all (R,), ordered by id: their kind, and 0 passed, 1 failed, 2 what
    compares with no pass or fail."""

    ids: Ints
    kinds: Ints
    said: Ints

    @cached_property
    def order(self) -> Ints:
        """All of them by kind, then by id, (R,)."""
        return np.asarray(np.argsort(self.kinds, kind="stable"))

    @cached_property
    def ranks(self) -> Ints:
        """The place of each in that order, (R,)."""
        found = np.zeros(len(self.ids), dtype=np.int64)
        found[self.order] = np.arange(len(found))
        return found

    def find(self, ids: Ints) -> tuple[Ints, Mask]:
        """The rank of each that is there, and which of the ids (N,) are."""
        at = np.searchsorted(self.ids, ids)
        there = at < len(self.ids)
        there[there] = self.ids[at[there]] == ids[there]
        return self.ranks[at[there]], there


@dataclass(frozen=True)
class Coded:
    """Ratings that are alike but for their items, in codes. Checks (metric -1) have the rank of
    the result of each, numbers what was said of each; for all others these are empty."""

    metric: int
    person: int
    value: int
    flagged: bool
    exposed: bool
    items: Ints
    ranks: Ints
    numbers: Floats


class Coding:
    """How values are counted: those of criteria, by key in their order, and those of checks."""

    def __init__(self, criteria: Mapping[str, Metric], check: Metric | None) -> None:
        self.metrics = {key: (at, metric) for at, (key, metric) in enumerate(criteria.items())}
        if check:
            self.metrics[""] = -1, check
        self.options: dict[str, dict[str | None, int]] = {
            key: {value: code for code, value in enumerate(metric.options)}
            for key, (_, metric) in self.metrics.items()
        }

    def value(self, alike: Alike) -> int:
        """The code of their value, ASIDE or UNKNOWN; of numbers 0."""
        _, metric = self.metrics[alike.criterion]
        if alike.flagged:
            return len(metric.values) - 1 if metric.takes_flags else ASIDE
        if metric.level == INTERVAL:
            return 0
        return self.options[alike.criterion].get(alike.value, UNKNOWN)

    def coded(
        self, found: Sequence[Alike], people: Sequence[UUID], results: Results
    ) -> Iterator[Coded]:
        """The ratings of these criteria and of known checks, numbers first and checks last."""
        codes = {person: code for code, person in enumerate(people)}
        asked = [each for each in found if each.criterion in self.metrics]
        for each in sorted(asked, key=lambda each: (each.criterion == "", not len(each.numbers))):
            metric, _ = self.metrics[each.criterion]
            items, ranks = each.items, _NONE
            if metric < 0:
                ranks, there = results.find(each.checks)
                items = items[there]
            yield Coded(
                metric, codes[each.person], self.value(each), each.flagged, each.exposed, items,
                ranks, each.numbers,
            )  # fmt: skip


@dataclass(frozen=True)
class Cells:
    """Cells in their order, all (C,): the place of their metric among criteria (-1 for checks), the
    code of their item, the rank of their result (-1 for criteria)."""

    metric: Ints
    item: Ints
    rank: Ints


@dataclass(frozen=True)
class Sorted:
    """Ratings in their order, (N,), with their cells; `numbers` are empty where none are asked."""

    ratings: Ratings
    numbers: Floats
    flagged: Mask
    exposed: Mask
    cells: Cells
    item_ids: Ints


def sorted_ratings(
    found: Sequence[Coded], n_criteria: int, n_people: int, n_results: int
) -> Sorted:
    """The ratings by criterion and item, then by the rank of their result; then by person."""
    lengths = [len(each.items) for each in found]
    alike = np.repeat(np.arange(len(found)), lengths)
    item_ids, item = _numbered(_joined([each.items for each in found]))
    ranks = _joined([each.ranks for each in found])
    metric, person, value, flagged, exposed = _columns(found)
    n_items = len(item_ids)
    place = metric[alike] * n_items + item
    place[len(place) - len(ranks) :] = n_criteria * n_items + ranks
    n_places = n_criteria * n_items + n_results
    sizes = tally(place, n_places)
    used = np.flatnonzero(sizes)
    item_of = np.zeros(n_places, dtype=np.int64)
    item_of[place] = item
    order = _order(place, person[alike], n_places, n_people)
    alike = alike[order]
    values, numbers = value[alike], _numbers(found, len(order))
    if len(numbers):
        numbers = numbers[order]
        values = np.where(np.isnan(numbers), values, (numbers + 0.0).view(np.int64))
    units = np.repeat(np.arange(len(used)), sizes[used])
    is_check = used >= n_criteria * n_items
    return Sorted(
        Ratings(units, person[alike], values, len(used), n_people, 0),
        numbers,
        flagged[alike],
        exposed[alike],
        Cells(
            np.where(is_check, -1, used // max(n_items, 1)),
            item_of[used],
            np.where(is_check, used - n_criteria * n_items, -1),
        ),
        item_ids,
    )


def _columns(found: Sequence[Coded]) -> tuple[Ints, Ints, Ints, Mask, Mask]:
    """Metric, person, value, whether flagged and whether exposed of each, (G,)."""
    codes = np.array([(each.metric, each.person, each.value) for each in found], dtype=np.int64)
    marks = np.array([(each.flagged, each.exposed) for each in found], dtype=bool)
    return (*codes.reshape(-1, 3).T, *marks.reshape(-1, 2).T)


def _numbers(found: Sequence[Coded], n: int) -> Floats:
    """The number of each rating, (n,), NaN but for numbers; nothing where there are none."""
    given = [each.numbers for each in found if len(each.numbers)]
    if not given:
        return np.zeros(0)
    numbers = np.concatenate(given)
    return np.concatenate([numbers, np.full(n - len(numbers), np.nan)])


def _joined(parts: Sequence[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)


def _numbered(ids: Ints) -> tuple[Ints, Ints]:
    """The different ids, ascending, and which of them each is."""
    least = ids.min() if len(ids) else 0
    used, place, _ = numbered(ids - least)
    return used + least, place


def _order(place: Ints, person: Ints, n_places: int, n_people: int) -> Ints:
    """The order by place, then person: counted where there is room for all, else sorted."""
    key = place * n_people + person
    size = n_places * n_people
    if size <= max(1 << 20, _ROOMY * len(key)):
        row = np.full(size, -1, dtype=np.int32)
        row[key] = np.arange(len(key), dtype=np.int32)
        order = row[row >= 0].astype(np.int64)
        if len(order) == len(key):
            return order
    return np.asarray(np.argsort(key, kind="stable"))
