"""The run JSON (formats.md 2.8): the run and its test results, laid out as the contract shows it.

The objects of tests and checks come as JSON from PostgreSQL (run_statements.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from exports.formats.records import ItemTally
from exports.formats.run_records import RunHead, RunPage

NEW_LINE = b"\x03"


def write(head: RunHead, pages: Iterable[RunPage], tally: ItemTally) -> Iterator[bytes]:
    """A page at a time."""
    yield f'{{\n  "run": {{\n{_run(head)}\n  }},\n  "test_results": ['.encode()
    is_first = True
    for page in pages:
        tests = b"".join(_tests(page, tally)).replace(NEW_LINE, b"\n")
        yield tests[1:] if is_first else tests  # the first has no comma before it
        is_first = is_first and not tests
    yield b"\n  ]\n}\n" if tally.n_rows else b"]\n}\n"


def _run(head: RunHead) -> str:
    """The lines of the run, grouped as the contract groups them."""
    figures = head.figures
    completed = head.completed_at.isoformat().replace("+00:00", "Z") if head.completed_at else None
    lines: list[dict[str, Any]] = [
        {
            "run_id": head.run_id,
            "test_suite_id": head.suite_id or None,
            "test_suite_title": head.suite_title or None,
            "name": head.name,
        },
        {
            "status": head.status,
            "error_message": head.error_message,
            "error_analysis": head.error_analysis,
        },
        {"completed_at": completed, "parameters": head.parameters},
        {
            "percent_of_checks_passed": figures.checks.fraction,
            "amount_of_checks_passed": figures.n_checks_passed,
            "standard_deviation_for_checks_passed": figures.checks.deviation,
        },
        {
            "percent_of_tests_passed": figures.tests.fraction,
            "amount_of_tests_passed": figures.n_tests_passed,
            "standard_deviation_for_tests_passed": figures.tests.deviation,
        },
        {"needs_review_percentage": figures.needs_review},
    ]
    return ",\n".join(f"    {json.dumps(line, ensure_ascii=False)[1:-1]}" for line in lines)


def _tests(page: RunPage, tally: ItemTally) -> Iterator[bytes]:
    """Each test with its checks, a comma and a line break before each."""
    for n, test in page.items:
        tally.count_row()
        yield b",\n    {\n      " + test[:-1] + b',\n      "checks": ['
        checks = page.checks.get(n)
        if checks:
            yield b",".join([b"\n        {" + check[:-1] + b"}" for check in checks])
            yield b"\n      "
        yield b"]\n    }"
