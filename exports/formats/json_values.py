"""JSON of what an item holds, as fast as it gets, such that our own reader takes it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode
# MessagePack has no integers beyond 64 bits; this looks for one in a tenth of what Python takes.
_refuse_huge = msgspec.msgpack.Encoder().encode


def json_text(value: Any) -> str:
    """Compact JSON of plain values, without escapes for letters of any script."""
    try:
        _refuse_huge(value)
    except OverflowError:
        value = _fitting(value)
    return _encode(value).decode()


def _fitting(value: Any) -> Any:
    """Integers beyond 64 bits as the real numbers they were: PostgreSQL writes 1e20 in full."""
    if isinstance(value, dict):
        return {key: _fitting(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_fitting(each) for each in value]
    is_huge = isinstance(value, int) and not -(2**63) <= value < 2**64
    return float(value) if is_huge else value


def time_text(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the microsecond where it has any."""
    if moment is None:
        return None
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.isoformat()[:-6]}Z"
