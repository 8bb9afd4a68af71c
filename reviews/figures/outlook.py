"""What the figures of a queue can still become, and the run's pass rate corrected by its reviews.

Of an item of a blind queue that is not revealed nothing is known, whatever has been said of it: its
cells can end anyhow. So the range tells nobody what a colleague has answered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from django.db import connection

from reviews.agreement.bounds import (
    Limits,
    Reach,
    auto_limits,
    joined,
    limits_by_pattern,
    number_limits,
    reviewer_limits,
)
from reviews.agreement.corrected import FAIL, PASS, Corrected, Reviewed, corrected_rate
from reviews.agreement.tables import Floats, Ints, Ratings
from reviews.figures.metrics import CHECK, INTERVAL, SETS, TEXT, Metric, criteria_of
from reviews.figures.shapes import FloorFigures, Outlook
from reviews.figures.table import Table
from reviews.models import Adjudication, Queue

WAITING = """
SELECT coalesce(array_agg(i.id), '{}'), coalesce(array_agg(%(wanted)s - i.n_counted), '{}'),
    coalesce(array_agg(i.inclusion_probability), '{}'), coalesce(array_agg(c.n), '{}'),
    coalesce(array_agg(c.n_passing), '{}')
FROM reviews_queueitem i
CROSS JOIN LATERAL (
    SELECT count(*) AS n, count(is_passed) AS n_passing FROM runs_checkresult r
    WHERE %(checks)s AND r.run_item_id = i.run_item_id AND r.state = 'done'
) c
WHERE i.queue_id = %(queue)s AND i.n_counted < %(wanted)s"""
WAITING_CHECKS = """
SELECT coalesce(array_agg(i.id), '{}'), coalesce(array_agg(c.n), '{}')
FROM reviews_queueitem i
CROSS JOIN LATERAL (
    SELECT count(*) AS n FROM runs_checkresult r WHERE r.run_item_id = i.run_item_id
        AND r.state = 'done' AND r.operator = %(operator)s AND r.evaluator = %(evaluator)s
) c
WHERE i.queue_id = %(queue)s AND i.n_counted < %(wanted)s AND c.n > 0"""
DRAWN = """
SELECT coalesce(array_agg(i.id), '{}'), coalesce(array_agg(i.inclusion_probability), '{}')
FROM reviews_queueitem i
WHERE i.queue_id = %(queue)s AND EXISTS (
    SELECT FROM runs_checkresult r
    WHERE r.run_item_id = i.run_item_id AND r.state = 'done' AND r.is_passed IS NOT NULL
)"""
WHOLE = """
SELECT count(*) FILTER (WHERE NOT r.is_passed), count(*) FILTER (WHERE r.is_passed),
    count(DISTINCT r.run_item_id)
