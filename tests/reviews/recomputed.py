"""Agreement of a queue recomputed in plain Python, without the product's code, from its revisions
or from the tables that are exported.

Loops over pairs, as the definitions are written in agreement.md: slow, and nothing shared with what
it checks.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations, permutations
from typing import Any

from reviews.models import Queue, QueueItem, ReviewRevision
from runs.models import CheckResult

Cell = tuple[str, str]  # the item's key, and the criterion or `check 12`
Cells = dict[Cell, dict[str, Any]]
ON_A_SCALE = ("pass_fail", "choice", "boolean")  # kinds among whose values a flag is one


@dataclass(frozen=True)
class Evidence:
    """By cell each reviewer's eligible value; what `check 12` is and what the machine said of it;
    by item its probability of inclusion."""

    cells: Cells
    operators: dict[str, str]
    verdicts: dict[str, str]
    chances: dict[str, float]

    def of_metric(self, metric: str) -> Evidence:
        """The cells of `criterion:key` or `check:operator`."""
        kind, _, name = metric.partition(":")
        cells = {}
        for cell, said in self.cells.items():
            if name == (cell[1] if kind == "criterion" else self.operators.get(cell[1])):
                cells[cell] = said
        return replace(self, cells=cells)


def of_rows(queue: Queue) -> Evidence:
    """The newest revision of each review before colleagues or the final answer were shown, of
    complete reviews, on items that are open to all."""
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
        who, item_key = str(row.review.reviewer_id), str(row.review.queue_item.key)
        for key, answer in row.answers.items():
            value = _value(answer["value"], shape.by_key[key].kind.value, answer["flagged"])
            if value is not None:
                cells[item_key, key][who] = value
        for pk, answer in row.checks.items():
            value = _value(answer["value"], "pass_fail", answer["flagged"])
            cells[item_key, f"check {pk}"][who] = value
    checks = CheckResult.all_rows.filter(run=queue.run)
    said = checks.filter(is_passed__isnull=False).values_list("pk", "is_passed")
    items = QueueItem.all_rows.filter(queue=queue).values_list("key", "inclusion_probability")
    return Evidence(
        dict(cells),
        {f"check {pk}": name for pk, name in checks.values_list("pk", "operator")},
        {f"check {pk}": "pass" if passed else "fail" for pk, passed in said},
        {str(key): chance for key, chance in items},
    )


def of_tables(reviews: bytes, run: bytes, *, kinds: Mapping[str, str], is_blind: bool) -> Evidence:
    """The same from two archives of CSV tables: of the reviews, and of the run that they are of."""
    told, checks = _tables(reviews), _tables(run)["checks"]
    is_open = {
        row["review_id"]: row["is_complete"] == "true"
        and (row["revealed_at"] != "" or not is_blind)
        for row in told["reviews"]
    }
    newest: dict[str, int] = {}
    for row in told["exposures"]:
        is_told = "true" in (row["colleagues"], row["final"])
        if not is_told and is_open[row["review_id"]]:
            newest[row["review_id"]] = max(int(row["revision"]), newest.get(row["review_id"], 0))
    cells: Cells = defaultdict(dict)
    for row in told["answers"]:
        if newest.get(row["review_id"]) != int(row["revision"]):
            continue
        key = row["criterion"] or f"check {row['check_result_id']}"
        value = _value(_read(row), kinds.get(key, "pass_fail"), row["flagged"] == "true")
        if value is not None:
            cells[row["item_key"], key][row["reviewer_id"]] = value
    return Evidence(
        dict(cells),
        {f"check {row['check_result_id']}": row["operator"] for row in checks},
        {
            f"check {row['check_result_id']}": "pass" if row["is_passed"] == "true" else "fail"
            for row in checks
            if row["is_passed"]
        },
        {row["item_key"]: float(row["inclusion_probability"]) for row in told["reviews"]},
    )


def _tables(archive: bytes) -> dict[str, list[dict[str, str]]]:
    found = {}
    with zipfile.ZipFile(io.BytesIO(archive)) as held:
        for name in held.namelist():
            lines = io.StringIO(held.read(name).decode(), newline="")
            found[name.removesuffix(".csv")] = list(csv.DictReader(lines))
    return found


def _read(row: Mapping[str, str]) -> Any:
    """The value that a row of the table of answers holds."""
    if row["labels"]:
        return json.loads(row["labels"])
    return float(row["number"]) if row["number"] else row["value"] or None


def _value(value: Any, kind: str, flagged: bool) -> Any:
    if kind == "text":
        return None
    if flagged:
        return "flagged" if kind in ON_A_SCALE else None
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


def with_the_machine(evidence: Evidence) -> float | None:
    """The mean over cells of the share of reviewers, flags left out, who say what it said."""
    shares = []
    for said, auto in _against(evidence):
        shares.append(sum(value == auto for value in said) / len(said))
    return mean(shares)


def false_rate(evidence: Evidence, machine: str, people: str) -> float | None:
    """Of what people call one thing, cells shared by people, the share the machine calls other."""
    wrong = whole = 0.0
    for said, auto in _against(evidence):
        part = sum(value == people for value in said) / len(said)
        whole += part
        wrong += part * (auto == machine)
    return wrong / whole if whole else None


def _against(evidence: Evidence) -> Any:
    for (_, key), given in evidence.cells.items():
        said = [value for value in given.values() if value != "flagged"]
        if said and key in evidence.verdicts:
            yield said, evidence.verdicts[key]


def alpha(cells: Cells, level: str, chances: Mapping[str, float] | None = None) -> float:
    """Krippendorff's alpha from the coincidences of ordered pairs; with the chances of items to
    come in, each cell weighs 1 / that of its item, on average 1."""
    weights = {item: 1 / chances[item] if chances else 1.0 for item, _ in cells}
    unit = mean(weights[item] for item, _ in cells) or 1.0
    together: dict[tuple[Any, Any], float] = defaultdict(float)
    for (item, _), said in cells.items():
        for a, b in permutations(said.values(), 2):
            together[a, b] += weights[item] / unit / (len(said) - 1)
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


def weighted_between(evidence: Evidence) -> float:
    """The same rate with each item by 1 / its probability of inclusion."""
    told = [
        (agreed(said.values()), 1 / evidence.chances[item])
        for (item, _), said in compared(evidence.cells).items()
    ]
    return sum(share * weight for share, weight in told) / sum(weight for _, weight in told)
