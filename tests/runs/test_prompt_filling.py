"""Prompts of templates: spread evenly, never twice while there are others, always the same."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from runs.prompt_filling import Source, fill, values_fault
from runs.prompt_templates import given as given_templates


def source(key: str = "k", text: str = "{a} {b}", **values: list[str]) -> Source:
    said = values or {"a": ["1", "2", "3"], "b": ["x", "y"]}
    return Source(key, "Category", "", key, text, said)


def test_every_combination_comes_once_before_any_comes_twice() -> None:
    made = [each.text for each in fill([source()], 8, seed=4)]

    assert sorted(made[:6]) == sorted(f"{a} {b}" for a, b in product("123", "xy"))
    assert len(set(made)) == 6


@settings(deadline=None, max_examples=60)
@given(some.lists(some.integers(1, 5), min_size=1, max_size=4), some.integers(0, 99))
def test_all_values_are_taken_equally_often(sizes: list[int], seed: int) -> None:
    names = [f"p{n}" for n in range(len(sizes))]
    values = {name: [f"{name}v{n}" for n in range(size)]
              for name, size in zip(names, sizes, strict=True)}  # fmt: skip
    one = source(text=" ".join(f"{{{name}}}" for name in names), **values)

    made = [each.text.split() for each in fill([one], one.n_combinations, seed=seed)]

    assert len({tuple(words) for words in made}) == one.n_combinations
    for place, size in enumerate(sizes):
        for n in range(1, one.n_combinations + 1):
            counts = Counter(words[place] for words in made[:n])
            assert max(counts.values()) - min(counts.values()) <= 1 or place > 0
        assert len(set(Counter(words[place] for words in made).values())) == 1
        assert len({words[place] for words in made}) == size


def test_every_template_gives_as_many_as_the_others_until_it_is_used_up() -> None:
    few = source("few", "{a}", a=["1"])
    many = [source(f"k{n}", f"{n} {{a}}", a=[str(x) for x in range(30)]) for n in range(3)]

    made = fill([few, *many], 40, seed=1)

    assert Counter(each.source.template_key for each in made) == {"few": 1, "k0": 13, "k1": 13,
                                                                  "k2": 13}  # fmt: skip


def test_the_same_seed_gives_the_same_and_another_seed_others() -> None:
    sources = [source("a"), source("b", "b {a}{b}")]

    def texts(seed: int) -> list[str]:
        return [each.text for each in fill(sources, 9, seed=seed)]

    assert texts(7) == texts(7)
    assert texts(7) != texts(8)


def test_two_templates_that_give_the_same_text_give_it_once() -> None:
    twins = [source("a", "{a}", a=["1", "2"]), source("b", "{a}", a=["1", "2", "3"])]

    assert len({each.text for each in fill(twins, 3)}) == 3


def test_braces_without_values_stay() -> None:
    assert fill([source(text='{"x": {a}}', a=["1"])], 1)[0].text == '{"x": 1}'


def test_no_templates_give_nothing() -> None:
    assert fill([], 50) == []


@pytest.mark.parametrize(
    ("text", "values", "fault"),
    [
        ("{a}", {"a": ["1"]}, ""),
        ("plain", {}, ""),
        ("{a}", {}, "which has no values"),
        ("x", {"a": ["1"]}, "The text has no {a}"),
        ("{a}", {"a": []}, "needs 1 to 100 values"),
        ("{a}", {"a": ["1", "1"]}, "is there twice"),
        ("{a}", {"a": [1]}, "is a text"),
        ("{a}", {"a": [""]}, "is a text"),
        ("{a}", {"A b": ["1"]}, "is no name of a place"),
        ("{a}", [], "Write an object"),
        ("{a}", {f"p{n}": ["1"] for n in range(11)}, "at most 10 places"),
    ],
)
def test_what_is_wrong_with_values_is_said(text: str, values: Any, fault: str) -> None:
    found = values_fault(text, values)

    assert fault in found
    assert bool(fault) == bool(found)


def test_the_templates_of_the_product_can_all_be_filled() -> None:
    rows = given_templates()

    assert len({row["category"] for row in rows}) >= 5
    keys = Counter(category for category, _ in {(r["category"], r["template_key"]) for r in rows})
    assert min(keys.values()) >= 3
    assert [values_fault(row["text"], row["values"]) for row in rows] == [""] * len(rows)
    sources = [Source(*(row[name] for name in Source._fields)) for row in rows]
    made = fill(sources, 3000, seed=1)
    assert len({each.text for each in made}) == 3000
    assert not any("{" in each.text for each in made)
