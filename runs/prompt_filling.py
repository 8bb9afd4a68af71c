"""Prompts made of templates and values: pure, and the same again for the same seed.

Every template gives the same number of prompts, as far as that divides, and every value is taken
as often as the others of its place. No prompt comes twice while there are other combinations.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

MOST_PLACES = 10
MOST_VALUES = 100
LONGEST_VALUE = 2_000
PLACE = re.compile(r"\{([a-z][a-z0-9_]*)\}")


class Source(NamedTuple):
    """A template as filling sees it: a text with places such as {city}, and their values."""

    template_key: str
    category: str
    subcategory: str
    title: str
    text: str
    values: Mapping[str, Sequence[str]]

    @property
    def places(self) -> list[str]:
        """The places that have values, in the order of the text, each once."""
        return [name for name in dict.fromkeys(PLACE.findall(self.text)) if name in self.values]

    @property
    def n_combinations(self) -> int:
        """How many different prompts it can give."""
        return math.prod(len(self.values[name]) for name in self.places)


class Filled(NamedTuple):
    """One prompt, and the template that it was made of."""

    source: Source
    text: str


def values_fault(text: str, values: Any) -> str:
    """What is wrong with the values of a template, then the remedy; "" when they can be used."""
    if not isinstance(values, dict) or len(values) > MOST_PLACES:
        return f"Write an object with at most {MOST_PLACES} places, each with a list of values."
    for name, given in values.items():
        if not PLACE.fullmatch(f"{{{name}}}"):
            return f"“{str(name)[:60]}” is no name of a place: use small letters, digits and _."
        if fault := _list_fault(str(name), given):
            return fault
    places = dict.fromkeys(PLACE.findall(text))
    if missing := [name for name in places if name not in values]:
        return f"The text has {{{missing[0]}}}, which has no values. Write them, one a line."
    if unused := [name for name in values if name not in places]:
        return f"The text has no {{{unused[0]}}}. Put it in, or take its values out."
    return ""


def _list_fault(name: str, given: Any) -> str:
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_VALUES:
        return f"{{{name}}} needs 1 to {MOST_VALUES} values."
    if not all(isinstance(each, str) and 0 < len(each) <= LONGEST_VALUE for each in given):
        return f"Each value of {{{name}}} is a text of 1 to {LONGEST_VALUE:,} characters."
    return f"A value of {{{name}}} is there twice." if len(set(given)) < len(given) else ""


def fill(sources: Sequence[Source], n: int, *, seed: int = 0) -> list[Filled]:
    """The first `n` prompts of these templates in the order that the seed gives; none of none."""
    endless = _endless(sources, seed)
    return [next(endless) for _ in range(n)] if sources else []


def _endless(sources: Sequence[Source], seed: int) -> Iterator[Filled]:
    """Rounds over the templates; when all are used up, everything begins again."""
    order = list(sources)
    random.Random(seed).shuffle(order)  # noqa: S311 - a choice that can be made again
    while True:
        said: set[str] = set()
        going = [_combinations(source, seed) for source in order]
        while going:
            left = []
            for prompts in going:
                fresh = next((each for each in prompts if each.text not in said), None)
                if fresh is not None:
                    said.add(fresh.text)
                    left.append(prompts)
                    yield fresh
            going = left


def _combinations(source: Source, seed: int) -> Iterator[Filled]:
    """Every combination of the values once, each prefix with all values equally often."""
    names = source.places
    lists = [_shuffled(source, name, seed) for name in names]
    for k in range(source.n_combinations):
        chosen = dict(zip(names, _diagonal(lists, k), strict=True))
        text = PLACE.sub(lambda found: chosen.get(found[1], found[0]), source.text)  # noqa: B023
        yield Filled(source, text)


def _shuffled(source: Source, name: str, seed: int) -> list[str]:
    values = list(source.values[name])
    random.Random(f"{seed}:{source.template_key}:{source.title}:{name}").shuffle(values)  # noqa: S311
    return values


def _diagonal(lists: Sequence[Sequence[str]], k: int) -> list[str]:
    """The k-th combination, counted along diagonals so that every list goes round evenly.

    Two cycles of lengths a and b meet again after lcm(a, b) steps; from then on the second one is
    shifted by one, so that k from 0 to a * b - 1 gives each pair once. More lists: a pair and the
    next one in the same way.
    """
    sizes = [len(values) for values in lists]
    places = []
    for n in range(len(sizes) - 1, 0, -1):
        before, size = math.prod(sizes[:n]), sizes[n]
        places.append((k + k // math.lcm(before, size)) % size)
        k %= before
    if sizes:
        places.append(k % sizes[0])
    return [values[at] for values, at in zip(lists, reversed(places), strict=True)]
