"""How good the answers are and how far people agree: over time, by category, source and reviewer.

Four statements and the names of reviewers, however large the team is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from evalplatform.scoping.actor import Actor
from reviews.agreement.quantity import NO_OVERLAP, Quantity, null
from reviews.analysis.asking import asked
from reviews.analysis.people import names_of
from reviews.analysis.quality_statements import BETWEEN, MACHINE, PEOPLE, WITH_MACHINE
from reviews.analysis.scope import SESSIONS, Scope
from reviews.analysis.shares import clustered
from reviews.rubrics.builtin import BUILT_IN
from runs.models import Run

CHECKS = "checks"  # what verdicts on the machine's checks are called among criteria
MOST_NAMES = 200
# What GROUPING() says of a row that is told by one of its columns alone.
THREE = {3: "step", 5: "category", 6: "source", 7: "all"}
FOUR = {7: "step", 11: "category", 13: "source", 14: "reviewer"}
SOURCES: dict[str, str] = {str(value): str(label) for value, label in Run.Source.choices}


@dataclass(slots=True)
class Part:
    """The numbers of a step, category, source or reviewer; 0 and null where nothing was counted.

    `n_items` rows with a verdict of the machine, `n_checks` its verdicts; `n_judged` answers of
    people that say pass, refine or fail; `n_said` all of their answers.
    """

    name: str
    label: str
    n_runs: int = 0
    n_items: int = 0
    items_passed: int = 0
    n_checks: int = 0
    checks_passed: int = 0
    n_said: int = 0
    n_flagged: int = 0
    n_judged: int = 0
    judged_passed: int = 0
    between: Quantity = field(default_factory=lambda: null(NO_OVERLAP))
    with_machine: Quantity = field(default_factory=lambda: null(NO_OVERLAP))

    @property
    def items_rate(self) -> float | None:
        return self.items_passed / self.n_items if self.n_items else None

    @property
    def checks_rate(self) -> float | None:
        return self.checks_passed / self.n_checks if self.n_checks else None

    @property
    def judged_rate(self) -> float | None:
        """The share of people's judgements that say pass."""
        return self.judged_passed / self.n_judged if self.n_judged else None

    @property
    def is_empty(self) -> bool:
        return not (self.n_items or self.n_checks or self.n_said or self.between.n)


@dataclass(slots=True)
class Rating:
    """The ratings of one criterion: their number, mean, and the means by step (None without)."""

    criterion: str
    label: str
    n: int = 0
    total: float = 0
    by_step: dict[date, tuple[int, float]] = field(default_factory=dict)

    @property
    def mean(self) -> float | None:
        return self.total / self.n if self.n else None

    def means(self, steps: Iterable[date]) -> list[float | None]:
        """The mean of each step."""
        found = (self.by_step.get(step, (0, 0.0)) for step in steps)
        return [total / n if n else None for n, total in found]


@dataclass(frozen=True, slots=True)
class Quality:
    """All numbers of a scope."""

    scope: Scope
    whole: Part
    by_step: list[Part]
    by_category: list[Part]
    by_source: list[Part]
    by_reviewer: list[Part]
    ratings: list[Rating]

    @property
    def is_empty(self) -> bool:
        return self.whole.is_empty


def quality_of(scope: Scope, actor: Actor) -> Quality:
    """The global analysis of the actor's team; 403 for who does not see it."""
    values = scope.asked()
    steps = {str(step): Part(str(step), str(step)) for step in scope.steps}
    parts: dict[str, dict[str, Part]] = {"step": steps, "category": {}, "source": {},
                                         "reviewer": {}, "all": {}}  # fmt: skip
    for row in asked(MACHINE, actor, **values):
        part = _part(parts, THREE[row["by"]], row)
        for name in ("n_runs", "n_items", "items_passed", "n_checks", "checks_passed"):
            setattr(part, name, row[name])
    ratings = _read_people(asked(PEOPLE, actor, **values), parts)
    for name, statement in (("between", BETWEEN), ("with_machine", WITH_MACHINE)):
        for row in asked(statement, actor, **values):
            setattr(_part(parts, THREE[row["by"]], row), name, clustered(row))
    names = names_of(parts["reviewer"], actor)
    for pk, part in parts["reviewer"].items():
        part.label = names[pk]
    return Quality(
        scope,
        whole=parts["all"].get("", Part("", "All")),
        by_step=list(steps.values()),
        by_category=_most_first(parts["category"]),
        by_source=_most_first(parts["source"]),
        by_reviewer=_most_first(parts["reviewer"]),
        ratings=sorted(ratings.values(), key=lambda each: each.criterion),
    )


def _part(parts: dict[str, dict[str, Part]], by: str, row: Mapping[str, Any]) -> Part:
    name = "" if by == "all" else str(row[by])
    found = parts[by].get(name)
    if found is None:
        found = parts[by][name] = Part(name, label_of(by, name))
    return found


def label_of(by: str, name: str) -> str:
    """What a category or source is called."""
    if by == "category":
        return name or "Without"
    if by == "source":
        return SOURCES.get(name) or f"Sessions of {name.removeprefix(SESSIONS)}"
    return name


def _read_people(
    rows: list[dict[str, Any]], parts: dict[str, dict[str, Part]]
) -> dict[str, Rating]:
    """Add what people said to the parts; the ratings by criterion."""
    ratings: dict[str, Rating] = {}
    for row in rows:
        by, key = FOUR[row["by"]], row["criterion"] or CHECKS
        of = [_part(parts, by, row)]
        if by == "step":  # every answer is in one step: their sum is the whole
            of.append(_part(parts, "all", row))
            if row["n_rated"]:
                rating = ratings.setdefault(key, Rating(key, criterion_label(key)))
                rating.n += row["n_rated"]
                rating.total += row["rated"]
                rating.by_step[row["step"]] = (row["n_rated"], row["rated"])
        for part in of:
            part.n_said += row["n"]
            part.n_flagged += row["n_flagged"]
            part.n_judged += row["n_judged"]
            part.judged_passed += row["n_passed"]
    return ratings


# Of built-in rubrics, whose keys no other rubric is likely to take for something else.
LABELS = {each.key: each.label for _, _, shape in BUILT_IN.values() for each in shape.criteria()}


def criterion_label(key: str) -> str:
    """What a criterion is called: a built-in one by its label, another by its key."""
    return "Checks of the machine" if key == CHECKS else LABELS.get(key, key)


def _most_first(parts: dict[str, Part]) -> list[Part]:
    """The parts with most evidence first, as many as a page can tell apart."""
    found = sorted(parts.values(), key=lambda part: (-(part.n_items + part.n_said), part.label))
    return found[:MOST_NAMES]
