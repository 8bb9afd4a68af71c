"""Answers to a rubric: read strictly, one fault for each criterion that has one.

An answer is {"value", "flagged", "note"}. Values are text for pass/fail, choice and text, a list of
text for multi-choice, a whole number for a rating, a number, or true and false. A flag says "not
this way": a flagged answer needs no value. Text that is blank is no answer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from reviews.rubrics.shape import Criterion, Kind, Shape

MOST_NOTE = 10_000
MOST_TEXT = 100_000
BEYOND = Decimal(10) ** 15  # a number this large has no steps that floats could tell apart


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person said to one criterion; `value` None when it is unanswered or only flagged."""

    value: Any = None
    flagged: bool = False
    note: str = ""

    @property
    def is_given(self) -> bool:
        return self.value is not None or self.flagged

    def as_json(self) -> dict[str, Any]:
        return {"value": self.value, "flagged": self.flagged, "note": self.note}


UNANSWERED = Answer()


def read_answers(
    shape: Shape, given: Any, *, is_draft: bool
) -> tuple[dict[str, Answer], dict[str, str]]:
    """The answers by key, and what is wrong by key ("" for the whole); a draft may lack any."""
    if not isinstance(given, Mapping):
        return {}, {"": "Answers are an object: key of the criterion -> answer."}
    answers, faults = {}, {}
    for key, held in given.items():
        criterion = shape.by_key.get(key)
        if criterion is None:
            faults[str(key)[:60]] = "This rubric has no such criterion."
            continue
        answer, fault = read_answer(criterion, held)
        if fault:
            faults[key] = fault
        elif answer.is_given or answer.note:
            answers[key] = answer
    if not is_draft:
        for criterion in shape.criteria():
            is_given = answers.get(criterion.key, UNANSWERED).is_given
            if criterion.required and criterion.key not in faults and not is_given:
                faults[criterion.key] = "This needs an answer."
    return answers, faults


def read_answer(criterion: Criterion, held: Any) -> tuple[Answer, str]:
    """One answer, and what is wrong with it or ""."""
    if not isinstance(held, Mapping):
        return Answer(), "An answer is an object with value, flagged and note."
    flagged, note = held.get("flagged", False), held.get("note", "")
    if not isinstance(flagged, bool):
        return Answer(), "flagged is true or false."
    if not isinstance(note, str) or len(note) > MOST_NOTE or "\x00" in note:
        return Answer(), f"A note is text of at most {MOST_NOTE:,} characters."
    value, fault = read_value(criterion, held.get("value"))
    return Answer(value, flagged, note), fault


def read_value(criterion: Criterion, value: Any) -> tuple[Any, str]:
    """The value as it is kept, and what is wrong with it or ""; None is no answer."""
    if value is None or value == "":
        return None, ""
    return READERS[criterion.kind](criterion, value)


def _one_of(criterion: Criterion, value: Any) -> tuple[Any, str]:
    if isinstance(value, str) and value in criterion.values:
        return value, ""
    return None, f"Choose one of: {', '.join(criterion.values)}."


def _some_of(criterion: Criterion, value: Any) -> tuple[Any, str]:
    """A set, kept in the order of the options; an empty list says that none fits."""
    if not isinstance(value, list) or any(each not in criterion.values for each in value):
        return None, f"Choose from: {', '.join(criterion.values)}."
    if len(set(value)) != len(value):
        return None, "The same option is there twice."
    return [each for each in criterion.values if each in value], ""


def _rating(criterion: Criterion, value: Any) -> tuple[Any, str]:
    if isinstance(value, int) and not isinstance(value, bool) and _is_within(criterion, value):
        return value, ""
    return None, f"Give a whole number from {criterion.min:g} to {criterion.max:g}."


def _number(criterion: Criterion, value: Any) -> tuple[Any, str]:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and math.isfinite(value) and _is_within(criterion, value):
        if _is_on_a_step(criterion, value):
            return value, ""
        begin = criterion.min or 0
        return None, f"Give a number in steps of {criterion.step:g}, counted from {begin:g}."
    low = "" if criterion.min is None else f" from {criterion.min:g}"
    high = "" if criterion.max is None else f" up to {criterion.max:g}"
    return None, f"Give a number{low}{high}."


def _boolean(criterion: Criterion, value: Any) -> tuple[Any, str]:
    return (value, "") if isinstance(value, bool) else (None, "Give true or false.")


def _text(criterion: Criterion, value: Any) -> tuple[Any, str]:
    if not isinstance(value, str) or len(value) > MOST_TEXT or "\x00" in value:
        return None, f"Write text of at most {MOST_TEXT:,} characters."
    return (value, "") if value.strip() else (None, "")


def _is_within(criterion: Criterion, value: float) -> bool:
    low, high = criterion.min, criterion.max
    return (low is None or value >= low) and (high is None or value <= high)


def _is_on_a_step(criterion: Criterion, value: float) -> bool:
    """Decimal, as it is written: 0.3 is three steps of 0.1."""
    if criterion.step is None:
        return True
    given, begin, step = (Decimal(str(n)) for n in (value, criterion.min or 0, criterion.step))
    with localcontext(prec=60):
        return abs(given) < BEYOND and (given - begin) % step == 0


READERS = {
    Kind.PASS_FAIL: _one_of,
    Kind.CHOICE: _one_of,
    Kind.MULTI_CHOICE: _some_of,
    Kind.RATING: _rating,
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.TEXT: _text,
}
