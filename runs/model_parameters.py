"""What may be said to a model besides the question; nothing else is sent to its server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def _number(least: float, most: float) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
    )


def _whole(least: int, most: int) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    )


def _is_short_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 100


def _are_stops(value: Any) -> bool:
    texts = [value] if isinstance(value, str) else value
    return isinstance(texts, list) and 0 < len(texts) <= 16 and all(map(_is_short_text, texts))


# name -> (is it usable, what it is)
PARAMETERS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "temperature": (_number(0, 2), "a number from 0 to 2"),
    "top_p": (_number(0, 1), "a number from 0 to 1"),
    "top_k": (_whole(-1, 100_000), "a whole number"),
    "min_p": (_number(0, 1), "a number from 0 to 1"),
    "max_tokens": (_whole(1, 1_000_000), "a whole number from 1"),
    "max_completion_tokens": (_whole(1, 1_000_000), "a whole number from 1"),
    "seed": (_whole(-(2**63), 2**63 - 1), "a whole number"),
    "presence_penalty": (_number(-2, 2), "a number from -2 to 2"),
    "frequency_penalty": (_number(-2, 2), "a number from -2 to 2"),
    "repetition_penalty": (_number(0, 10), "a number from 0 to 10"),
    "reasoning_effort": (_is_short_text, "a word like low, medium or high"),
    "stop": (_are_stops, "a text, or a list of up to 16"),
}


def parameter_problems(parameters: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with parameters, a sentence each."""
    problems = []
    for name, value in parameters.items():
        if name not in PARAMETERS:
            problems.append(f"{name} is not sent to models: write {', '.join(PARAMETERS)}.")
        elif not PARAMETERS[name][0](value):
            problems.append(f"{name} is {PARAMETERS[name][1]}.")
    return problems


def usable(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters that may be sent."""
    return {
        name: value
        for name, value in parameters.items()
        if name in PARAMETERS and PARAMETERS[name][0](value)
    }
