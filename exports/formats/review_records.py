"""What the writers of reviews are given before the lines: whose review it is and how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

RATINGS = ("tone", "usefulness", "calming", "naturalness", "trust")
EMPLOYEE = (
    *("understoodNeed", "rightNextMove", "calmingEffect", "riskOrConfusion", "seniorReview"),
    "reusableLearning",
)
GUIDANCE = (
    *("emotionalValidation", "cognitiveUnderstanding", "actionability", "toneAppropriateness"),
    "authenticity",
)


class Said(msgspec.Struct, frozen=True, gc=False):
    """An answer to a question or a check; `value` is its JSON."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    flagged: bool | None = False


class Question(NamedTuple):
    """A criterion of the rubric: its key, its type and name for people, whether it takes many."""

    key: str
    type: str
    label: str
    is_set: bool


class SavedReview(NamedTuple):
    """What a person said last of a test; `checks` and `answers` are JSON as a revision has it.

    `knows_verdicts`: the file may say what the machine found.
    """

    test_id: str
    completed_at: str
    completed_by: str
    feedback: str
    checks: str
    answers: str
    knows_verdicts: bool


class ReviewedTest(NamedTuple):
    """What was asked and answered."""

    id: str
    prompt: str
    response: str
    files: list[str]


class ReviewedCheck(NamedTuple):
    """A check of a test, and what the machine found."""

    id: str
    position: int
    operator: str
    criteria: str
    auto_eval: str


class ReviewedPage(NamedTuple):
    """Reviews in the order of the file, with their tests and all checks of these."""

    reviews: list[SavedReview]
    tests: Iterable[ReviewedTest]
    checks: Iterable[ReviewedCheck]


@dataclass(frozen=True, slots=True)
class HumanHead:
    """The run's review as formats.md 2.9 has it; the four rates are null where none can be.

    `questions` are those of the rubric, in its order.
    """

    run_id: str
    run_name: str
    status: str  # pending | completed | archived
    created_by: str
    created_at: datetime
    completed_at: datetime | None
    n_reviews: int
    assigned: tuple[str, ...]
    pass_rate: float | None
    flagged_rate: float | None
    auto_agreement: float | None
    reviewer_agreement: float | None
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class LabHead:
    """The Lab session without its cases: `metadata` and `exported_by` as the contract has them.

    `suspicious` are nulls that should not be: {"where", "what"} each, at most a hundred of
    `n_suspicious`.
    """

    exported_at: str
    exported_by: dict[str, Any]
    metadata: dict[str, Any]
    suspicious: list[dict[str, str]] = field(default_factory=list)
    n_suspicious: int = 0


class LabItem(NamedTuple):
    """A case, where it stands in its queue, and the reader's own unsaved answers, as JSON."""

    case_id: str
    item_id: int | None
    state: str
    is_open: bool  # whether all may know the state
    has_draft: bool
    draft: str | None
    draft_was_shown: bool


class LabReview(NamedTuple):
    """A saved review; `answers`, `others` and `checks` are JSON."""

    item_id: int
    kind: str
    is_counted: bool
    n_revisions: int
    saved_at: str
    reviewer_id: str
    saved_by_id: str
    answers: str
    others: str  # those that are not the Lab's
    checks: str
    feedback: str
    was_shown: bool  # what the product suggests


class LabPage(NamedTuple):
    """Cases in their order; reviews in the order in which they were saved; what was settled.

    `people` are the identities of all by their id, and `settled` final answers by item, as JSON.
    """

    items: Iterable[LabItem]
    reviews: Iterable[LabReview]
    settled: dict[int, str]
    people: dict[str, str]
