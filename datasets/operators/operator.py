"""What one entry of the table of operators says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Group(StrEnum):
    """The families in which operators are listed."""

    SEMANTIC = "Meaning"
    STRING = "Exact text"
    FORMAT = "Format"
    STYLE = "Style"
    OTHER = "Other"
    SAFETY = "Safety"
    SOURCE = "Sources"
    RIGHT_ANSWER = "Right answer"
    CUSTOM = "Custom"


class OperatorError(Exception):
    """A check could not be decided: its criteria cannot be used, or time is up. Says why."""


def _anything(criteria: str) -> str:
    return ""


@dataclass(frozen=True, kw_only=True)
class Operator:
    """One kind of check. `passes` and `fails` are outputs, both judged with `example` as criteria;
    `given` is what they take for granted where criteria are not all.

    `criteria_fault` says what is wrong with criteria that are there, then the remedy, or "".
    `decide(output, criteria)` says why the output fails, or "" when it passes, and raises nothing
    but OperatorError; operators without it need a judge.
    """

    slug: str
    label: str
    group: Group
    category: str
    help: str
    passes: str
    fails: str
    example: str = ""
    given: str = ""
    is_unary: bool = False
    is_retired: bool = False
    instead: str = ""  # what is read in place of a retired operator
    is_importable: bool = True
    remedy: str = ""  # what to do instead of naming it
    criteria_fault: Callable[[str], str] = _anything
    decide: Callable[[str, str], str] | None = None

    @property
    def is_deterministic(self) -> bool:
        """Whether a function decides, and no judge is needed."""
        return self.decide is not None

    @property
    def needs_judge(self) -> bool:
        return self.decide is None

    @property
    def is_renamed(self) -> bool:
        """Whether another operator is read in its place."""
        return bool(self.instead)

    def fault(self, criteria: str) -> str:
        """What is wrong with the criteria of a check; criteria of a unary operator are ignored."""
        if self.is_unary:
            return ""
        if not criteria.strip():
            return (
                f'The operator "{self.slug}" needs criteria. '
                f"Write what to look for, such as: {self.example}"
            )
        return self.criteria_fault(criteria)
