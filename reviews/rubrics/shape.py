"""What a rubric asks: sections of criteria, read strictly from JSON and written back.

    {"sections": [{"key", "label", "instructions", "criteria": [
        {"key", "label", "kind", "instructions", "required", "options": [
            {"value", "label", "description"}], "min", "max", "step"}]}]}

Keys are unique in the whole rubric: an answer names its criterion by key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,59}")
MOST_CRITERIA = 100
MOST_OPTIONS = 50
MOST_TEXT = 10_000
SMALLEST_STEP = 1e-9
WIDEST_RATING = 20  # steps of a rating: each is a button


class Kind(StrEnum):
    """How a criterion is answered."""

    PASS_FAIL = "pass_fail"  # noqa: S105
    CHOICE = "choice"
    MULTI_CHOICE = "multi_choice"
    RATING = "rating"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"


KIND_WORDS: dict[str, str] = {
    Kind.PASS_FAIL: "Pass or fail",
    Kind.CHOICE: "One choice",
    Kind.MULTI_CHOICE: "Several choices",
    Kind.RATING: "Rating",
    Kind.NUMBER: "Number",
    Kind.BOOLEAN: "Yes or no",
    Kind.TEXT: "Text",
}
WITH_OPTIONS = (Kind.CHOICE, Kind.MULTI_CHOICE)
WITH_BOUNDS = (Kind.RATING, Kind.NUMBER)


class ShapeError(ValueError):
    """The rubric cannot be used: `path` is the place in its JSON, `message` says why."""

    def __init__(self, path: str, message: str) -> None:
        self.path, self.message = path, message
        super().__init__(f"{path}: {message}")


@dataclass(frozen=True, slots=True)
class Option:
    """One value that can be chosen."""

    value: str
    label: str = ""
    description: str = ""

    @property
    def title(self) -> str:
        return self.label or self.value


@dataclass(frozen=True, slots=True)
class Criterion:
    """One question. `min` and `max` bound ratings (whole numbers) and numbers, ends included.

    `step` is how far apart the numbers are that can be given, counted from `min`, else from 0.
    """

    key: str
    label: str
    kind: Kind
    instructions: str = ""
    required: bool = True
    options: tuple[Option, ...] = ()
    min: float | None = None
    max: float | None = None
    step: float | None = None

    @property
    def values(self) -> tuple[str, ...]:
        """The declared values, in their order; none for free ones."""
        if self.kind == Kind.PASS_FAIL:
            return ("pass", "fail")
        if self.kind == Kind.BOOLEAN:
            return ("true", "false")
        if self.kind == Kind.RATING:
            return tuple(str(step) for step in range(int(self.min or 0), int(self.max or 0) + 1))
        return tuple(option.value for option in self.options)


@dataclass(frozen=True, slots=True)
class Section:
    """Criteria that stand together on the page."""

    key: str
    label: str
    criteria: tuple[Criterion, ...]
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class Shape:
    """The whole of what one version of a rubric asks."""

    sections: tuple[Section, ...] = ()
    by_key: Mapping[str, Criterion] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_key", {each.key: each for each in self.criteria()})

    def criteria(self) -> Iterator[Criterion]:
        """Every criterion, in the order of the page."""
        for section in self.sections:
            yield from section.criteria

    def as_json(self) -> dict[str, Any]:
        """The shape as the database and files hold it."""
        return {"sections": [_section_as_json(section) for section in self.sections]}


def _section_as_json(section: Section) -> dict[str, Any]:
    return {
        "key": section.key,
        "label": section.label,
        "instructions": section.instructions,
        "criteria": [_criterion_as_json(criterion) for criterion in section.criteria],
    }


def _criterion_as_json(criterion: Criterion) -> dict[str, Any]:
    said: dict[str, Any] = {
        "key": criterion.key,
        "label": criterion.label,
        "kind": str(criterion.kind),
        "instructions": criterion.instructions,
        "required": criterion.required,
    }
    if criterion.kind in WITH_OPTIONS:
        said["options"] = [asdict(option) for option in criterion.options]
    if criterion.kind in WITH_BOUNDS:
        said |= {"min": criterion.min, "max": criterion.max}
    if criterion.step is not None:
        said["step"] = criterion.step
    return said


# --- reading ---------------------------------------------------------------------------------


def read(held: Any) -> Shape:
    """The shape that the JSON describes, or ShapeError at the first thing that is wrong."""
    sections = _list(held, "sections", "rubric")
    if not sections:
        raise ShapeError("sections", "A rubric asks something. Add a section with a criterion.")
    shape = Shape(tuple(_section(each, f"sections[{n}]") for n, each in enumerate(sections)))
    _refuse_twice(
        [(each.key, f"sections[{n}].key") for n, each in enumerate(shape.sections)], "section"
    )
    keys = [
        (each.key, f"sections[{n}].criteria[{m}].key")
        for n, section in enumerate(shape.sections)
        for m, each in enumerate(section.criteria)
    ]
    _refuse_twice(keys, "criterion")
    if len(keys) > MOST_CRITERIA:
        raise ShapeError("sections", f"More than {MOST_CRITERIA} criteria. Make two rubrics.")
    return shape


def _section(held: Any, path: str) -> Section:
    criteria = tuple(
        read_criterion(each, f"{path}.criteria[{n}]")
        for n, each in enumerate(_list(held, "criteria", path))
    )
    return replace(read_heading(held, path), criteria=criteria)


def read_heading(held: Any, path: str) -> Section:
    """What a section says above its criteria; it must hold some, but they are not read."""
    if not _list(held, "criteria", path):
        raise ShapeError(f"{path}.criteria", "A section holds at least one criterion. Add one.")
    return Section(
        label=_text(held, "label", path, needed=True),
        key=_key(held, path),
        instructions=_text(held, "instructions", path),
        criteria=(),
    )


def read_criterion(held: Any, path: str) -> Criterion:
    """One criterion by itself: whether its key is there twice is for who reads the whole."""
    if not isinstance(held, dict):
        raise ShapeError(path, "A criterion is an object with key, label and kind.")
    try:
        kind = Kind(str(held.get("kind")))
    except ValueError:
        raise ShapeError(f"{path}.kind", f"Choose one of: {', '.join(Kind)}.") from None
    required = held.get("required", True)
    if not isinstance(required, bool):
        raise ShapeError(f"{path}.required", "Write true or false.")
    low, high = _bounds(held, kind, path)
    step = _number(held.get("step"), f"{path}.step") if kind == Kind.NUMBER else None
    if step is not None and step < SMALLEST_STEP:
        raise ShapeError(f"{path}.step", "A step is above 0. Leave it out to take any number.")
    return Criterion(
        label=_text(held, "label", path, needed=True),
        key=_key(held, path),
        kind=kind,
        instructions=_text(held, "instructions", path),
        required=required,
        options=_options(held, kind, path),
        min=low,
        max=high,
        step=step,
    )


def _options(held: Mapping[str, Any], kind: Kind, path: str) -> tuple[Option, ...]:
    given = _list(held, "options", path)
    if kind not in WITH_OPTIONS:
        if given:
            raise ShapeError(f"{path}.options", f"A criterion of kind {kind} has no options.")
        return ()
    if not 2 <= len(given) <= MOST_OPTIONS:
        raise ShapeError(f"{path}.options", f"Give 2 to {MOST_OPTIONS} options.")
    options = tuple(_option(each, f"{path}.options[{n}]") for n, each in enumerate(given))
    _refuse_twice(
        [(each.value, f"{path}.options[{n}].value") for n, each in enumerate(options)], "option"
    )
    return options


def _option(held: Any, path: str) -> Option:
    value = _text(held, "value", path, needed=True)
    if len(value) > 200 or value != value.strip():
        raise ShapeError(f"{path}.value", "At most 200 characters, without spaces at its ends.")
    return Option(value, _text(held, "label", path), _text(held, "description", path))


def _bounds(held: Mapping[str, Any], kind: Kind, path: str) -> tuple[float | None, float | None]:
    if kind not in WITH_BOUNDS:
        return None, None
    low, high = (_number(held.get(name), f"{path}.{name}") for name in ("min", "max"))
    if low is not None and high is not None and low >= high:
        raise ShapeError(f"{path}.max", "The largest value is above the smallest.")
    if kind == Kind.RATING:
        if low is None or high is None or low != int(low) or high != int(high):
            raise ShapeError(f"{path}.min", "A rating goes from one whole number to another.")
        if high - low >= WIDEST_RATING:
            raise ShapeError(f"{path}.max", f"A rating has at most {WIDEST_RATING} steps.")
    return low, high


def _number(value: Any, path: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e12:
        raise ShapeError(path, "Write a number.")
    return value


def _list(held: Any, name: str, path: str) -> Sequence[Any]:
    if not isinstance(held, dict):
        raise ShapeError(path, "An object was expected here.")
    given = held.get(name, [])
    if not isinstance(given, list):
        raise ShapeError(f"{path}.{name}", "A list was expected here.")
    return given


def _key(held: Mapping[str, Any], path: str) -> str:
    key = held.get("key")
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise ShapeError(
            f"{path}.key",
            "A key begins with a letter; then letters, digits, dots and _, at most 60.",
        )
    return key


def _text(held: Any, name: str, path: str, *, needed: bool = False) -> str:
    text = held.get(name, "") if isinstance(held, dict) else None
    if not isinstance(text, str) or len(text) > MOST_TEXT:
        raise ShapeError(f"{path}.{name}", f"Text of at most {MOST_TEXT:,} characters is needed.")
    if needed and not text.strip():
        raise ShapeError(f"{path}.{name}", "Write something here.")
    return text


def _refuse_twice(names: Sequence[tuple[str, str]], what: str) -> None:
    """Names and their places: the second of two that are the same is refused."""
    seen: set[str] = set()
    for name, path in names:
        if name in seen:
            raise ShapeError(path, f"The {what} “{name}” is there twice. Rename one.")
        seen.add(name)
