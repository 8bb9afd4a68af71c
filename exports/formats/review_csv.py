"""The human review CSV (formats.md 2.9): the run's review, a blank line, a block per test review.

The lines of the blocks come quoted from PostgreSQL (review_statements.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from evalplatform.spreadsheets import safe_cell
from exports.formats.csv_lines import csv_line
from exports.formats.records import ItemTally
from exports.formats.review_records import HumanHead
from exports.formats.run_records import RunBlock

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


def write(
    head: HumanHead, blocks: Iterable[RunBlock], tally: ItemTally, *, is_safe: bool = False
) -> Iterator[bytes]:
    """A page at a time. `is_safe` puts a ' before what a spreadsheet would run, as the lines do."""
    cells = _cells(head)
    cells = [safe_cell(each) for each in cells] if is_safe else cells
    yield f"{csv_line(RUN_TITLES)}{csv_line(cells)}\n{csv_line(REVIEW_TITLES)}".encode()
    for block in blocks:
        yield block.data
        tally.n_rows += block.n_rows


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
