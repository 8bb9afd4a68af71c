"""What the product suggests for a case, as a Lab file has it: apart from what anybody said."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from exports.formats.review_records import EMPLOYEE, GUIDANCE, RATINGS
from exports.review_lab_rows import ANSWERS
from reviews.suggesting import Signs, signs_of, values_of

_encode = msgspec.json.Encoder().encode


MOST_KEPT = 1_000


def snippets(prompt: str, response: str, status: str) -> tuple[bytes, ...]:
    """The suggestions as JSON, in the order in which a review's object has places for them."""
    return _snippets(signs_of(prompt, response, run_status=status))


@lru_cache(MOST_KEPT)
def _snippets(signs: Signs) -> tuple[bytes, ...]:
    said = values_of(signs)
    guidance = {name: said.get(f"humanGuidanceEval.{name}") for name in GUIDANCE}
    values: list[Any] = [
        {name: said.get(f"ratings.{name}") for name in RATINGS},
        *(said.get(name) for name in ("keepTalking", "status", "priority")),
        {name: said.get(f"employeeReview.{name}") for name in EMPLOYEE},
        guidance | {"notes": ""},
    ]
    return tuple([_encode(value) for value in values])


def cells_of(prompt: str, response: str, status: str) -> bytes:
    """The suggestions as cells of the CSV, in the order of its answers."""
    return _cells(signs_of(prompt, response, run_status=status))


@lru_cache(MOST_KEPT)
def _cells(signs: Signs) -> bytes:
    said = values_of(signs)
    return ",".join([_cell(said.get(key)) for key in ANSWERS.values()]).encode()


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
