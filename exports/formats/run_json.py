"""The run JSON (formats.md 2.8): the run and its test results, laid out as the contract does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from exports.formats.records import ItemTally
from exports.formats.run_records import RunHead, RunPage, StoredCheck, StoredTest
from exports.formats.stored_items import portable
from exports.formats.texts import json_text

_is_score = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,15})?", re.ASCII).fullmatch


def write(head: RunHead, pages: Iterable[RunPage], tally: ItemTally) -> Iterator[str]:
    """A page at a time. What is empty is null, but for the texts that every test and run has."""
    yield f'{{\n  "run": {{\n{_run(head)}\n  }},\n  "test_results": ['
    for page in pages:
        if page.tests:
            yield ("," if tally.n_rows else "") + ",".join(_tests(page))
        tally.n_rows += len(page.tests)
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


def _tests(page: RunPage) -> Iterator[str]:
    checks = _check_objects(page.checks)
    for test in page.tests:
        found = checks.get(test.order_index)
        inside = f"{','.join(found)}\n      " if found else ""
        yield f'{_test(test)}\n      "checks": [{inside}]\n    }}'


def _test(test: StoredTest) -> str:
    """A test's object as far as its checks."""
    (
        _, id_, public_id, status, error, prompt, response, files, in_tokens, out_tokens, duration,
        inputs, outputs,
    ) = test  # fmt: skip
    return (
        f'\n    {{\n      "test_result_id": "{id_}", "test_id": {json_text(public_id)}, '
        f'"status": "{status}", "error_message": {json_text(error)},\n'
        f'      "test_input": {json_text(prompt)}, "llm_output": {json_text(response)}, '
        f'"files": {files},\n'
        f'      "in_tokens": {_number(in_tokens)}, "out_tokens": {_number(out_tokens)}, '
        f'"duration": {_number(duration)},\n'
        f'      "input_context": {portable(inputs)}, "output_context": {portable(outputs)},'
    )


def _check_objects(checks: list[StoredCheck]) -> dict[int, list[str]]:
    """The objects of each test's checks, by order_index."""
    found: dict[int, list[str]] = {}
    for (
        n, operator, criteria, is_global, auto_eval, edited, edited_feedback, confidence, feedback,
        weight, extracted, conditional, conditional_criteria, category, examples,
    ) in checks:  # fmt: skip
        found.setdefault(n, []).append(
            f'\n        {{"operator": {json_text(operator)}, "criteria": {_or_null(criteria)}, '
            f'"is_global": {"true" if is_global else "false"}, "auto_eval": {_score(auto_eval)},\n'
            f'         "edited_auto_eval": {_or_null(edited)}, '
            f'"edited_auto_eval_feedback": {_or_null(edited_feedback)}, '
            f'"confidence_level": {_or_null(confidence)},\n'
            f'         "feedback": {_or_null(feedback)}, "weight": {weight}, '
            f'"extractor": {_or_null(extracted)},\n'
            f'         "conditional_operator": {_or_null(conditional)}, '
            f'"conditional_criteria": {_or_null(conditional_criteria)}, '
            f'"category": {_or_null(category)}, "examples": {examples}}}'
        )
    return found


def _number(value: float | None) -> str:
    return "null" if value is None else str(value)


def _or_null(text: str | None) -> str:
    return json_text(text) if text else "null"


def _score(auto_eval: str) -> str:
    """A score as a number, a verdict or a label as text."""
    return auto_eval if _is_score(auto_eval) else _or_null(auto_eval)
