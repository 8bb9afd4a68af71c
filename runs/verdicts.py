"""The words that checks, judges and the engine have in common; no database, no network."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from datasets.formats.items import CheckRecord


class Confidence(StrEnum):
    """How sure a verdict is; a low one asks for a person."""

    HIGH = "high"
    LOW = "low"


class CheckState(StrEnum):
    """What became of a check. Skipped and errored ones count nowhere."""

    DONE = "done"
    SKIPPED = "skipped"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Case:
    """One row as checks and prompts see it: what was asked, what was answered, what is known.

    `history` is a list of {"role", "content"}, oldest first; `files` are names of attachments, and
    `documents` the texts of those that hold text, by name.
    """

    input: str = ""
    output: str = ""
    expected: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    participant_data: dict[str, Any] = field(default_factory=dict)
    session_state: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    summary: str = ""
    files: tuple[str, ...] = ()
    output_context: dict[str, Any] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an operator or a judge says of an output.

    `auto_eval` is "pass", "fail", a number as text, or a label. `is_passed` is None for numbers and
    labels of which nobody said which pass: they count in no rate.
    """

    auto_eval: str
    is_passed: bool | None
    confidence: Confidence = Confidence.HIGH
    feedback: str = ""
    extracted: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """One check of one row, carried out: a verdict, or why there is none (`feedback`).

    `evaluator` names the evaluator that asked, empty for the checks of the dataset. Many rows share
    one outcome, so what is made of it is remembered by the object and not by its values.
    """

    check: CheckRecord
    state: CheckState
    verdict: Verdict | None = None
    feedback: str = ""
    is_global: bool = False
    evaluator: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model answered; tokens as it counts them, None when it does not say; seconds."""

    text: str
    in_tokens: int | None = None
    out_tokens: int | None = None
    duration: float = 0.0


class CheckError(Exception):
    """A check could not be carried out on this row; the text says why. The others go on."""


def passed(feedback: str = "", **said: Any) -> Verdict:
    return Verdict("pass", True, feedback=feedback, **said)


def failed(feedback: str = "", **said: Any) -> Verdict:
    return Verdict("fail", False, feedback=feedback, **said)