FROM runs_checkresult r JOIN runs_runitem i ON i.id = r.run_item_id
WHERE r.run_id = %(run)s AND r.state = 'done' AND r.is_passed IS NOT NULL
    AND i.status = 'success'"""


def outlook_of(queue: Queue, table: Table, floors: Sequence[FloorFigures]) -> Outlook:
    """The ranges of both headline rates, how few items decide each floor on a share, and the
    corrected pass rate of a run whose verdicts are reviewed.

    A floor on alpha is left out: what an item moves alpha by depends on what is said of all others,
    since chance is reckoned from the values of all. Items do not add up, and no few can be named.
    """
    ahead = Ahead(queue, table)
    reaches = {"reviewers": ahead.reviewers(), "auto": ahead.auto()}
    for each in floors:
        kind, _, metric = each.figure.partition(":")
        if kind == "agreement":
            reaches[each.figure] = ahead.reviewers(metric)
    chosen = {each.figure: each.least for each in floors if each.figure in reaches}
    found = {name: reaches[name].deciding(least) for name, least in chosen.items()}
    return Outlook(
        reaches["reviewers"].range,
        reaches["auto"].range,
        {name: deciding for name, deciding in found.items() if deciding},
        corrected_of(queue, table) if queue.run_id and queue.reviews_auto_evals else None,
    )


@dataclass(frozen=True)
class Waiting:
    """Items that wait for reviews, all (W,): how many reviews, the chance by which each came in,
    and its checks, and those of them that pass or fail."""

    ids: Ints
    to_come: Ints
    chances: Floats
    n_checks: Ints
    n_verdicts: Ints


class Ahead:
    """The cells of a queue when every review is there: those of the table, and those of items
    nobody of whom is told of yet. Codes of the latter follow those of the table's items."""

    def __init__(self, queue: Queue, table: Table) -> None:
        self.queue, self.table = queue, table
        self.waiting = _waiting(queue)
        known = np.isin(self.waiting.ids, table.item_ids)
        self.fresh = np.flatnonzero(~known)
        self.n_known = len(table.item_ids)
        self.codes = self.n_known + np.arange(len(self.fresh))
        self.to_come = np.zeros(self.n_known, dtype=np.int64)
        place = np.searchsorted(table.item_ids, self.waiting.ids[known])
        self.to_come[place] = self.waiting.to_come[known]

    @cached_property
    def weights(self) -> Floats | None:
        """1 / probability of all items; None where all were sure to come in."""
        chances = self.waiting.chances[self.fresh]
        if self.table.weights is None and (chances >= 1).all():
            return None
        known = np.ones(self.n_known) if self.table.weights is None else self.table.weights
        return np.concatenate([known, 1 / chances])

    def reviewers(self, only: str = "") -> Reach:
        """Reviewer<->Reviewer, of all metrics or of one criterion or kind of check."""
        limits, items = [], []
        for metric, cells, rows, ratings in self.table.parts:
            if only not in ("", metric.key):
                continue
            codes = self.table.cell_item[cells]
            limits.append(self._known(metric, cells, rows, ratings, self.to_come[codes]))
            items.append(codes)
        for metric, times in self._asked(only):
            limits.append(_unknown(metric, self._wanted(times)))
            items.append(np.repeat(self.codes, times))
        return self._reach(limits, items)

    def _known(
        self, metric: Metric, cells: slice, rows: slice, ratings: Ratings, to_come: Ints
    ) -> Limits:
        sizes = ratings.sizes
        if metric.level not in (INTERVAL, SETS):
            return limits_by_pattern(ratings.patterns, to_come)
        agreeing = self.table.agreement[cells] * sizes * (sizes - 1) / 2
        return number_limits(agreeing, self._top(rows, cells), sizes, to_come)

    def _top(self, rows: slice, cells: slice) -> Ints:
        """The most ratings of each cell that are alike."""
        held = self.table.ratings
        units, values = held.units[rows] - cells.start, held.values[rows]
        order = np.lexsort((values, units))
        units, values = units[order], values[order]
        is_first = np.ones(len(units), dtype=bool)
        is_first[1:] = (units[1:] != units[:-1]) | (values[1:] != values[:-1])
        first = np.flatnonzero(is_first)
        top = np.zeros(cells.stop - cells.start, dtype=np.int64)
        np.maximum.at(top, units[first], np.diff(first, append=len(units)))
        return top

    def _asked(self, only: str) -> Iterator[tuple[Metric, Ints]]:
        """What fresh items will be asked, of all metrics or of one, and how many times each."""
        shape = self.queue.rubric_version.read()
        for key, metric in criteria_of(shape):
            is_wanted = only in ("", metric.key)
            if is_wanted and metric.level != TEXT and shape.by_key[key].required:
                yield metric, np.ones(len(self.fresh), dtype=np.int64)
        if only == "":
            yield _ANY_CHECK, self.waiting.n_checks[self.fresh]
        elif only.startswith(OF_CHECK):
            yield _ANY_CHECK, self._checks(only.removeprefix(OF_CHECK))

    def _checks(self, name: str) -> Ints:
        """How many checks of this kind each fresh item has."""
        times = np.zeros(len(self.waiting.ids), dtype=np.int64)
        if self.queue.run_id and self.queue.reviews_auto_evals:
            operator, _, evaluator = name.partition(":")
            told = {"queue": self.queue.pk, "wanted": self.queue.reviews_per_item}
            kind = {"operator": operator, "evaluator": evaluator}
            ids, n = _columns(WAITING_CHECKS, told | kind)
            counts = dict(zip(ids, n, strict=True))
            times = _ints([counts.get(pk, 0) for pk in self.waiting.ids.tolist()])
        return times[self.fresh]

    def _wanted(self, times: Ints) -> Ints:
        """Reviews to come for each cell of fresh items: all of them, nothing is known."""
        return np.full(int(times.sum()), self.queue.reviews_per_item, dtype=np.int64)

    def auto(self) -> Reach:
        """Auto<->Reviewer."""
        table, held = self.table, self.table.auto >= 0
        verdicts = table.verdicts[held]
        codes = table.cell_item[held]
        matching = verdicts[np.arange(len(verdicts)), table.auto[held]]
        known = auto_limits(matching, verdicts.sum(axis=1), self.to_come[codes])
        times = self.waiting.n_verdicts[self.fresh]
        none = np.zeros(int(times.sum()), dtype=np.int64)
        fresh = auto_limits(none, none, self._wanted(times))
        return self._reach([known, fresh], [codes, np.repeat(self.codes, times)])

    def _reach(self, limits: list[Limits], items: list[Ints]) -> Reach:
        codes = np.concatenate(items) if items else np.zeros(0, dtype=np.int64)
        n_items = int(codes.max(initial=-1)) + 1
        weights = None if self.weights is None else self.weights[:n_items]
        return Reach.of(joined(limits), codes.astype(np.int64), weights)


