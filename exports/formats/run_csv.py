"""The run CSV (formats.md 2.7): the run, a blank line, its tests with their checks."""

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
from exports.formats.run_records import RunHead, RunPage, StoredCheck, StoredTest

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
_NO_TEST = "," * (len(TEST_TITLES) - 1)
_NO_CHECK = "," * (len(CHECK_TITLES) - 1)
_CHECK_ONLY = "," * (len(CHECK_TITLES) - 2)  # all cells of a check but its examples
_WORDS = {"pass": "Pass", "fail": "Fail", "high": "High", "low": "Low"}
_STATUS = {"success": "Success", "error": "Error"}
Cell = Callable[[str], str]
_special = re.compile('[",\r\n]').search
_decode = msgspec.json.decode


def write(
    head: RunHead, pages: Iterable[RunPage], tally: ItemTally, *, is_safe: bool = False
) -> Iterator[str]:
    """A page at a time. `is_safe` puts a ' before cells that a spreadsheet program would run."""
    cell = _safe if is_safe else _quoted
    run = ",".join([cell(each) if each else "" for each in _run_cells(head)])
    yield f"{csv_line(RUN_TITLES)}{run}\n\n{csv_line((*TEST_TITLES, *CHECK_TITLES))}"
    for page in pages:
        yield "".join(_page_lines(page, cell))
        tally.n_rows += len(page.tests)


def _quoted(text: str) -> str:
    """Four times as fast as csv.writer, which walks the text character by character."""
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


def _page_lines(page: RunPage, cell: Cell) -> Iterator[str]:
    """Each test with its checks beside it, the longer of both going down alone."""
    checks = _check_lines(page.checks, cell)
    for test in page.tests:
        beside = checks.get(test.order_index, ())
        for left, right in zip_longest(_test_lines(test, cell), beside):
            yield f"{left or _NO_TEST},{right or _NO_CHECK}\n"


def _test_lines(test: StoredTest, cell: Cell) -> list[str]:
    """The cells of a test, then a line for each further file and pair of a context."""
    (
        _, id_, public_id, status, error, prompt, response, files, in_tokens, out_tokens, duration,
        inputs, outputs,
    ) = test  # fmt: skip
    head = (
        f"{id_},{cell(public_id)},{_STATUS[status]},{cell(error) if error else ''},"
        f"{cell(prompt)},{cell(response)},"
    )
    numbers = (
        f"{'' if in_tokens is None else in_tokens},{'' if out_tokens is None else out_tokens},"
        f"{'' if duration is None else duration}"
    )
    names = [] if files == "[]" else [cell(each) for each in _decode(files)]
    pairs, others = _pairs(inputs, cell), _pairs(outputs, cell)
    lines = [f"{head}{names[0] if names else ''},{numbers},{_first(pairs)},{_first(others)}"]
    for name, pair, other in zip_longest(names[1:], pairs[1:], others[1:]):
        lines.append(f",,,,,,{name or ''},,,,{pair or ','},{other or ','}")
    return lines


def _pairs(context: str, cell: Cell) -> list[str]:
    """Key and value of each pair: a text as it is, other values as JSON."""
    if context == "{}":
        return []
    return [f"{cell(key)},{cell(_plain(value))}" for key, value in _decode(context).items()]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _first(pairs: list[str]) -> str:
    return pairs[0] if pairs else ","


def _check_lines(checks: list[StoredCheck], cell: Cell) -> dict[int, list[str]]:
    """The cells of each test's checks, examples going down; by order_index."""
    found: dict[int, list[str]] = {}
    for (
        n, operator, criteria, _, auto_eval, edited, edited_feedback, confidence, feedback, weight,
        extracted, conditional, conditional_criteria, category, examples,
    ) in checks:  # fmt: skip
        line = (
            f"{cell(operator)},{cell(criteria) if criteria else ''},"
            f"{_WORDS.get(auto_eval) or cell(auto_eval)},{_WORDS.get(edited, '')},"
            f"{cell(edited_feedback) if edited_feedback else ''},{_WORDS.get(confidence, '')},"
            f"{cell(feedback) if feedback else ''},{weight},{cell(extracted) if extracted else ''},"
            f"{cell(conditional) if conditional else ''},"
            f"{cell(conditional_criteria) if conditional_criteria else ''},"
            f"{cell(category) if category else ''},"
        )
        lines = found.setdefault(n, [])
        if examples == "[]":
            lines.append(f"{line},")
            continue
        for example in _decode(examples):
            lines.append(f"{line}{cell(example['type'])},{cell(example['text'])}")
            line = _CHECK_ONLY
    return found
