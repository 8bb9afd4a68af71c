"""What changed between two versions of a rubric, by the keys of sections and criteria."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reviews.rubrics.shape import KIND_WORDS, Criterion, Section, Shape


@dataclass(frozen=True, slots=True)
class Change:
    """One section or criterion that was added, removed, changed or moved; `label` as it is now."""

    how: str  # added | removed | changed | moved
    what: str  # section | criterion
    key: str
    label: str
    details: tuple[tuple[str, str, str], ...] = ()  # what of it, before, after


def changes(old: Shape, new: Shape) -> list[Change]:
    """What became of `old`, in the order of `new`; what was removed comes last."""
    sections = _compared("section", _sections(old), _sections(new))
    return [*sections, *_compared("criterion", _criteria(old), _criteria(new))]


Told = Mapping[str, tuple[str, dict[str, str]]]  # key -> label, what is said of it


def _compared(what: str, old: Told, new: Told) -> Iterator[Change]:
    order = [key for key in old if key in new]
    moved = _moved(order, [key for key in new if key in old])
    for key, (label, said) in new.items():
        if key not in old:
            yield Change("added", what, key, label)
            continue
        before = old[key][1]
        details = tuple(
            (name, before.get(name, ""), said.get(name, ""))
            for name in {**before, **said}
            if before.get(name, "") != said.get(name, "")
        )
        if details or key in moved:
            yield Change("changed" if details else "moved", what, key, label, details)
    for key, (label, _) in old.items():
        if key not in new:
            yield Change("removed", what, key, label)


def _moved(before: list[str], after: list[str]) -> set[str]:
    """The keys out of place: all but a longest run of those that kept their order."""
    place = {key: n for n, key in enumerate(before)}
    best: list[list[str]] = []  # best[n]: a kept run that ends with after[n]
    for n, key in enumerate(after):
        runs = [best[m] for m in range(n) if place[after[m]] < place[key]]
        best.append([*_longest(runs), key])
    return set(after) - set(_longest(best))


def _longest(runs: list[list[str]]) -> list[str]:
    return max(runs, key=len) if runs else []


def _sections(shape: Shape) -> dict[str, tuple[str, dict[str, str]]]:
    return {each.key: (each.label, _of_section(each)) for each in shape.sections}


def _of_section(section: Section) -> dict[str, str]:
    return {"label": section.label, "instructions": section.instructions}


def _criteria(shape: Shape) -> dict[str, tuple[str, dict[str, str]]]:
    return {
        each.key: (each.label, _of_criterion(each) | {"section": section.key})
        for section in shape.sections
        for each in section.criteria
    }


def _of_criterion(criterion: Criterion) -> dict[str, str]:
    return {
        "label": criterion.label,
        "kind": KIND_WORDS[criterion.kind],
        "instructions": criterion.instructions,
        "required": "yes" if criterion.required else "no",
        "options": "\n".join(_option(option) for option in criterion.options),
        "smallest": _written(criterion.min),
        "largest": _written(criterion.max),
        "step": _written(criterion.step),
    }


def _option(option: Any) -> str:
    named = option.value if option.title == option.value else f"{option.title} ({option.value})"
    return f"{named}: {option.description}" if option.description else named


def _written(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
