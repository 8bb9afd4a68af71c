"""Suggestions for files: the same as on the page, found in a part of the time."""

from __future__ import annotations

import random

from reviews import suggesting
from reviews.expressions import Expressions
from reviews.second_look_signs import TOPICS
from reviews.suggesting import signs_of, suggest, values_of

PIECES = (
    "no worries", "Don't Worry", "take your time", "guarantee", "guaranteed", "definitely",
    "100 %", "as an AI", "I understand how you feel", "your frustration", "frustratéd", "panicked",
    "ſcared", "\u212a", "first", "CALL", "recall", "i'll", "ı feel", "İ WILL", "worried", "- item",
    "1) item", "\n", "we apologize for any inconvenience", "so sorry to hear", "abc1word", "über",
    "wörter", "under_score", "🦀", "?", ".", "I have already booked", "\ud800", "unacceptable",
    "that's understandable", "refunded", "€ 20", "€\u00a020", "$5", "doesn’t work", "Leaky", "scam",
    "fıre", "break-in", "mold", "deceiv",
)  # fmt: skip


def texts(seed: int) -> tuple[str, str]:
    dice = random.Random(seed)
    joins = (" ", "", "\n", " - ")
    return tuple(  # type: ignore[return-value]
        dice.choice(joins).join(dice.choices(PIECES, k=dice.randrange(12))) for _ in range(2)
    )


def test_the_quick_search_finds_what_the_expressions_find() -> None:
    patterns = {
        "next": suggesting.NEXT_MOVE, "calming": suggesting.CALMING, "robotic": suggesting.ROBOTIC,
        "empathy": suggesting.FAKE_EMPATHY, "claims": suggesting.OVERCLAIMING,
        **TOPICS,
    }  # fmt: skip
    expressions = Expressions(patterns)
    for seed in range(400):
        prompt, response = texts(seed)
        for text in (prompt, response):
            found = expressions.matches(text)
            for name, pattern in patterns.items():
                quick, whole = found.get(name), pattern.search(text)
                assert (quick and quick.span()) == (whole and whole.span()), text
            assert list(expressions.named(text)) == list(found), text
        asked, said = (set(suggesting.WORD.findall(text.lower())) for text in (prompt, response))
        assert suggesting._shared_words(prompt, response) == (len(asked), len(asked & said))


def test_values_are_those_of_the_suggestions() -> None:
    for seed in range(200):
        prompt, response = texts(seed)
        for status in ("success", "error"):
            told = {each.key: each.value for each in suggest(prompt, response, run_status=status)}
            assert values_of(signs_of(prompt, response, run_status=status)) == told


def test_a_word_counts_wherever_in_the_response_it_stands() -> None:
    first = suggesting.FIRST_WORDS
    for before in (0, first - 2, first - 1, first, first + 1, 5 * first):
        for word, understood in (("ferry", "yes"), ("fern", "mostly")):
            response = f"{'then ' * before}{word}"
            told = values_of(signs_of("A ferry from Graz", response))
            assert told["employeeReview.understoodNeed"] == understood
            assert told == {each.key: each.value for each in suggest("A ferry from Graz", response)}
