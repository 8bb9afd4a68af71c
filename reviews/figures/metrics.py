"""What is measured in a queue: its criteria, and the kinds of checks whose verdicts it reviews."""

from __future__ import annotations

from dataclasses import dataclass

from datasets.operators import OPERATORS
from reviews.rubrics.shape import Criterion, Kind, Shape
from runs.run_item_listing import name_of

NOMINAL, ORDINAL, INTERVAL, SETS, TEXT = "nominal", "ordinal", "interval", "sets", "text"
CHECK = "check"
FLAGGED = "flagged"
VERDICTS = ("pass", "fail")
LEVELS = {
    Kind.PASS_FAIL: NOMINAL,
    Kind.CHOICE: NOMINAL,
    Kind.BOOLEAN: NOMINAL,
    Kind.RATING: ORDINAL,
    Kind.NUMBER: INTERVAL,
    Kind.MULTI_CHOICE: SETS,
    Kind.TEXT: TEXT,
}


@dataclass(frozen=True, slots=True)
class Metric:
    """One series of cells that are compared with each other.

    `values` are the declared ones in their order. Where they are names, a flag is one of them; a
    flag has no place on a scale, among numbers or in a set, and rates nothing there. `low` and
    `high` are the declared range.
    """

    key: str
    label: str
    kind: str
    level: str
    values: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def takes_flags(self) -> bool:
        return self.level == NOMINAL

    @property
    def options(self) -> tuple[str, ...]:
        """The declared values without the flag."""
        return self.values[:-1] if self.takes_flags else self.values


def criteria_of(shape: Shape) -> list[tuple[str, Metric]]:
    """The criteria of a rubric by their keys, in its order."""
    return [(each.key, _criterion(each)) for each in shape.criteria()]


def _criterion(criterion: Criterion) -> Metric:
    level = LEVELS[criterion.kind]
    values = criterion.values + ((FLAGGED,) if level == NOMINAL else ())
    return Metric(
        f"criterion:{criterion.key}",
        criterion.label,
        criterion.kind.value,
        level,
        values,
        criterion.min,
        criterion.max,
    )


def check_of(operator: str, evaluator: str) -> Metric:
    """The checks of an operator, or of an evaluator that asks a judge."""
    return Metric(
        f"check:{operator}:{evaluator}" if evaluator else f"check:{operator}",
        name_of(operator, evaluator),
        CHECK,
        NOMINAL,
        (*VERDICTS, FLAGGED),
    )


def label_of(key: str, shape: Shape) -> str:
    """What people call a metric of this key, whether it was rated or not; "" for no metric."""
    kind, _, name = key.partition(":")
    if kind == "criterion" and name in shape.by_key:
        return shape.by_key[name].label
    operator, _, evaluator = name.partition(":")
    return name_of(operator, evaluator) if kind == CHECK and operator in OPERATORS else ""
