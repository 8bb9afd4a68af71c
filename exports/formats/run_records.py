"""What the writers of a run are given: its head, and its rows as PostgreSQL gives them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple


class Figures(NamedTuple):
    """What is counted of a run's rows; verdicts that were edited count as edited.

    `n_checks` are those with a verdict of pass or fail, `n_done` those that were carried out (a
    score that nobody said the passing of is in these alone), `n_low` those of low confidence.
    `n_tests` are those of which it can be said whether they passed, errored ones among them.
    """

    n_checks: int = 0
    n_checks_passed: int = 0
    n_done: int = 0
    n_low: int = 0
    n_tests: int = 0
    n_tests_passed: int = 0

    @property
    def checks(self) -> Rate:
        return Rate(self.n_checks_passed, self.n_checks)

    @property
    def tests(self) -> Rate:
        return Rate(self.n_tests_passed, self.n_tests)

    @property
    def needs_review(self) -> float | None:
        """Low-confidence checks of all that were carried out, 0-100 with two decimals, or None."""
        return round(100 * self.n_low / self.n_done, 2) if self.n_done else None


class Rate(NamedTuple):
    """So many of n passed."""

    n_passed: int
    n: int

    @property
    def fraction(self) -> float | None:
        """The share that passed, 0-1; None of nothing."""
        return self.n_passed / self.n if self.n else None

    @property
    def deviation(self) -> float | None:
        """100 x sqrt(p(1-p)/n), two decimals: p = 0.5 of n = 2 gives 35.36."""
        if not self.n:
            return None
        p = self.n_passed / self.n
        return round(100 * math.sqrt(p * (1 - p) / self.n), 2)


@dataclass(frozen=True, slots=True)
class RunHead:
    """The run itself. `status` is one of Run.Status; `suite` is the dataset, empty without one."""

    run_id: str
    suite_id: str
    suite_title: str
    name: str
    status: str
    error_message: str
    error_analysis: str
    completed_at: datetime | None
    parameters: dict[str, Any]
    figures: Figures
    metrics: dict[str, Any]


class StoredTest(NamedTuple):
    """One row of a run as JSON in parts: `told` ends before the contexts, `checks` are objects."""

    told: str
    input_context: str
    output_context: str
    checks: str | None


class TestsText(NamedTuple):
    """Some rows of a run as JSON objects with commas between them."""

    n_tests: int
    text: str


class RunLines(NamedTuple):
    """Some rows in order as cells of a CSV that are quoted already, a line each.

    A line of `tests` begins with the id of its row and has the cells up to the duration; `checks`
    are those of each row by its id, without their examples. `lists` holds the files and contexts of
    rows that have any to go down, `examples` those of checks by their place among the checks of the
    row, all as JSON.
    """

    tests: list[bytes]
    checks: dict[bytes, list[bytes]]
    lists: dict[bytes, tuple[str, str, str]]
    examples: dict[bytes, dict[int, str]]


class RunBlock(NamedTuple):
    """Records of one table, whole CSV lines."""

    table: str
    n_rows: int
    data: bytes
