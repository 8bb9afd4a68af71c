"""The shares of a queue: reviewers among themselves, and the machine's verdicts against them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from reviews.agreement import rates
from reviews.agreement.automatic import confusion, wrong_rate
from reviews.agreement.quantity import NO_DATA, NO_OVERLAP, NO_VARIATION, Quantity, null
from reviews.agreement.rates import missing_long
from reviews.agreement.tables import Floats, Ints, tally
from reviews.figures.shapes import AutoFigures, Beside, Rate
from reviews.figures.sorting import INCOMPARABLE, Mask
from reviews.figures.table import Table

PASS, FAIL = 0, 1


def share(
    table: Table,
    scores: Floats,
    kept: Mask,
    filter_: Mapping[str, str],
    reason: str = NO_OVERLAP,
) -> Rate:
    """The mean of the scores (C,) of the cells that are kept (C,), clustered by item, weighted
    where items came in by chance; null with `reason` where there is none."""
    cells = np.flatnonzero(kept)
    items = table.cell_item[cells]
    if not len(cells):
        return Rate(null(reason), 0, 0, filter_)
    found = rates.headline_rate(scores[cells], items, weights(table, int(items.max()) + 1))
    return Rate(found, len(cells), n_different(items), filter_)


def n_different(codes: Ints) -> int:
    """How many different codes there are."""
    return int(np.count_nonzero(tally(codes)))


def weights(table: Table, n_items: int) -> Floats | None:
    """1 / probability of the first so many items."""
    return None if table.weights is None else table.weights[:n_items]


def among_reviewers(table: Table, kept: Mask | None = None, **filter_: str) -> Rate:
    """Reviewer<->Reviewer: the mean of a_u over cells with two ratings or more."""
    cells = table.compared if kept is None else table.compared & kept
    why = missing_long(table.ratings) or NO_OVERLAP
    return share(table, table.agreement, cells, {"cells": "compared", **filter_}, why)


def against_reviewers(table: Table, kept: Mask | None = None, **filter_: str) -> Rate:
    """Auto<->Reviewer: the mean of b_u over cells with a verdict and a rating that is no flag."""
    cells = table.has_both if kept is None else table.has_both & kept
    if not cells.any():
        why = NO_OVERLAP if len(table.ratings.units) else NO_DATA
        return Rate(null(why), 0, 0, {"cells": "auto", **filter_})
    scores = rates.auto_agreement(table.verdicts, np.maximum(table.auto, 0))
    return share(table, scores, cells, {"cells": "auto", **filter_})


def on_the_same_cells(table: Table) -> Beside:
    """Both rates on the cells that enter both."""
    both = table.has_both & table.compared
    n = int(table.ratings.sizes[both].sum())
    return Beside(
        n,
        n / len(table.ratings.units) if n else None,
        among_reviewers(table, both, cells="both"),
        against_reviewers(table, both, cells="both"),
    )


def by_exposure(table: Table) -> tuple[Beside, Beside]:
    """Both rates of the ratings made with anything in view, and of those made blind."""
    return _seen(table, table.exposed, "exposed"), _seen(table, ~table.exposed, "blind")


def _seen(table: Table, kept: Mask, name: str) -> Beside:
    n, whole = int(kept.sum()), len(table.ratings.units)
    part = table if n == whole else table.only(kept)
    ratio = n / whole if whole else None
    return Beside(n, ratio, among_reviewers(part, view=name), against_reviewers(part, view=name))


def wrong(table: Table, kept: Mask, said: int, truly: int, filter_: Mapping[str, str]) -> Rate:
    """Of what reviewers call `truly`, the share that the machine calls `said`."""
    cells = np.flatnonzero(kept & table.has_both)
    if not len(cells):
        why = NO_OVERLAP if len(table.ratings.units) else NO_DATA
        return Rate(null(why), 0, 0, filter_)
    items, counts = table.cell_item[cells], table.verdicts[cells]
    n_items = int(items.max()) + 1
    found = wrong_rate(
        counts, table.auto[cells], items, said=said, truly=truly, weights=weights(table, n_items)
    )
    return Rate(found, found.n, n_different(items[counts[:, truly] > 0]), filter_)


def wrong_both(table: Table, kept: Mask, **filter_: str) -> tuple[Rate, Rate]:
    """False passes and false fails of the cells that are kept."""
    return (
        wrong(table, kept, PASS, FAIL, {"cells": "false_pass", **filter_}),
        wrong(table, kept, FAIL, PASS, {"cells": "false_fail", **filter_}),
    )


def auto_figures(table: Table, kept: Mask, **filter_: str) -> AutoFigures:
    """The machine's verdicts of the cells that are kept against the reviewers."""
    both = kept & table.has_both
    counts, auto = table.verdicts[both], table.auto[both]
    found = confusion(counts, auto)
    pairs: Any = tuple(tuple(row) for row in found.table.tolist())
    return AutoFigures(
        against_reviewers(table, kept, **filter_),
        _kappa(found.table, found.n),
        pairs,
        *wrong_both(table, kept, **filter_),
    )


def _kappa(table: Floats, n: int) -> Quantity:
    """Cohen's kappa of the cells, each counting once: a plain value without an interval."""
    if not n:
        return null(NO_OVERLAP)
    shares = table / table.sum()
    by_chance = float(shares.sum(axis=1) @ shares.sum(axis=0))
    if by_chance > 1 - 1e-12:
        return null(NO_VARIATION, n)
    return Quantity((float(np.trace(shares)) - by_chance) / (1 - by_chance), n=n)


def n_incomparable(table: Table) -> int:
    """Reviewed cells whose verdict is a number or label, which no pass or fail compares with."""
    return int((table.auto == INCOMPARABLE).sum())


def flagged_share(table: Table) -> float | None:
    """Of the ratings of verdicts, the share that is a flag: an abstention there."""
    held = table.is_judged
    return float(table.flagged[held].mean()) if held.any() else None
