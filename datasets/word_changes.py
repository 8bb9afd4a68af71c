"""Which words of a text changed: both texts in pieces, those that differ marked."""

from __future__ import annotations

import difflib
import json
import re
from typing import Any, NamedTuple

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
COMPARED_TOKENS = 2000  # beyond, comparing word by word takes longer than it helps


class Piece(NamedTuple):
    """A part of a text, and whether the other text has another one there."""

    text: str
    is_changed: bool


class WordChange(NamedTuple):
    """A text before and after, in pieces."""

    before: list[Piece]
    after: list[Piece]


def word_change(before: Any, after: Any) -> WordChange:
    """The pieces of two values; what is no text is compared as the JSON that people read."""
    one, other = as_text(before), as_text(after)
    left, right = _TOKEN.findall(one), _TOKEN.findall(other)
    if max(len(left), len(right)) > COMPARED_TOKENS:
        return WordChange([Piece(one, True)], [Piece(other, True)])
    pieces = WordChange([], [])
    blocks = difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    for kind, i, j, k, m in blocks:
        is_changed = kind != "equal"
        if i < j:
            pieces.before.append(Piece("".join(left[i:j]), is_changed))
        if k < m:
            pieces.after.append(Piece("".join(right[k:m]), is_changed))
    return pieces


def shown_change(before: Any, after: Any, size: int) -> list[Any]:
    """Two values short enough to be listed; of long ones what stands around the first change."""
    texts = [
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for value in (before, after)
    ]
    if max(map(len, texts)) <= size:
        return [before, after]
    return list(around_change(texts[0], texts[1], size))


def around_change(before: str, after: str, size: int) -> tuple[str, str]:
    """At most so many characters of two texts, from a little before where they begin to differ."""
    pairs = enumerate(zip(before, after, strict=False))
    first = next((n for n, (a, b) in pairs if a != b), min(len(before), len(after)))
    start = max(0, first - size // 4)
    return _cut(before, start, size), _cut(after, start, size)


def _cut(text: str, start: int, size: int) -> str:
    shown = text[start : start + size]
    return f"{'…' if start else ''}{shown}{'…' if start + size < len(text) else ''}"


def as_text(value: Any) -> str:
    """A value as people read it: text as it stands, a list of words in a row, else JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False, indent=2) if value else ""
