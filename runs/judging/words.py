"""Texts compared by their words: case, punctuation, spaces and forms of letters do not count."""

from __future__ import annotations

import functools
import re
import unicodedata

NEAR = 90.0  # of 100
_MOST_STEPS = 2_000_000_000
_REMEMBERED = 20_000
# Scripts that put no space between words, where a term is looked for anywhere.
_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uf900-\ufaff]")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


class _Folding(dict[int, str]):
    """Characters to what they count as; learnt as they come."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        category = unicodedata.category(character)
        is_nothing = category[0] in "PZC" or category == "Sk"
        self[code] = " " if is_nothing else character
        return self[code]


_FOLDING = _Folding()


def normalised(text: str) -> str:
    """The words, with one space between two."""
    return _remembered(text) if len(text) <= _REMEMBERED else _normalised(text)


def _normalised(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.translate(_FOLDING).split())


_remembered = functools.lru_cache(maxsize=1_000)(_normalised)


def holds(text: str, term: str) -> bool:
    """Whether the words of the term stand in the text, one behind the other."""
    words, wanted = normalised(text), normalised(term)
    if not wanted:  # punctuation alone
        return term.strip() in text
    if f" {wanted} " in f" {words} ":
        return True
    return _UNSPACED.search(wanted) is not None and wanted in words


def is_same(text: str, other: str) -> bool:
    """Whether both are the same words; without any words, the same characters."""
    words, wanted = normalised(text), normalised(other)
    return words == wanted if words or wanted else text.strip() == other.strip()


def is_near(text: str, passage: str) -> float | None:
    """How near, in hundredths, the text comes to holding the passage; None when too long to say."""
    words, wanted = normalised(text), normalised(passage)
    if wanted and wanted in words:
        return 100.0
    if len(words) * len(wanted) > _MOST_STEPS:
        return None
    from rapidfuzz import fuzz  # 2 MB that most processes have no use for

    compare = fuzz.partial_ratio if len(words) >= len(wanted) else fuzz.ratio
    return compare(wanted, words)


def numbers(text: str) -> set[str]:
    """The numbers in the text, as they are written."""
    return set(_NUMBER.findall(unicodedata.normalize("NFKC", text)))
