"""The run CSV (formats.md 2.7): the run, a blank line, its tests with their checks.

Cells of the second section come quoted from PostgreSQL (run_statements.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import zip_longest

from evalplatform.spreadsheets import safe_cell
from exports.formats.csv_lines import csv_line
from exports.formats.records import ItemTally
from exports.formats.run_records import RunHead, RunPage

RUN_TITLES = (
    "Run Id", "Test Suite Id", "Test Suite Title", "Run Status", "Run Error Message",
    "Run Error Analysis", "Completed At", "Run Parameters",
    "Percent Of Checks Passed", "Amount Of Checks Passed", "Standard Deviation For Checks Passed",
    "Percent Of Tests Passed", "Amount Of Tests Passed", "Standard Deviation For Tests Passed",
    "Needs Review Percentage",
)  # fmt: skip
TEST_TITLES = (
    "Test Result Id", "Test Id", "Test Status", "Test Error Message", "Test Input", "LLM Output",
    "Files", "In Tokens", "Out Tokens", "Duration", "Input Context Keys", "Input Context Values",
    "Output Context Keys", "Output Context Values",
)  # fmt: skip
CHECK_TITLES = (
    "Operator", "Criteria", "Auto Eval", "Edited Auto Eval", "Edited Auto Eval Feedback",
    "Confidence Level", "Feedback", "Weight", "Extractor", "Conditional Operator",
    "Conditional Criteria", "Category", "Example Type", "Example Value",
)  # fmt: skip
_NO_TEST = b"," * (len(TEST_TITLES) - 1) + b"\n"
_NO_CHECK = b"," * (len(CHECK_TITLES) - 1) + b"\n"


def write(
    head: RunHead, pages: Iterable[RunPage], tally: ItemTally, *, is_safe: bool = False
) -> Iterator[bytes]:
    """A page at a time. `is_safe` puts a ' before what a spreadsheet would run, as the rows do."""
    cells = _run_cells(head)
    run = csv_line([safe_cell(cell) for cell in cells] if is_safe else cells)
    yield f"{csv_line(RUN_TITLES)}{run}\n{csv_line((*TEST_TITLES, *CHECK_TITLES))}".encode()
    for page in pages:
        yield b"".join(_rows(page, tally))


def _run_cells(head: RunHead) -> list[str]:
    figures = head.figures
    return [
        *(head.run_id, head.suite_id, head.suite_title, head.status.capitalize()),
        *(head.error_message, head.error_analysis),
        head.completed_at.isoformat() if head.completed_at else "",
        json.dumps(head.parameters, ensure_ascii=False),
        *(_number(figures.checks.fraction), str(figures.n_checks_passed)),
        _number(figures.checks.deviation),
        *(_number(figures.tests.fraction), str(figures.n_tests_passed)),
        *(_number(figures.tests.deviation), _number(figures.needs_review)),
    ]


def _number(value: float | None) -> str:
    return "" if value is None else str(value)


def _rows(page: RunPage, tally: ItemTally) -> Iterator[bytes]:
    """Each test with its checks beside it, the longer of both going down alone."""
    for n, lines in _grouped(page.items):
        tally.count_row()
        checks = page.checks.get(n, ())
        for test, check in zip_longest(lines, checks):
            yield (test or _NO_TEST)[:-1] + b"," + (check or _NO_CHECK)


def _grouped(items: list[tuple[bytes, bytes]]) -> Iterator[tuple[bytes, list[bytes]]]:
    """The lines of each test; most have one."""
    of, lines = b"", list[bytes]()
    for n, line in items:
        if n != of:
            if lines:
                yield of, lines
            of, lines = n, []
        lines.append(line)
    if lines:
        yield of, lines
