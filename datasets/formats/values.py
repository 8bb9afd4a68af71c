"""What a single JSON value is and whether it fits."""

import re
from decimal import Decimal, InvalidOperation
from typing import Any

MAX_TEXT = 10 * 1024 * 1024
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def holds_hidden(text: str) -> bool:
    """Whether a name holds what nobody sees: controls, marks of direction, zero width."""
    return _HIDDEN.search(text) is not None


def is_too_long(text: str) -> bool:
    """Whether the text is over 10 MB in UTF-8."""
    if len(text) * 4 <= MAX_TEXT:
        return False
    return len(text) > MAX_TEXT or len(text.encode()) > MAX_TEXT


def kind(value: Any) -> str:
    """What a JSON value is, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int):
        return "a number"
    return {str: "text", float: "a number with decimals", list: "a list", dict: "an object"}.get(
        type(value), type(value).__name__
    )


def decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return amount if amount.is_finite() else None


def n_places(amount: Decimal) -> int:
    """How many digits stand after the point."""
    exponent = amount.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
