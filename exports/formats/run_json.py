"""The run JSON (formats.md 2.8): the run and its test results, laid out as the contract does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from exports.formats.records import ItemTally
from exports.formats.run_records import RunHead, StoredTest, TestsText
from exports.formats.stored_items import portable


def write(head: RunHead, pages: Iterable[TestsText], tally: ItemTally) -> Iterator[str]:
    """A page at a time. What is empty is null, but for the texts that every test and run has."""
    yield f'{{\n  "run": {{\n{_run(head)}\n  }},\n  "test_results": ['
    for page in pages:
        if page.n_tests:
            yield f",{page.text}" if tally.n_rows else page.text
        tally.n_rows += page.n_tests
    yield "\n  ]\n}\n" if tally.n_rows else "]\n}\n"


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


def test_object(test: StoredTest) -> str:
    """The object of a test, its integers as far as readers take them."""
    checks = f"{test.checks}\n      " if test.checks else ""
    return (
        f'\n    {{\n      {test.told}\n      "input_context": {portable(test.input_context)}, '
        f'"output_context": {portable(test.output_context)},\n      "checks": [{checks}]\n    }}'
    )
