"""The human review CSV (formats.md 2.9): the run's review, a blank line, a block per test review.

A block's first line holds its test beside the first answer; files and answers go down side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

import msgspec

from evalplatform.spreadsheets import safe_cell
from exports.formats.csv_lines import csv_line, quoted
from exports.formats.records import ItemTally
from exports.formats.review_records import (
    HumanHead,
    Question,
    ReviewedCheck,
    ReviewedPage,
    ReviewedTest,
    Said,
    SavedReview,
)

RUN_TITLES = (
    "Run Id", "Run Name", "Run Review Status", "Run Review Created By", "Run Review Created At",
    "Run Review Completion Time", "Number Of Reviews", "Assigned Reviewers", "Pass Rate",
    "Flagged Rate", "Auto Eval ↔ Reviewer Agreement", "Reviewer ↔ Reviewer Agreement",
)  # fmt: skip
REVIEW_TITLES = (
    "Test Result Id", "Test Input", "LLM Output", "Files", "Completed At", "Completed By",
    "Test Review Feedback", "Check Type", "Metric Name", "Operator", "Criteria", "Auto Eval",
    "Reviewer Response",
)  # fmt: skip

Cell = Callable[[str], str]
_answers_of = msgspec.json.Decoder(dict[str, Said]).decode
_decode = msgspec.json.decode
NULL = b"null"


def write(
    head: HumanHead, pages: Iterable[ReviewedPage], tally: ItemTally, *, is_safe: bool = False
) -> Iterator[bytes]:
    """A page at a time. `is_safe` puts a ' before what a spreadsheet would run."""
    cells = _cells(head)
    cells = [safe_cell(each) for each in cells] if is_safe else cells
    yield f"{csv_line(RUN_TITLES)}{csv_line(cells)}\n{csv_line(REVIEW_TITLES)}".encode()
    cell = _safely_quoted if is_safe else quoted
    for page in pages:
        yield "".join(blocks(page, head.questions, cell)).encode()
        tally.n_rows += len(page.reviews)


def _safely_quoted(text: str) -> str:
    return quoted(safe_cell(text))


def _cells(head: HumanHead) -> list[str]:
    return [
        *(head.run_id, head.run_name, head.status, head.created_by, head.created_at.isoformat()),
        head.completed_at.isoformat() if head.completed_at else "",
        *(str(head.n_reviews), "; ".join(head.assigned)),
        *map(_rate, (head.pass_rate, head.flagged_rate)),
        *map(_rate, (head.auto_agreement, head.reviewer_agreement)),
    ]


def _rate(value: float | None) -> str:
    return "" if value is None else str(round(value, 4))


# --- blocks ---------------------------------------------------------------------------------------


def blocks(page: ReviewedPage, questions: Iterable[Question], cell: Cell) -> Iterator[str]:
    """The lines of each review."""
    tests = {each.id: _Test.of(each, cell) for each in page.tests}
    checks = {each.id: _Check.of(each, cell) for each in page.checks}
    asked = [(each, f"{each.type},{cell(each.label)},,,,") for each in questions]
    for review in page.reviews:
        lines = _verdicts(review, checks, cell) + _answers(review, asked, cell)
        yield from _block(review, tests[review.test_id], lines, cell)


class _Test(NamedTuple):
    """The cells of a test, made once for all of its reviews."""

    begin: str
    files: Sequence[str]

    @classmethod
    def of(cls, test: ReviewedTest, cell: Cell) -> _Test:
        begin = f"{test.id},{cell(test.prompt)},{cell(test.response)}"
        return cls(begin, [cell(name) for name in test.files] or NO_FILE)


class _Check(NamedTuple):
    """Where a check stands, its cells, and that with what the machine found."""

    position: int
    begin: str
    auto_eval: str

    @classmethod
    def of(cls, check: ReviewedCheck, cell: Cell) -> _Check:
        begin = f"Auto-eval review,,{quoted(check.operator)},{cell(check.criteria)},"
        return cls(check.position, begin, cell(check.auto_eval))


NO_FILE = ("",)
NO_CHECK = _Check(0, "Auto-eval review,,,,", "")
NO_ANSWER = "," * 5


def _verdicts(review: SavedReview, checks: Mapping[str, _Check], cell: Cell) -> list[str]:
    """What was said of each check, in their order."""
    said = _answers_of(review.checks)
    found = [(checks.get(id_, NO_CHECK), verdict) for id_, verdict in said.items()]
    found.sort(key=_position)
    if review.knows_verdicts:
        return [f"{check.begin}{check.auto_eval},{_said(said, cell)}" for check, said in found]
    return [f"{check.begin},{_said(said, cell)}" for check, said in found]


def _position(found: tuple[_Check, Said]) -> int:
    return found[0].position


def _answers(review: SavedReview, asked: Iterable[tuple[Question, str]], cell: Cell) -> list[str]:
    """What was answered to the rubric's questions, in its order."""
    answers = _answers_of(review.answers)
    return [
        begin + _said(said, cell, is_set=question.is_set)
        for question, begin in asked
        if (said := answers.get(question.key)) and (said.flagged or bytes(said.value) != NULL)
    ]


def _said(said: Said, cell: Cell, *, is_set: bool = False) -> str:
    if said.flagged:
        return "flagged"
    if is_set:
        return cell(", ".join(_decode(said.value) or ()))
    value = bytes(said.value)
    if value[:1] == b'"':
        return cell(_decode(value))
    return "" if value == NULL else cell(value.decode())


def _block(review: SavedReview, test: _Test, lines: Sequence[str], cell: Cell) -> Iterator[str]:
    """Lines of files and answers beside each other."""
    beside = zip_longest(test.files, lines)
    file, line = next(beside)
    said = f"{review.completed_at},{cell(review.completed_by)},{cell(review.feedback)}"
    yield f"{test.begin},{file},{said},{line or NO_ANSWER}\n"
    for file, line in beside:
        yield f",,,{file or ''},,,,{line or NO_ANSWER}\n"