OF_CHECK = "check:"
_ANY_CHECK = Metric("check", "", CHECK, "nominal", ("pass", "fail", "flagged"))


def _unknown(metric: Metric, to_come: Ints) -> Limits:
    """Cells that nobody has rated."""
    none = np.zeros(len(to_come), dtype=np.int64)
    if metric.level in (INTERVAL, SETS):
        return number_limits(none.astype(float), none, none, to_come)
    return reviewer_limits(np.zeros((len(to_come), len(metric.values)), dtype=np.int64), to_come)


def _waiting(queue: Queue) -> Waiting:
    told = {
        "queue": queue.pk,
        "wanted": queue.reviews_per_item,
        "checks": bool(queue.run_id and queue.reviews_auto_evals),
    }
    ids, to_come, chances, n_checks, n_verdicts = _columns(WAITING, told)
    return Waiting(
        _ints(ids), _ints(to_come), np.array(chances, dtype=float), _ints(n_checks),
        _ints(n_verdicts),
    )  # fmt: skip


# --- the corrected pass rate ---------------------------------------------------------------------


def corrected_of(queue: Queue, table: Table) -> Corrected:
    """The run's share of passed checks as people would give it: final answers where an item was
    settled, else the share of its reviewers who pass the check; flags say neither."""
    fails, passes, n_items = _columns(WHOLE, {"run": queue.run_id})
    ids, chances = _columns(DRAWN, {"queue": queue.pk})
    drawn, probability = _ints(ids), np.array(chances, dtype=float)
    order = np.argsort(drawn)
    drawn, probability = drawn[order], probability[order]
    held = np.flatnonzero((table.auto >= 0) & np.isin(table.item_ids[table.cell_item], drawn))
    verdicts = table.verdicts[held]
    n = verdicts.sum(axis=1)
    truth = np.where(n > 0, verdicts[:, 0] / np.maximum(n, 1), np.nan)  # nan: all have flagged
    truth = _settled(queue, table.results[held], truth)
    said = np.where(table.auto[held] == 0, PASS, FAIL)
    items = np.searchsorted(drawn, table.item_ids[table.cell_item[held]])
    unseen = np.setdiff1d(np.arange(len(drawn)), items)
    return corrected_rate(
        Reviewed(
            auto=np.concatenate([said, np.full(len(unseen), FAIL)]),
            truth=np.concatenate([truth, np.full(len(unseen), np.nan)]),
            items=np.concatenate([items, unseen]),
            probability=probability,
            n_cells=(fails, passes),
            n_items=n_items,
            is_shuffled=queue.order == Queue.Order.SHUFFLED,
        )
    )


def _settled(queue: Queue, results: Ints, truth: Floats) -> Floats:
    finals: dict[int, float] = {}
    rows = Adjudication.all_rows.filter(queue=queue, is_current=True, reopened_at=None).order_by()
    for checks in rows.exclude(checks={}).values_list("checks", flat=True):
        finals |= dict(_verdicts(checks))
    if not finals:
        return truth
    pairs = zip(results.tolist(), truth.tolist(), strict=True)
    return np.array([finals.get(pk, said) for pk, said in pairs], dtype=float)


def _verdicts(checks: Mapping[str, Mapping[str, object]]) -> Iterator[tuple[int, float]]:
    for pk, answer in checks.items():
        if answer.get("value") in ("pass", "fail"):
            yield int(pk), 1.0 if answer["value"] == "pass" else 0.0


def _columns(statement: str, told: Mapping[str, Any]) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, told)
        found: tuple[Any, ...] = cursor.fetchone()
        return found


def _ints(given: list[int]) -> Ints:
    return np.array(given, dtype=np.int64)
