"""JSON of what an item holds, as fast as it gets, such that our own reader takes it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def json_text(value: Any) -> str:
    """Compact JSON of plain values, without escapes for letters of any script."""
    return _encode(_fitting(value) if _holds_huge(value) else value).decode()


def _holds_huge(value: Any) -> bool:
    """Whether an integer stands in it that no reader of 64 bits takes."""
    if isinstance(value, dict):
        return any(map(_holds_huge, value.values()))
    if isinstance(value, list | tuple):
        return any(map(_holds_huge, value))
    return isinstance(value, int) and not -(2**63) <= value < 2**64


def _fitting(value: Any) -> Any:
    """Integers beyond 64 bits as the real numbers they were: PostgreSQL writes 1e20 in full."""
    if isinstance(value, dict):
        return {key: _fitting(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_fitting(each) for each in value]
    return float(value) if _holds_huge(value) else value


def time_text(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the microsecond where it has any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
