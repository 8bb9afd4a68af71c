"""The form of a review as the page shows it: what is asked, and what its author said so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from reviews.rubrics.shape import Criterion, Kind, Shape
from reviews.suggesting import Suggestion

SINGLE = (Kind.PASS_FAIL, Kind.CHOICE, Kind.RATING, Kind.BOOLEAN)
WORDS = {"pass": "Pass", "fail": "Fail", "true": "Yes", "false": "No"}
DIGITS = "123456789"


@dataclass(frozen=True, slots=True)
class Choice:
    """One value to choose; `key` is the digit that chooses it, '' when there is none left."""

    value: str
    label: str
    key: str
    is_chosen: bool
    description: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One criterion or one check on the page. `name` is a criterion's key or `check-12`."""

    name: str
    label: str
    kind: str
    instructions: str = ""
    required: bool = True
    choices: tuple[Choice, ...] = ()
    text: str = ""  # what was typed, for numbers and text
    flagged: bool = False
    note: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    suggested: str = ""
    reasons: tuple[str, ...] = ()
    check: Mapping[str, Any] | None = None
    said: tuple[Any, ...] = ()  # what reviewers said, for who settles it: Group
    majority: str = ""  # the answer that most gave, as JSON
    is_agreed: bool = False  # all who answered gave the same

    @property
    def input_type(self) -> str:
        return "checkbox" if self.kind == Kind.MULTI_CHOICE else "radio"

    @property
    def flag_key(self) -> str:
        """For pass and fail, the digit after them flags too."""
        return "3" if self.kind == Kind.PASS_FAIL else "f"

    @property
    def is_wide(self) -> bool:
        """Whether its choices stand below each other: they are sentences."""
        return self.kind in (Kind.CHOICE, Kind.MULTI_CHOICE)


@dataclass(frozen=True, slots=True)
class FieldSection:
    """Fields under one heading."""

    key: str
    label: str
    instructions: str
    fields: list[Field] = field(default_factory=list)

    @property
    def shows_mean(self) -> bool:
        """Whether its ratings make one number: those of the human guidance do."""
        return self.key == "humanGuidanceEval"


def sections_of(
    shape: Shape, held: Mapping[str, Any], suggestions: Sequence[Suggestion] = ()
) -> list[FieldSection]:
    """The rubric's sections, filled with what was held and with nothing else."""
    answers = _mapping(held.get("answers"))
    proposed = {each.key: each for each in suggestions}
    return [
        FieldSection(
            section.key,
            section.label,
            section.instructions,
            [
                _field(criterion, _mapping(answers.get(criterion.key)), proposed)
                for criterion in section.criteria
            ],
        )
        for section in shape.sections
    ]


def check_fields(checks: Sequence[Mapping[str, Any]], held: Mapping[str, Any]) -> list[Field]:
    """One pass, fail or flag for each verdict of the machine."""
    given = _mapping(held.get("checks"))
    fields = []
    for check in checks:
        pk = check["result"].pk
        said = _mapping(given.get(str(pk)))
        fields.append(
            Field(
                name=f"check-{pk}",
                label=check["name"],
                kind=Kind.PASS_FAIL,
                choices=tuple(_choices(("pass", "fail"), {}, said.get("value"))),
                flagged=said.get("flagged") is True,
                note=_text(said.get("note")),
                check=check,
            )
        )
    return fields


def _field(
    criterion: Criterion, said: Mapping[str, Any], proposed: Mapping[str, Suggestion]
) -> Field:
    value, suggestion = said.get("value"), proposed.get(criterion.key)
    options = {option.value: option for option in criterion.options}
    is_open = criterion.kind in (Kind.NUMBER, Kind.TEXT)
    return Field(
        name=criterion.key,
        label=criterion.label,
        kind=criterion.kind,
        instructions=criterion.instructions,
        required=criterion.required,
        choices=() if is_open else tuple(_choices(criterion.values, options, value)),
        text=_text(value) if is_open else "",
        flagged=said.get("flagged") is True,
        note=_text(said.get("note")),
        low=criterion.min,
        high=criterion.max,
        step=criterion.step,
        suggested=_word(suggestion.value, options) if suggestion else "",
        reasons=suggestion.reasons if suggestion else (),
    )


def _choices(values: Sequence[str], options: Mapping[str, Any], said: Any) -> Iterator[Choice]:
    chosen = {_written(each) for each in said} if isinstance(said, list) else {_written(said)}
    is_scale = bool(values) and all(value in {*DIGITS, "10"} for value in values)
    for n, value in enumerate(values):
        key = value.replace("10", "0") if is_scale else DIGITS[n : n + 1]
        option = options.get(value)
        yield Choice(
            value,
            _word(value, options),
            key,
            value in chosen,
            option.description if option else "",
        )


def _written(value: Any) -> str:
    """A value as the form says it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _word(value: Any, options: Mapping[str, Any]) -> str:
    said = _written(value)
    return options[said].title if said in options else WORDS.get(said, said)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return _written(value) if is_number else ""


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
