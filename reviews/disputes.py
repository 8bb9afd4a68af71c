"""In which order an adjudicator takes what waits: the most decisive first.

An item counts by the number of questions on which two of its reviewers, drawn at random, differ;
between ratings and numbers it is how far apart they are, in parts of the range.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import F, Func, IntegerField

from evalplatform.scoping.actor import Actor
from reviews.adjudicable import kinds_of, questions_of, waiting
from reviews.agreement.disputed import most_disputed, unit_disagreement
from reviews.agreement.tables import Ratings
from reviews.models import Queue, ReviewAnswer
from reviews.queue_items import LABELS, label_of
from reviews.rubrics.shape import Kind, Shape

MOST_RANKED = 500  # items that are put in order exactly; those after them have fewer reasons
COLUMNS = (
    *("pk", "key", "position", "state", "reasons", "n_counted", "is_reopened"),
    *LABELS,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """One reviewer's answer to one question of an item; `number` when it is one, and no flag."""

    item: int
    key: str
    reviewer: Any
    value: Any
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that waits: why, on which questions, and how far its reviewers lie apart."""

    pk: int
    key: Any
    label: str
    kinds: tuple[str, ...]
    questions: tuple[str, ...]
    n_reviews: int
    apart: float


def ranked(queue: Queue, *, by: Actor, kind: str = "", limit: int = MOST_RANKED) -> list[Waiting]:
    """What waits, the most decisive first; 500 items at the most, those with most reasons."""
    rows = waiting(queue, by=by, kind=kind)
    n_reasons = Func(F("reasons"), function="jsonb_array_length", output_field=IntegerField())
    found = list(rows.order_by(n_reasons.desc(), "position").values(*COLUMNS)[:limit])
    shape = queue.rubric_version.read()
    apart = apart_of(cells_of([row["pk"] for row in found], shape, by), spans_of(shape))
    return [_waiting(found[n], apart.get(found[n]["pk"], 0.0), shape) for n in order(found, apart)]


def cells_of(items: Sequence[int], shape: Shape, by: Actor) -> list[Cell]:
    """The newest counted answers to these items that can differ: free text cannot."""
    rows = ReviewAnswer.objects.visible_to(by).filter(
        queue_item__in=items, is_latest=True, is_counted=True
    )
    rows = rows.exclude(criterion__in=_texts(shape)).order_by("queue_item", "reviewer", "pk")
    told = rows.values_list(
        *("queue_item", "criterion", "check_result", "reviewer", "value", "number", "labels"),
        "flagged",
    )
    found = []
    for item, criterion, check, reviewer, value, number, labels, flagged in told.iterator():
        if value is None and not flagged:
            continue
        said = ("flag",) if flagged else (tuple(labels) if labels is not None else value)
        found.append(
            Cell(item, criterion or f"check {check}", reviewer, said, None if flagged else number)
        )
    return found


def spans_of(shape: Shape) -> dict[str, float]:
    """How far apart the ends of each rating and number are; 0 for numbers without both ends."""
    return {
        each.key: (each.max - each.min) if each.min is not None and each.max is not None else 0.0
        for each in shape.criteria()
        if each.kind in (Kind.RATING, Kind.NUMBER)
    }


def apart_of(cells: Iterable[Cell], spans: Mapping[str, float]) -> dict[int, float]:
    """By item, the disagreement of its questions added up: each 0..1, graded where `spans` says.

    A question that somebody flagged is not graded: a flag lies between no two numbers.
    """
    cells = list(cells)
    ungraded = {(cell.item, cell.key) for cell in cells if cell.number is None}
    graded: dict[str, list[Cell]] = {}
    plain = []
    for cell in cells:
        if cell.key in spans and (cell.item, cell.key) not in ungraded:
            graded.setdefault(cell.key, []).append(cell)
        else:
            plain.append(cell)
    found: dict[int, float] = {}
    parts = [_apart(plain), *(_apart(of_key, spans[key]) for key, of_key in graded.items())]
    for part in parts:
        for item, apart in part:
            found[item] = found.get(item, 0.0) + apart
    return found


def _apart(cells: Sequence[Cell], span: float | None = None) -> Iterator[tuple[int, float]]:
    """The disagreement of each question of each item; by numbers when there is a `span`."""
    units: dict[tuple[int, str], int] = {}
    raters: dict[Any, int] = {}
    values: dict[Any, int] = {}
    codes: list[tuple[int, int, int]] = []
    for cell in cells:
        said = cell.value if span is None else cell.number
        unit = units.setdefault((cell.item, cell.key), len(units))
        rater = raters.setdefault(cell.reviewer, len(raters))
        codes.append((unit, rater, values.setdefault(said, len(values))))
    if not codes:
        return
    unit_codes, rater_codes, value_codes = (list(each) for each in zip(*codes, strict=True))
    scale = None if span is None else [float(number) for number in values]
    ratings = Ratings.of(unit_codes, rater_codes, value_codes, len(values), scale)
    found = unit_disagreement(ratings, graded=span is not None, span=span or 0.0)
    for (item, _), code in units.items():
        yield item, float(found[code])


def order(found: Sequence[Mapping[str, Any]], apart: Mapping[int, float]) -> list[int]:
    """Places of the rows: the most disputed first, then what only one person has reviewed."""
    if not found:
        return []
    disagreement = np.array([apart.get(row["pk"], 0.0) for row in found])
    sizes = np.array([row["n_counted"] for row in found], dtype=np.int64)
    ids = [f"{row['position']:020d}" for row in found]
    first = most_disputed(disagreement, sizes, ids, limit=len(found))
    return [*first, *sorted(set(range(len(found))) - set(first))]


def _waiting(row: Mapping[str, Any], apart: float, shape: Shape) -> Waiting:
    return Waiting(
        pk=row["pk"],
        key=row["key"],
        label=label_of(row),
        kinds=kinds_of(row["reasons"], is_reopened=row["is_reopened"]),
        questions=questions_of(row["reasons"], shape),
        n_reviews=row["n_counted"],
        apart=apart,
    )


def _texts(shape: Shape) -> list[str]:
    return [each.key for each in shape.criteria() if each.kind == Kind.TEXT]
