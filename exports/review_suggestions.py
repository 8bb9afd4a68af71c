"""What the product suggests for a case, as a Lab file has it: apart from what anybody said."""

from __future__ import annotations

from typing import Any

import msgspec

from exports.review_lab_statements import ANSWERS, EMPLOYEE, GUIDANCE, RATINGS
from reviews.suggesting import suggest

_encode = msgspec.json.Encoder().encode


def proposed(prompt: str, response: str, status: str) -> dict[str, Any]:
    """The suggested values by key of the Lab's review."""
    return {each.key: each.value for each in suggest(prompt, response, run_status=status)}


def snippets(prompt: str, response: str, status: str) -> list[bytes]:
    """The suggestions as JSON, in the order in which a review's object has places for them."""
    said = proposed(prompt, response, status)
    guidance = {name: said.get(f"humanGuidanceEval.{name}") for name in GUIDANCE}
    values: list[Any] = [
        {name: said.get(f"ratings.{name}") for name in RATINGS},
        *(said.get(name) for name in ("keepTalking", "status", "priority")),
        {name: said.get(f"employeeReview.{name}") for name in EMPLOYEE},
        guidance | {"notes": ""},
    ]
    return [_encode(value) for value in values]


def cells_of(prompt: str, response: str, status: str) -> bytes:
    """The suggestions as cells of the CSV, in the order of its answers."""
    said = proposed(prompt, response, status)
    return ",".join([_cell(said.get(key)) for key in ANSWERS.values()]).encode()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
