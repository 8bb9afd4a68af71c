"""What each column of a dataset CSV is for: guessed from its title, changed in the preview."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from datasets.formats.fields import key_fault
from datasets.formats.records import RowError, row_error

OBJECTS = ("context", "participant_data", "session_state")
PLAIN = ("id", "input", "output", "expected_output", "created_at", "history", "summary", "tags")
REQUIRED = {"input": "Human Message", "output": "AI Response"}
TITLES = {
    "id": "id",
    "input": "Human Message",
    "output": "AI Response",
    "created_at": "Datetime",
    "history": "History",
    "tags": "tags",
    "expected_output": "Expected Output",
    "summary": "Session Summary",
}
DROP = "drop"
MAX_DEPTH = 20
_KEY = "key:"
_SPACE = re.compile(r"\s")
_BY_TITLE = {title.lower(): name for name, title in TITLES.items()} | {n: n for n in OBJECTS}
KNOWN_TITLES = frozenset(_BY_TITLE)


class Target(NamedTuple):
    """Where a column goes: a field, or the place in one of the JSON fields that `path` says."""

    field: str
    path: tuple[str, ...] = ()


def parse_target(text: str) -> Target | None:
    """The target of a text: a field, `context.a.b`, `key:a.b` (one key with a dot), `drop`.

    None when it is no target. Parts of a path may be faulty still, see `mapping_faults`.
    """
    if text in PLAIN or text in OBJECTS or text == DROP:
        return Target(text)
    if text.startswith(_KEY):
        return Target("context", (text.removeprefix(_KEY),))
    root, dot, path = text.partition(".")
    return Target(root, tuple(path.split("."))) if dot and root in OBJECTS else None


def guess_target(title: str) -> str:
    """What a column is for by its title alone; one we do not know is a key of the context."""
    title = title.strip()
    if known := _BY_TITLE.get(title.lower()):
        return known
    root, dot, path = title.partition(".")
    if dot and root.strip().lower() in OBJECTS:
        return f"{root.strip().lower()}.{path}"
    return _KEY + _SPACE.sub("_", title.lower())


@dataclass(frozen=True)
class ColumnMapping:
    """Title -> target, for the columns whose use a person has chosen; the others are guessed."""

    targets: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def guessed(cls, header: tuple[str, ...]) -> ColumnMapping:
        """What every titled column of the header is taken for."""
        return cls({title: guess_target(title) for title in header if title})

    @classmethod
    def from_json(cls, kept: object) -> ColumnMapping:
        """Reads what `as_json` gave, or ValueError that says what is no mapping."""
        if not isinstance(kept, dict) or not all(
            isinstance(each, str) for pair in kept.items() for each in pair
        ):
            raise ValueError('The mapping must be an object: {"Question": "input"}.')
        return cls(dict(kept))

    def as_json(self) -> dict[str, str]:
        """The mapping as plain JSON."""
        return dict(self.targets)

    def completed(self, header: tuple[str, ...]) -> ColumnMapping:
        """A target for every titled column of the header."""
        chosen = {title.strip(): target.strip() for title, target in self.targets.items()}
        return ColumnMapping(
            {title: chosen.get(title, guess_target(title)) for title in header if title}
        )

    def faults(self, header: tuple[str, ...], row: int = 1) -> Iterator[RowError]:
        """All that is wrong with the mapping for a file with this header."""
        for title in self.targets:
            if title.strip() not in header:
                message = f'The file has no column "{title[:200]}". Choose one of its columns.'
                yield row_error(row, title, message)
        yield from mapping_faults(self.completed(header).targets, row)


def mapping_faults(targets: Mapping[str, str], row: int) -> Iterator[RowError]:
    """Targets that are none, keys that cannot be, two columns for one place, missing columns."""
    places = _Places()
    for title, text in targets.items():
        target = parse_target(text)
        if target is None:
            message = f'"{text[:200]}" is no use of a column. Write a field, context.name or drop.'
            yield row_error(row, title, message, text)
        elif fault := _path_fault(target.path):
            yield row_error(row, title, fault, text)
        elif target.field != DROP and (other := places.clash(target, title)) is not None:
            message = f'The columns "{other[:200]}" and "{title[:200]}" are for the same place. '
            yield row_error(row, title, f"{message}Rename, drop or remap one of them.")
    for name, title in REQUIRED.items():
        if Target(name) not in places.taken:
            message = f'There is no column "{title}". Add it, or say which column holds it.'
            yield row_error(row, title, message)


class _Places:
    """The places that columns fill, and those around them."""

    def __init__(self) -> None:
        self.taken: dict[Target, str] = {}
        self._around: dict[Target, str] = {}

    def clash(self, target: Target, title: str) -> str | None:
        """The title of a column for the same key, a part of it or a key around it; else it is kept.

        A JSON object column and a dotted one beside it get on: the dotted one wins for its key.
        """
        around = [Target(target.field, target.path[:n]) for n in range(1, len(target.path))]
        for place in (target, *around):
            if place in self.taken:
                return self.taken[place]
        if target in self._around:
            return self._around[target]
        self.taken[target] = title
        for place in around:
            self._around.setdefault(place, title)
        return None


def _path_fault(path: tuple[str, ...]) -> str:
    if len(path) > MAX_DEPTH:
        return f"This name goes {len(path)} levels deep. At most {MAX_DEPTH} are possible."
    return next(filter(None, map(key_fault, path)), "")
