"""Patterns of people's own over outputs, by RE2: in time linear in the output, and not too much."""

from __future__ import annotations

import functools
from typing import Any

from datasets.operators import apart, criteria
from datasets.operators.operator import OperatorError

# What is carried out here and not apart: RE2 takes some 20 ns for one instruction and one byte in
# its slowest way, and 10 ms to compile this many characters.
_QUICK_PATTERN = 200
_QUICK_STEPS = 20_000_000


def found(output: str, pattern: str) -> str:
    """`regex`: the pattern is found somewhere in the output; no flags."""
    if len(pattern) <= _QUICK_PATTERN:
        compiled = _compiled(pattern)
        if compiled.programsize * len(output) <= _QUICK_STEPS:
            return _searched(compiled, output)
    return apart.decide("regex", output, pattern)


def search(output: str, pattern: str) -> str:
    """The same without a look at the time."""
    return _searched(_compiled(pattern), output)


def _searched(compiled: Any, output: str) -> str:
    is_found = compiled.search(output.encode("utf-8", "replace"))
    return "" if is_found else "The pattern is not found in the output."


@functools.lru_cache(maxsize=100)
def _compiled(pattern: str) -> Any:
    if fault := criteria.pattern_fault(pattern):
        raise OperatorError(fault)
    return criteria.pattern(pattern)
