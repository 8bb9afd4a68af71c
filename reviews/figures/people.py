"""Figures about people and about single items: pairs, each against the others, what is disputed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np

from reviews.agreement.cautions import marginal_shifts, shown
from reviews.agreement.disputed import unit_costs, unit_disagreement
from reviews.agreement.kappa import cohen_kappas
from reviews.agreement.meetings import Meetings
from reviews.agreement.people import leave_one_out
from reviews.agreement.quantity import NO_DATA, NO_OVERLAP, Quantity, null
from reviews.agreement.tables import Floats, Ints, sums, tally
from reviews.figures.measuring import LIMITS, Part, quadratic, warned
from reviews.figures.metrics import INTERVAL, NOMINAL, ORDINAL, SETS
from reviews.figures.shapes import DisputedItem, PairFigures, PersonFigures, Warned
from reviews.figures.table import Table

MOST_DISPUTED = 50


# --- people --------------------------------------------------------------------------------------


def people_figures(
    table: Table, parts: Sequence[Part], names: Mapping[UUID, str], only: UUID | None = None
) -> list[PersonFigures]:
    """Each reviewer against the others, and every alpha without them; `only` one of them."""
    alone = leave_one_out(table.ratings, table.cell_item, table.n_alike)
    given = tally(table.ratings.raters, len(table.people))
    without = [(part.metric.key, {} if only else part.alpha_without_each()) for part in parts]
    found = []
    for code, person in enumerate(table.people):
        if (only and person != only) or not given[code]:
            continue
        quantity = alone.get(code) or null(NO_DATA)
        found.append(
            PersonFigures(
                str(person),
                names.get(person, ""),
                int(given[code]),
                shown(quantity, quantity.n, LIMITS.rater_units),
                {
                    key: shown(each[code], each[code].n, LIMITS.hide_units)
                    for key, each in without
                    if code in each
                },
                {"reviewer": str(person)},
            )
        )
    return found


def pair_figures(
    table: Table, parts: Sequence[Part], names: Mapping[UUID, str]
) -> tuple[list[PairFigures], list[Warned]]:
    """Each pair that shares a cell, with kappa of each metric of names or ratings; and who is
    stricter than whom, by metric."""
    met = Meetings.of(table.ratings)
    called = [names.get(who, "") or str(who) for who in table.people]
    kappas, shifts = _by_metric(met, parts, called)
    found = []
    for who, quantity in met.rates(table.cell_item).items():
        first, second = (str(table.people[code]) for code in who)
        found.append(
            PairFigures(
                first,
                second,
                quantity,
                kappas.get(who, {}),
                quantity.n < LIMITS.rater_units,
                {"reviewer": first, "other": second},
            )
        )
    return found, shifts


def _by_metric(
    met: Meetings, parts: Sequence[Part], names: Sequence[str]
) -> tuple[dict[tuple[int, int], dict[str, Quantity]], list[Warned]]:
    kappas: dict[tuple[int, int], dict[str, Quantity]] = {}
    shifts: list[Warned] = []
    for part in parts:
        if part.metric.level not in (NOMINAL, ORDINAL):
            continue
        weights = quadratic(part.metric) if part.metric.level == ORDINAL else None
        for pairs in met.tables(part.rows, len(part.metric.values)):
            for who, kappa in zip(pairs.who, cohen_kappas(pairs.tables, weights), strict=True):
                if kappa.reason != NO_OVERLAP:
                    kappas.setdefault(who, {})[part.metric.key] = kappa
            shifted = marginal_shifts(pairs, part.metric.values, names, LIMITS)
            shifts += warned(shifted, part.metric.key)
    return kappas, shifts


# --- items ---------------------------------------------------------------------------------------


def disagreement(table: Table, parts: Sequence[Part]) -> Floats:
    """How far the reviewers of each cell lie apart, (C,): 1 - a_u, on scales over their range."""
    found = np.where(table.compared, 1 - table.agreement, 0.0)
    for part in parts:
        if part.metric.level in (ORDINAL, INTERVAL):
            found[part.cells] = unit_disagreement(part.ratings, graded=True, span=_span(part))
    return found


def _span(part: Part) -> float:
    low, high = part.metric.low, part.metric.high
    return 0.0 if low is None or high is None else high - low


def costs(part: Part) -> Floats:
    """What each cell of the metric takes off its alpha, (U,)."""
    apart = part.apart
    if part.metric.level in (INTERVAL, SETS):
        return unit_costs(part.ratings.sizes, apart)
    found = part.ratings.patterns
    return np.asarray(unit_costs(found.sizes, apart)[found.place])


def disputed_items(
    table: Table, parts: Sequence[Part], apart: Floats, most: int = MOST_DISPUTED
) -> list[tuple[int, dict[str, Any]]]:
    """The most disputed items by their ids, by the mean disagreement of their compared cells, ties
    by more ratings, then by id; and what `DisputedItem` says of them."""
    n_items = len(table.item_ids)
    cells = np.flatnonzero(table.compared)
    items = table.cell_item[cells]
    n_compared = tally(items, n_items)
    mean = sums(apart[cells], items, n_items) / np.maximum(n_compared, 1)
    n_ratings = sums(table.ratings.sizes, table.cell_item, n_items).astype(np.int64)
    order = np.lexsort((table.item_ids, -n_ratings, -np.round(mean, 12)))
    chosen: Ints = order[np.round(mean[order], 12) > 0][:most]
    costs_of = _costs_of(table, parts, chosen)
    return [
        (
            int(table.item_ids[at]),
            {
                "disagreement": float(mean[at]),
                "n_compared": int(n_compared[at]),
                "n_ratings": int(n_ratings[at]),
                "costs": costs_of[place],
            },
        )
        for place, at in enumerate(chosen.tolist())
    ]


def _costs_of(table: Table, parts: Sequence[Part], chosen: Ints) -> list[dict[str, float]]:
    found: list[dict[str, float]] = [{} for _ in range(len(chosen))]
    for part in parts if len(chosen) else ():
        spent = sums(costs(part), table.cell_item[part.cells], len(table.item_ids))
        for place, cost in enumerate(spent[chosen].tolist()):
            if cost > 0:
                found[place][part.metric.key] = cost
    return found


def told_items(
    found: Sequence[tuple[int, dict[str, Any]]], rows: Mapping[int, tuple[str, str, int]]
) -> list[DisputedItem]:
    """Those of them that are among the rows (key, label and position by id)."""
    return [DisputedItem(*rows[pk], **told) for pk, told in found if pk in rows]
