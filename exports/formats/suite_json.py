"""The suite JSON: one object, each test on a line of its own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from datasets.formats.items import CheckRecord, ItemRecord
from exports.formats.suites import SuiteHead, SuiteTally


def write(
    head: SuiteHead, items: Iterable[ItemRecord], *, tally: SuiteTally | None = None
) -> Iterator[str]:
    """The file that reads back as the same suite."""
    tally = SuiteTally() if tally is None else tally
    yield f'{{"title": {_json(head.title)},\n"description": {_json(head.description)},\n'
    tally.n_global_checks = len(head.global_checks)
    yield f'"global_checks": {_lines(map(check_object, head.global_checks))},\n"tests": ['
    between = "\n"
    for item in items:
        if tally.takes(item):
            yield between + _json(item_object(item))
            between = ",\n"
    yield "]}\n"


def item_object(item: ItemRecord) -> dict[str, Any]:
    """A test under the keys of the contract, all of them."""
    return {
        "id": item.public_id,
        "input_under_test": item.input,
        "right_answer": item.expected_output,
        "tags": item.tags,
        "context": item.context,
        "files_under_test": item.files,
        "checks": [check_object(check) for check in item.checks],
    }


def check_object(check: CheckRecord) -> dict[str, Any]:
    """A check under the keys of the contract; modifiers at their default are left out."""
    modifiers: dict[str, Any] = {}
    if check.weight != 1:
        modifiers["severity"] = check.weight
    if check.category:
        modifiers["category"] = check.category
    if check.extractor:
        modifiers["extractor"] = check.extractor
    if check.conditional_operator:
        modifiers["conditional"] = {
            "operator": check.conditional_operator,
            "criteria": check.conditional_criteria,
        }
    if check.examples:
        modifiers["examples"] = [example._asdict() for example in check.examples]
    return {"operator": check.operator, "criteria": check.criteria, "modifiers": modifiers}


def _lines(objects: Iterable[dict[str, Any]]) -> str:
    lines = ",\n".join(map(_json, objects))
    return f"[\n{lines}]" if lines else "[]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
