"""Agreement of a queue recomputed from its revisions in plain Python, without the product's code.

Loops over pairs, as the definitions are written in agreement.md: slow, and nothing shared with what
it checks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import combinations, permutations
from typing import Any

from reviews.models import Queue, QueueItem, ReviewRevision
from runs.models import CheckResult

Cell = tuple[int, str]  # item, and the criterion or `check 12`
Cells = dict[Cell, dict[Any, Any]]


def eligible(queue: Queue) -> Cells:
    """By cell, each reviewer's value: of the newest revision before colleagues or the final answer
    were shown, of complete reviews, on items that are open to all."""
    shape = queue.rubric_version.read()
    newest: dict[Any, ReviewRevision] = {}
    rows = ReviewRevision.all_rows.filter(review__queue=queue).select_related("review__queue_item")
    for row in rows.order_by("number"):
        item = row.review.queue_item
        is_told = row.exposure.get("colleagues") or row.exposure.get("final")
        is_open = item.revealed_at is not None or not queue.is_blind
        if not is_told and row.review.draft is None and is_open:
            newest[row.review_id] = row
    cells: Cells = defaultdict(dict)
    for row in newest.values():
        who, item = row.review.reviewer_id, row.review.queue_item_id
        for key, answer in row.answers.items():
            value = _value(answer, shape.by_key[key].kind.value)
            if value is not None:
                cells[item, key][who] = value
        for pk, answer in row.checks.items():
            cells[item, f"check {pk}"][who] = "flagged" if answer["flagged"] else answer["value"]
    return dict(cells)


def _value(answer: Mapping[str, Any], kind: str) -> Any:
    if kind == "text":
        return None
    if answer["flagged"]:
        return "flagged" if kind in ("pass_fail", "choice", "boolean") else None
    value = answer["value"]
    return frozenset(value) if isinstance(value, list) else value


def mean(values: Any) -> float | None:
    values = list(values)
    return sum(values) / len(values) if values else None


def agreed(values: Any) -> float:
    """The share of pairs that say the same."""
    pairs = list(combinations(values, 2))
    return sum(a == b for a, b in pairs) / len(pairs)


def between_reviewers(cells: Cells) -> float | None:
    return mean(agreed(said.values()) for said in cells.values() if len(said) >= 2)


def with_the_machine(queue: Queue, cells: Cells) -> float | None:
    """The mean over cells of the share of reviewers, flags left out, who say what it said."""
    shares = []
    for said, auto in _against(queue, cells):
        shares.append(sum(value == auto for value in said) / len(said))
    return mean(shares)


def false_rate(queue: Queue, cells: Cells, machine: str, people: str) -> float | None:
    """Of what people call one thing, cells shared by people, the share the machine calls other."""
    wrong = whole = 0.0
    for said, auto in _against(queue, cells):
        part = sum(value == people for value in said) / len(said)
        whole += part
        wrong += part * (auto == machine)
    return wrong / whole if whole else None


def _against(queue: Queue, cells: Cells) -> Any:
    verdicts = dict(CheckResult.all_rows.filter(run=queue.run).values_list("pk", "is_passed"))
    for (_, key), given in cells.items():
        said = [value for value in given.values() if value != "flagged"]
        auto = verdicts.get(int(key[6:])) if key.startswith("check ") else None
        if said and auto is not None:
            yield said, "pass" if auto else "fail"


def of_metric(queue: Queue, cells: Cells, metric: str) -> Cells:
    """The cells of `criterion:key` or `check:operator`."""
    kind, _, name = metric.partition(":")
    if kind == "criterion":
        return {cell: said for cell, said in cells.items() if cell[1] == name}
    results = CheckResult.all_rows.filter(run=queue.run, operator=name)
    keys = {f"check {pk}" for pk in results.values_list("pk", flat=True)}
    return {cell: said for cell, said in cells.items() if cell[1] in keys}


def alpha(cells: Cells, level: str) -> float:
    """Krippendorff's alpha from the coincidences of ordered pairs."""
    together: dict[tuple[Any, Any], float] = defaultdict(float)
    for said in cells.values():
        for a, b in permutations(said.values(), 2):
            together[a, b] += 1 / (len(said) - 1)
    margins: dict[Any, float] = defaultdict(float)
    for (a, _), n in together.items():
        margins[a] += n
    whole = sum(margins.values())
    apart = _distance(level, margins)
    observed = sum(n * apart(a, b) for (a, b), n in together.items()) / whole
    expected = sum(
        margins[a] * margins[b] * apart(a, b) for a, b in permutations(margins, 2)
    ) / (whole * (whole - 1))  # fmt: skip
    return 1 - observed / expected


def _distance(level: str, margins: Mapping[Any, float]) -> Any:
    if level == "ordinal":

        def ranks(a: Any, b: Any) -> float:
            low, high = sorted((a, b))
            inside = sum(n for value, n in margins.items() if low <= value <= high)
            return (inside - (margins[a] + margins[b]) / 2) ** 2 if a != b else 0.0

        return ranks
    if level == "interval":
        return lambda a, b: (a - b) ** 2
    if level == "sets":
        return _masi
    return lambda a, b: float(a != b)


def _masi(a: frozenset[str], b: frozenset[str]) -> float:
    if a == b:
        return 0.0
    shared, joined = len(a & b), len(a | b)
    kind = 2 / 3 if a < b or b < a else 1 / 3 if shared else 0.0
    return 1 - shared / joined * kind


def against_the_others(cells: Cells, who: Any) -> float | None:
    """Over the cells somebody shares, the mean share of the others who say the same."""
    shares = []
    for said in cells.values():
        others = [value for other, value in said.items() if other != who]
        if who in said and others:
            shares.append(sum(value == said[who] for value in others) / len(others))
    return mean(shares)


def pair(cells: Cells, first: Any, second: Any) -> float | None:
    return mean(
        said[first] == said[second] for said in cells.values() if first in said and second in said
    )


def without(cells: Cells, who: Any) -> Cells:
    left = {cell: {p: v for p, v in said.items() if p != who} for cell, said in cells.items()}
    return {cell: said for cell, said in left.items() if len(said) >= 2}


def compared(cells: Cells) -> Cells:
    return {cell: said for cell, said in cells.items() if len(said) >= 2}


def weighted_between(queue: Queue, cells: Cells) -> float:
    """The same rate with each item by 1 / its probability of inclusion."""
    chances = dict(
        QueueItem.all_rows.filter(queue=queue).values_list("pk", "inclusion_probability")
    )
    told = [
        (agreed(said.values()), 1 / chances[item]) for (item, _), said in compared(cells).items()
    ]
    return sum(share * weight for share, weight in told) / sum(weight for _, weight in told)
