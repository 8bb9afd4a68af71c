"""What a judge with a prompt of the team's own may answer, and which answers pass."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runs.judging.replies import ReplyFault
from runs.verdicts import Confidence, Verdict

TYPES = ("string", "int", "float", "choice", "binary")
MOST_CHOICES = 100
LONGEST_CHOICE = 200
_LONGEST_TEXT = 10_000
_KEYS = frozenset({"type", "choices", "passes"})


class OutputSchemaFault(ValueError):  # noqa: N818 - what a person corrects
    """An output schema that cannot be used; `key` says where."""

    def __init__(self, key: str, message: str) -> None:
        self.key, self.message = key, message
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class OutputSchema:
    """The type of an answer, and the rule by which it passes; without one it counts in no rate."""

    type: str
    choices: tuple[str, ...] = ()
    passes: tuple[Any, ...] | None = None
    at_least: float | None = None
    at_most: float | None = None

    @classmethod
    def read(cls, given: Any) -> OutputSchema:
        """The schema of its JSON, or OutputSchemaFault."""
        if not isinstance(given, Mapping) or given.get("type") not in TYPES:
            raise OutputSchemaFault("type", f"Choose a type: one of {', '.join(TYPES)}.")
        if unknown := sorted(str(key) for key in given.keys() - _KEYS):
            raise OutputSchemaFault(unknown[0][:60], "There is no such key. Remove it.")
        kind = given["type"]
        choices = _choices(given.get("choices"), kind)
        return cls(kind, choices, **_passing(given.get("passes"), kind, choices))

    @property
    def wanted(self) -> str:
        """How a judge is told to write the value."""
        return {
            "string": "a text",
            "int": "a whole number",
            "float": "a number",
            "choice": f"one of {json.dumps(list(self.choices), ensure_ascii=False)}",
            "binary": 'true or false, or "pass" or "fail"',
        }[self.type]

    def verdict(self, value: Any, confidence: Confidence, feedback: str) -> Verdict:
        """What the value says; ReplyFault when it is none of this schema."""
        taken = self._taken(value)
        if self.type == "binary":
            return Verdict("pass" if taken else "fail", taken, confidence, feedback)
        said = taken if isinstance(taken, str) else json.dumps(taken)
        return Verdict(said, self._passes(taken), confidence, feedback)

    def _taken(self, value: Any) -> Any:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if self.type == "string" and isinstance(value, str) and len(value) <= _LONGEST_TEXT:
            return value
        if self.type == "int" and is_number and isinstance(value, int):
            return value
        if self.type == "float" and is_number:
            return value
        if self.type == "choice" and value in self.choices:
            return value
        if self.type == "binary" and (isinstance(value, bool) or value in ("pass", "fail")):
            return value is True or value == "pass"
        raise ReplyFault(f'"value" must be {self.wanted}')

    def _passes(self, value: Any) -> bool | None:
        if self.at_least is not None or self.at_most is not None:
            return (self.at_least is None or value >= self.at_least) and (
                self.at_most is None or value <= self.at_most
            )
        return None if self.passes is None else value in self.passes


def _choices(given: Any, kind: str) -> tuple[str, ...]:
    if kind != "choice":
        if given:
            raise OutputSchemaFault("choices", f"The type {kind} has no choices. Remove them.")
        return ()
    if (
        not isinstance(given, list)
        or not 2 <= len(given) <= MOST_CHOICES
        or not all(isinstance(each, str) and each.strip() for each in given)
        or max(map(len, given)) > LONGEST_CHOICE
        or len(set(given)) != len(given)
    ):
        raise OutputSchemaFault(
            "choices",
            f"Write 2 to {MOST_CHOICES} different labels of at most {LONGEST_CHOICE} characters.",
        )
    return tuple(given)


def _passing(given: Any, kind: str, choices: tuple[str, ...]) -> dict[str, Any]:
    if given is None or given == []:
        return {}
    if kind == "binary":
        raise OutputSchemaFault("passes", "A binary answer passes by itself. Remove this.")
    if isinstance(given, list):
        return {"passes": _listed(given, kind, choices)}
    is_limit = isinstance(given, Mapping) and given and given.keys() <= {"at_least", "at_most"}
    if not is_limit or not all(_is_number(each) for each in given.values()):
        raise OutputSchemaFault(
            "passes", 'Write a list of values, or {"at_least": 3}, or {"at_most": 3}.'
        )
    if kind not in ("int", "float"):
        raise OutputSchemaFault("passes", "Only numbers have limits. Write a list of labels.")
    return dict(given)


def _listed(given: list[Any], kind: str, choices: tuple[str, ...]) -> tuple[Any, ...]:
    is_text = kind in ("string", "choice")
    if not all(isinstance(each, str) if is_text else _is_number(each) for each in given):
        raise OutputSchemaFault("passes", f"Write {'texts' if is_text else 'numbers'} only.")
    if choices and (others := [each for each in given if each not in choices]):
        raise OutputSchemaFault("passes", f'"{others[0][:60]}" is none of the choices.')
    return tuple(given)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
