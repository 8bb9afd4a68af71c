"""Items as PostgreSQL gives them: JSON and times are text, which a file takes as it is.

To read JSON only to write it again would take longer than all the rest of an item.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from evalplatform.strict_json import MAX_INTEGER, MIN_INTEGER

_may_be_huge = re.compile("[0-9]{19}").search
_LONGEST = len(str(MAX_INTEGER))
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9.]+')


class StoredItem(NamedTuple):
    """One item; `context`, `history`, `participant_data`, `session_state` and `tags` are JSON."""

    public_id: str
    input: str
    output: str
    expected_output: str
    context: str
    history: str
    participant_data: str
    session_state: str
    summary: str
    tags: str
    created_at: str | None  # 2026-01-15T10:35:00.000000Z


class LineBlock(NamedTuple):
    """Some lines of a file as they are, and how many items they hold."""

    n_items: int
    data: bytes


class CopiedLines(NamedTuple):
    """Lines that PostgreSQL writes by COPY, and Python where the first cell holds the item."""

    statement: Callable[[str], str]  # of a SELECT of stored items in order
    line: Callable[[StoredItem], str]


def portable(json: str) -> str:
    """The JSON with integers beyond 64 bits as real numbers, all digits kept: 1000...e0.

    PostgreSQL writes the real number 1e20 in full. Our reader refuses such an integer, and pandas
    breaks at one.
    """
    return _TOKEN.sub(_fitting, json) if _may_be_huge(json) else json


def _fitting(token: re.Match[str]) -> str:
    text = token[0]
    if text[0] == '"' or "." in text:
        return text
    fits = len(text) <= _LONGEST and MIN_INTEGER <= int(text) <= MAX_INTEGER
    return text if fits else f"{text}e0"


def short_time(moment: str | None) -> str | None:
    """The time without the fraction of a second where it has none."""
    return moment and moment.replace(".000000Z", "Z")
