"""A rubric as it is being written: what can be asked of it already, and every fault at its place.

The editor's preview shows it; `shape.read` alone decides what may be saved.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from reviews.rubrics.shape import (
    MOST_CRITERIA,
    Criterion,
    Section,
    ShapeError,
    read,
    read_criterion,
    read_heading,
)


@dataclass(frozen=True, slots=True)
class DraftedSection:
    """A section with what can be asked, in order; of a criterion that cannot, why not."""

    label: str
    instructions: str
    parts: list[Criterion | str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Drafted:
    """The sections as far as they can be read, and what is wrong by path."""

    sections: list[DraftedSection]
    faults: dict[str, str]

    @property
    def n_criteria(self) -> int:
        """How many criteria can be asked."""
        return sum(isinstance(part, Criterion) for each in self.sections for part in each.parts)


def read_draft(held: Any) -> Drafted:
    """Read what can be read. `faults` is empty exactly when `shape.read` takes the whole."""
    faults: dict[str, str] = {}
    try:
        read(held)
    except ShapeError as error:
        faults[error.path] = error.message
    keys: set[str] = set()
    sections = [
        _section(each, f"sections[{n}]", keys, faults)
        for n, each in enumerate(_listed(held, "sections"))
    ]
    return Drafted(sections, faults)


def _section(held: Any, path: str, keys: set[str], faults: dict[str, str]) -> DraftedSection:
    try:
        heading = read_heading(held, path)
    except ShapeError as error:
        faults.setdefault(error.path, error.message)
        heading = Section("", _said(held, "label"), (), _said(held, "instructions"))
    parts = list(_parts(_listed(held, "criteria"), path, keys, faults))
    return DraftedSection(heading.label, heading.instructions, parts)


def _parts(
    given: list[Any], path: str, keys: set[str], faults: dict[str, str]
) -> Iterator[Criterion | str]:
    for n, each in enumerate(given):
        place = f"{path}.criteria[{n}]"
        try:
            criterion = read_criterion(each, place)
            if criterion.key in keys:
                message = f"The criterion “{criterion.key}” is there twice. Rename one."
                raise ShapeError(f"{place}.key", message)
            keys.add(criterion.key)
        except ShapeError as error:
            faults.setdefault(error.path, error.message)
            yield error.message
        else:
            yield criterion


def _listed(held: Any, name: str) -> list[Any]:
    given = held.get(name) if isinstance(held, dict) else None
    return given[:MOST_CRITERIA] if isinstance(given, list) else []


def _said(held: Any, name: str) -> str:
    text = held.get(name) if isinstance(held, dict) else None
    return text if isinstance(text, str) else ""
