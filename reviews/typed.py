"""What the review page sends: what was typed, and the number of the draft it was typed over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError

from evalplatform import strict_json

MOST_BYTES = 1_000_000
PARTS = {"answers": dict, "checks": dict, "feedback": str}


@dataclass(frozen=True, slots=True)
class Typed:
    """A draft as `Review.draft` keeps it, over the draft `number`."""

    draft: dict[str, Any]
    number: int


def read_typed(body: bytes) -> Typed:
    """What the body holds; ValidationError when it is not from this page."""
    if len(body) > MOST_BYTES:
        raise ValidationError("This is more than a review holds. Shorten your notes.")
    try:
        said = strict_json.loads(body)
    except strict_json.StrictJsonError as error:
        raise ValidationError(error.message) from error
    number, draft = (said.get("number"), said.get("draft")) if isinstance(said, dict) else (0, 0)
    if not isinstance(number, int) or isinstance(number, bool) or not isinstance(draft, dict):
        raise ValidationError("A draft is {number, draft: {answers, checks, feedback}}.")
    if any(not isinstance(draft.get(name, kind()), kind) for name, kind in PARTS.items()):
        raise ValidationError("A draft is {number, draft: {answers, checks, feedback}}.")
    return Typed({name: draft.get(name, kind()) for name, kind in PARTS.items()}, number)
