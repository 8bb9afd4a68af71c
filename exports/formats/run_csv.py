"""The run CSV (formats.md 2.7): the run, a blank line, its tests with their checks.

Cells of tests and checks come quoted from PostgreSQL (run_csv_statement.py), whose COPY puts quotes
where they are needed and nowhere else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest
from typing import Any

import msgspec

from evalplatform.spreadsheets import safe_cell
from exports.formats.csv_lines import csv_line
from exports.formats.records import ItemTally
from exports.formats.run_records import RunHead, RunLines
from exports.formats.stored_items import LineBlock

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
_NO_TEST = b"," * len(TEST_TITLES)
_NO_CHECK = b"," * (len(CHECK_TITLES) - 1) + b"\n"
_CHECK_ONLY = b"," * (len(CHECK_TITLES) - 3)  # all cells of a check but its examples
_NO_EXAMPLE = b",,\n"
_NEXT_CHECK = _NO_EXAMPLE + _NO_TEST
_ID = 36  # characters of the id at the beginning of a line
Cell = Callable[[str], str]
Lists = tuple[str, str, str]
NO_LISTS: Lists = ("", "", "")
_special = re.compile('[",\r\n]').search
_decode = msgspec.json.decode


def write(
    head: RunHead, pages: Iterable[LineBlock | RunLines], tally: ItemTally, *, is_safe: bool = False
) -> Iterator[bytes]:
    """A page at a time. `is_safe` puts a ' before what a spreadsheet would run, as the lines do."""
    cell = _safe if is_safe else _quoted
    run = ",".join([cell(each) if each else "" for each in _run_cells(head)])
    yield f"{csv_line(RUN_TITLES)}{run}\n\n{csv_line((*TEST_TITLES, *CHECK_TITLES))}".encode()
    for page in pages:
        if isinstance(page, LineBlock):
            yield page.data
            tally.n_rows += page.n_items
        else:
            yield b"".join(_page(page, cell))
            tally.n_rows += len(page.tests)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _special(text) else text


def _safe(text: str) -> str:
    return _quoted(safe_cell(text))


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


# --- the second section ---------------------------------------------------------------------------


def _page(page: RunLines, cell: Cell) -> Iterator[bytes]:
    """Each test with its checks beside it, the longer of both going down alone."""
    spread: dict[Lists, list[bytes]] = {NO_LISTS: [b",,,,,"]}  # once for equal lists
    for test in page.tests:
        id_ = test[:_ID]
        lists = page.lists.get(id_, NO_LISTS)
        if lists not in spread:
            spread[lists] = _spread(lists, cell)
        first, *further = spread[lists]
        checks = page.checks.get(id_, [])
        examples = page.examples.get(id_)
        yield test
        yield first
        if checks and not further and not examples:
            yield _NEXT_CHECK.join(checks)
            yield _NO_EXAMPLE
            continue
        beside = _with_examples(checks, examples or {}, cell)
        for n, (left, right) in enumerate(zip_longest((b"", *further), beside)):
            if n:
                yield left or _NO_TEST
            yield right or _NO_CHECK


def _spread(lists: Lists, cell: Cell) -> list[bytes]:
    """The rest of the first line of a test, then a line for each further file and pair."""
    files = lists[0]
    names = [] if files == "[]" else [cell(each) for each in _decode(files)]
    pairs, others = _pairs(lists[1], cell), _pairs(lists[2], cell)
    lines = [f",{pairs[0] if pairs else ','},{others[0] if others else ','},".encode()]
    for name, pair, other in zip_longest(names[1:], pairs[1:], others[1:]):
        lines.append(f",,,,,,{name or ''},,,,{pair or ','},{other or ','},".encode())
    return lines


def _pairs(context: str, cell: Cell) -> list[str]:
    """Key and value of each pair: a text as it is, other values as JSON."""
    if context == "{}":
        return []
    return [f"{cell(key)},{cell(_plain(value))}" for key, value in _decode(context).items()]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _with_examples(
    checks: Iterable[bytes], examples: dict[int, str], cell: Cell
) -> Iterator[bytes]:
    """The cells of each check with its first example, then a line for each further one."""
    for n, check in enumerate(checks):
        before = check
        for each in _decode(examples.get(n, "[{}]")):
            told = f",{cell(each.get('type', ''))},{cell(each.get('text', ''))}\n"
            yield before + told.encode()
            before = _CHECK_ONLY
