"""The human review CSV (formats.md 2.9): the run's review, a blank line, a block per test review.

A block's first line holds its test beside the first answer; files and answers go down side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest

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


class Said(msgspec.Struct):
    """An answer to a question or a check; `value` is its JSON."""

    value: msgspec.Raw = msgspec.Raw(b"null")
    flagged: bool | None = False


Cell = Callable[[str], str]
_answers_of = msgspec.json.Decoder(dict[str, Said]).decode
_decode = msgspec.json.decode


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
    tests = {each.id: _Test(each, cell) for each in page.tests}
    checks = {each.id: _Check(each, cell) for each in page.checks}
    asked = [(each, f"{each.type},{cell(each.label)},,,,") for each in questions]
    for review in page.reviews:
        lines = [*_verdicts(review, checks, cell), *_answers(review, asked, cell)]
        yield from _block(review, tests[review.test_id], lines, cell)


class _Test:
    """The cells of a test, made once for all of its reviews."""

    def __init__(self, test: ReviewedTest, cell: Cell) -> None:
        self.begin = f"{test.id},{cell(test.prompt)},{cell(test.response)}"
        self.files = [cell(name) for name in test.files] or [""]


class _Check:
    """Where a check stands, and its cells with and without what the machine found."""

    def __init__(self, check: ReviewedCheck, cell: Cell) -> None:
        self.position = check.position
        begin = f"Auto-eval review,,{quoted(check.operator)},{cell(check.criteria)},"
        self.untold = f"{begin},"
        self.told = f"{begin}{cell(check.auto_eval)},"


NO_CHECK = _Check(ReviewedCheck("", 0, "", "", ""), quoted)
NO_ANSWER = "," * 5


def _verdicts(review: SavedReview, checks: Mapping[str, _Check], cell: Cell) -> list[str]:
    """What was said of each check, in their order."""
    found = [(checks.get(id_, NO_CHECK), said) for id_, said in _answers_of(review.checks).items()]
    found.sort(key=_position)
    if review.knows_verdicts:
        return [check.told + _said(said, cell) for check, said in found]
    return [check.untold + _said(said, cell) for check, said in found]


def _position(found: tuple[_Check, Said]) -> int:
    return found[0].position


def _answers(
    review: SavedReview, asked: Iterable[tuple[Question, str]], cell: Cell
) -> Iterator[str]:
    """What was answered to the rubric's questions, in its order."""
    answers = _answers_of(review.answers)
    for question, begin in asked:
        said = answers.get(question.key)
        if said and (said.flagged or bytes(said.value) != b"null"):
            yield begin + _said(said, cell, is_set=question.is_set)


def _said(said: Said, cell: Cell, *, is_set: bool = False) -> str:
    if said.flagged:
        return "flagged"
    if is_set:
        return cell(", ".join(_decode(said.value) or ()))
    value = bytes(said.value)
    if value[:1] == b'"':
        return cell(_decode(value))
    return "" if value == b"null" else cell(value.decode())


def _block(review: SavedReview, test: _Test, lines: Sequence[str], cell: Cell) -> Iterator[str]:
    """Lines of files and answers beside each other."""
    beside = zip_longest(test.files, lines)
    file, line = next(beside)
    said = f"{review.completed_at},{cell(review.completed_by)},{cell(review.feedback)}"
    yield f"{test.begin},{file},{said},{line or NO_ANSWER}\n"
    for file, line in beside:
        yield f",,,{file or ''},,,,{line or NO_ANSWER}\n"
