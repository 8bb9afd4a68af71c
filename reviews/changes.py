"""What can be said about a session in one save, and what it makes of a label. Pure."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from django.core.exceptions import ValidationError

from evalplatform.accounts.models.user import refuse_hidden_characters

NO_LABEL = "none"  # the version of a label that is not there yet
STATUSES = ("golden", "correct", "incorrect", "needs_review")
FIELDS = ("is_eval_ready", "status", "notes", "tags", "expected_output")
SHORT = 2000
MAX_TAGS = 100
MAX_TAG_LENGTH = 200
MAX_NOTES = 100_000
MAX_EXPECTED_OUTPUT = 1_000_000


class Left:
    """The mark of a field that a save does not name; None is a value."""

    def __repr__(self) -> str:
        return "LEFT"

    def __bool__(self) -> bool:
        return False


LEFT: Final = Left()


@dataclass(frozen=True, slots=True)
class LabelState:
    """The judgement itself; a session without a label has the empty one."""

    is_eval_ready: bool = False
    status: str | None = None
    notes: str = ""
    tags: tuple[str, ...] = ()
    expected_output: str | None = None

    @classmethod
    def of(cls, label: Any) -> LabelState:
        """Return the state of a label; None is no label yet."""
        if label is None:
            return cls()
        return cls(
            label.is_eval_ready,
            label.status,
            label.notes,
            tuple(label.tags),
            label.expected_output,
        )

    @property
    def version(self) -> str:
        """Return five short hashes, one a field: what a later save was based on."""
        values = (repr(getattr(self, name)).encode() for name in FIELDS)
        return "-".join(hashlib.sha256(value).hexdigest()[:8] for value in values)

    def stale_fields(self, version: str, named: Iterable[str]) -> list[str]:
        """Return which of the named fields changed since `version`; others never clash."""
        base = LabelState().version if version == NO_LABEL else version
        before = dict(zip(FIELDS, base.split("-"), strict=False))
        now = dict(zip(FIELDS, self.version.split("-"), strict=True))
        return [name for name in named if before.get(name) != now[name]]


@dataclass(frozen=True, slots=True)
class LabelChange:
    """One save: what it names is set, what it leaves stays; `add_tags` is a union."""

    is_eval_ready: bool | Left = LEFT
    status: str | Left | None = LEFT
    notes: str | Left = LEFT
    tags: tuple[str, ...] | Left = LEFT
    add_tags: tuple[str, ...] = ()
    expected_output: str | Left | None = LEFT

    def __post_init__(self) -> None:
        problems = dict(_problems(self))
        if problems:
            raise ValidationError(problems)

    @classmethod
    def cleaned(cls, **values: Any) -> LabelChange:
        """Return the change with tags tidied and an empty expected output as none given."""
        for name in ("tags", "add_tags"):
            if name in values:
                values[name] = clean_tags(values[name])
        if values.get("expected_output") is not None and not values["expected_output"].strip():
            values["expected_output"] = None
        return cls(**values)

    @property
    def named(self) -> tuple[str, ...]:
        """Return the fields of the label that this save names."""
        found = [f.name for f in fields(self) if f.name != "add_tags"]
        named = [name for name in found if getattr(self, name) is not LEFT]
        return (*named, "tags") if self.add_tags and "tags" not in named else tuple(named)

    @property
    def is_review(self) -> bool:
        """Say whether this is a judgement, which sets reviewed_at, or only the eval-ready mark."""
        return any(name != "is_eval_ready" for name in self.named)

    def apply_to(self, state: LabelState) -> LabelState:
        """Return the label after this save. Raises ValidationError beyond 100 tags."""
        values: dict[str, Any] = {
            name: getattr(state if getattr(self, name) is LEFT else self, name) for name in FIELDS
        }
        values["tags"] = once_each((*values["tags"], *self.add_tags))
        if len(values["tags"]) > MAX_TAGS:
            raise ValidationError({"tags": f"A session has at most {MAX_TAGS} tags."})
        if self.is_eval_ready is True and not state.is_eval_ready and values["status"] is None:
            values["status"] = "needs_review" if self.status is LEFT else None
        return LabelState(**values)


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return the tags trimmed, in NFC, without empty ones and repeats, in the order given."""
    tidy = (unicodedata.normalize("NFC", " ".join(tag.split())) for tag in tags)
    return once_each(tag for tag in tidy if tag)


def once_each(tags: Iterable[str]) -> tuple[str, ...]:
    """Return each tag once, as it was first written: case does not make another tag."""
    kept: dict[str, str] = {}
    for tag in tags:
        kept.setdefault(tag.casefold(), tag)
    return tuple(kept.values())


def differences(before: LabelState, after: LabelState) -> dict[str, list[Any]]:
    """Return {field: [before, after]}; long texts are cut, the history has them whole."""
    return {
        name: [_short(getattr(before, name)), _short(getattr(after, name))]
        for name in FIELDS
        if getattr(before, name) != getattr(after, name)
    }


def reverted(state: LabelState, changes: Mapping[str, list[Any]]) -> LabelState:
    """Return the state before these changes, or the state itself when any of it has moved on."""
    stored = {name: _short(getattr(state, name)) for name in changes}
    if any(stored[name] != after for name, (_, after) in changes.items()):
        return state
    before: dict[str, Any] = {
        name: tuple(old) if name == "tags" else old for name, (old, _) in changes.items()
    }
    if any(_is_cut(old) for old in before.values()):
        return state
    return replace(state, **before)


def _short(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value[:SHORT] + "…" if isinstance(value, str) and len(value) > SHORT else value


def _is_cut(value: Any) -> bool:
    return isinstance(value, str) and len(value) > SHORT


def _problems(change: LabelChange) -> Iterable[tuple[str, str]]:
    if not change.named:
        yield "__all__", "Say what to change."
    if change.status is not LEFT and change.status not in (None, *STATUSES):
        yield "status", f"“{str(change.status)[:40]}” is none of {', '.join(STATUSES)}."
    if isinstance(change.notes, str) and len(change.notes) > MAX_NOTES:
        yield "notes", f"Write at most {MAX_NOTES:,} characters."
    expected = change.expected_output
    if isinstance(expected, str) and len(expected) > MAX_EXPECTED_OUTPUT:
        yield "expected_output", f"Write at most {MAX_EXPECTED_OUTPUT:,} characters."
    for name, tags in {"tags": change.tags, "add_tags": change.add_tags}.items():
        if isinstance(tags, tuple) and (problem := _problem_of_tags(tags)):
            yield name, problem


def _problem_of_tags(tags: tuple[str, ...]) -> str:
    if len(tags) > MAX_TAGS:
        return f"Give at most {MAX_TAGS} tags."
    for tag in tags:
        if len(tag) > MAX_TAG_LENGTH:
            return f"“{tag[:40]}…” is too long: write at most {MAX_TAG_LENGTH} characters."
        try:
            refuse_hidden_characters(tag)
        except ValidationError as error:
            return f"“{tag[:40]}”: {error.messages[0]}"
    return ""
