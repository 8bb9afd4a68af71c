"""The items behind a figure: what its `filter` says, looked up among the same ratings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from django.core.exceptions import ValidationError

from evalplatform.scoping.actor import Actor
from reviews.agreement.rates import auto_agreement
from reviews.figures.measuring import parts_of
from reviews.figures.people import disagreement
from reviews.figures.rates import FAIL, PASS
from reviews.figures.sorting import Mask
from reviews.figures.table import Table
from reviews.figures.whole import table_of, tells_all, which_of
from reviews.models import Queue, QueueItem

CELLS = {
    "rated": "with a rating",
    "compared": "with two ratings or more",
    "disputed": "on which reviewers differ",
    "auto": "with a verdict and a reviewer’s pass or fail",
    "auto_differs": "where a reviewer differs from the verdict",
    "both": "with a verdict and two ratings or more",
    "false_pass": "that the machine passes and a reviewer fails",
    "false_fail": "that the machine fails and a reviewer passes",
}
VIEWS = ("exposed", "blind")
FILTERS = ("cells", "metric", "view", "reviewer", "other", "value")


def items_behind(queue: Queue, query: Mapping[str, str], *, by: Actor) -> Any:
    """The items of a figure's filter that the actor sees, in the queue's order.

    Who only reviews is told of their own items, and of no other person. ValidationError for what is
    no filter.
    """
    leads = tells_all(queue, by)
    table = table_of(queue, which_of(queue, None if leads else by.user.pk))
    people = {str(person): code for code, person in enumerate(table.people)}
    if not leads:
        people = {pk: code for pk, code in people.items() if pk == str(by.user.pk)}
    ids = table.item_ids[np.unique(table.cell_item[cells_of(table, query, people)])]
    return QueueItem.objects.visible_to(by).filter(queue=queue, pk__in=ids.tolist())


def cells_of(
    table: Table, query: Mapping[str, str], people: Mapping[str, int] | None = None
) -> Mask:
    """The cells that the filter keeps, (C,); `people` are the codes of those it may name."""
    people = people or {}
    faults = _faults(table, query, people)
    if faults:
        raise ValidationError(faults)
    if query.get("view"):
        is_exposed = query["view"] == "exposed"
        table = table.only(table.exposed if is_exposed else ~table.exposed)
    kept = np.asarray(table.ratings.sizes > 0)
    if query.get("metric"):
        keys = [metric.key for metric in table.metrics]
        kept &= table.cell_metric == keys.index(query["metric"])
    for name in ("reviewer", "other"):
        if query.get(name):
            kept &= _rated_by(table, people[query[name]])
    if query.get("value"):
        kept &= _given(table, query["value"])
    if query.get("other") and query.get("reviewer") and not query.get("cells"):
        return kept & table.compared
    return np.asarray(kept & _of_kind(table, query.get("cells") or "rated"))


def _faults(table: Table, query: Mapping[str, str], people: Mapping[str, int]) -> dict[str, str]:
    faults = {name: "There is no such filter." for name in query if name not in FILTERS}
    metric, value = query.get("metric"), query.get("value")
    known = {each.key: each for each in table.metrics}
    if query.get("cells") and query["cells"] not in CELLS:
        faults["cells"] = f"Choose one of: {', '.join(CELLS)}."
    if query.get("view") and query["view"] not in VIEWS:
        faults["view"] = f"Choose one of: {', '.join(VIEWS)}."
    if metric and metric not in known:
        faults["metric"] = "Nothing of this queue is measured by that."
    for name in ("reviewer", "other"):
        if query.get(name) and query[name] not in people:
            faults[name] = "Nobody of this queue that you are told of."
    if value and not any(value in each.values for key, each in known.items() if key == metric):
        faults["value"] = "Name a metric, and one of its values."
    return faults


def _rated_by(table: Table, code: int) -> Mask:
    found = np.zeros(len(table.cell_metric), dtype=bool)
    found[table.ratings.units[table.ratings.raters == code]] = True
    return found


def _given(table: Table, value: str) -> Mask:
    """Cells of a metric in which somebody gave this value."""
    found = np.zeros(len(table.cell_metric), dtype=bool)
    for part in parts_of(table):
        if value in part.metric.values:
            rows = part.ratings.values == part.metric.values.index(value)
            found[part.ratings.units[rows] + part.cells.start] = True
    return found


def _of_kind(table: Table, kind: str) -> Mask:
    if kind == "rated":
        return np.asarray(table.ratings.sizes > 0)
    if kind == "compared":
        return table.compared
    if kind == "disputed":
        return np.asarray(table.compared & (disagreement(table, parts_of(table)) > 1e-12))
    both = table.has_both
    if kind == "auto":
        return both
    if kind == "both":
        return np.asarray(both & table.compared)
    if kind == "auto_differs":
        shares = auto_agreement(table.verdicts, np.maximum(table.auto, 0))
        return np.asarray(both & (shares < 1 - 1e-12))
    said, truly = (PASS, FAIL) if kind == "false_pass" else (FAIL, PASS)
    return np.asarray(both & (table.auto == said) & (table.verdicts[:, truly] > 0))
