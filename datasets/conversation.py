"""A conversation as a page shows it: some messages at a time, each safe and of bounded size."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models.functions import Left, Length
from django.utils.safestring import SafeString

from datasets.models import Message, Session
from datasets.rendering import MAX_SHOWN, raw, render
from evalplatform.scoping.actor import Actor

MOST_MESSAGES = 200
MOST_CHARACTERS = 300_000
FOLDED = {"tool", "system"}
NAMES = {
    "user": "User",
    "assistant": "Assistant",
    "system": "System",
    "tool": "Tool",
    "unknown": "Unknown",
}


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message on the page."""

    message: Message
    html: SafeString
    n_characters: int
    is_cut: bool

    @property
    def is_folded(self) -> bool:
        return self.message.role in FOLDED

    @property
    def speaker(self) -> str:
        return NAMES.get(self.message.role, "Unknown")

    @property
    def name(self) -> str:
        """The tool's name where the text tells it, else how the text begins."""
        return tool_name(self.message.content) or " ".join(self.message.content[:200].split())[:80]

    @property
    def participant_json(self) -> str:
        return as_json(self.message.participant_data)

    @property
    def state_json(self) -> str:
        return as_json(self.message.session_state)

    @property
    def has_trace(self) -> bool:
        return bool(self.message.participant_data or self.message.session_state)


@dataclass(frozen=True, slots=True)
class Part:
    """Consecutive messages; `before` and `after` are positions to go on from, None at the ends."""

    utterances: list[Utterance]
    before: int | None
    after: int | None


def part_of(session: Session, actor: Actor, *, start: int = 0, is_raw: bool = False) -> Part:
    """Return the messages from `start`: at most 200, and no more text than a page bears."""
    rows = Message.objects.visible_to(actor).filter(session=session)
    return part_of_messages(rows, start=start, is_raw=is_raw)


def part_of_messages(rows: Any, *, start: int = 0, is_raw: bool = False) -> Part:
    """The same of messages that the caller may show, all of one session; one query."""
    listed = rows.filter(position__gte=start).order_by("position")
    found = listed.annotate(n_characters=Length("content")).defer("content")
    found = found.annotate(text=Left("content", MAX_SHOWN))[: MOST_MESSAGES + 1]
    messages: list[Any] = list(_affordable(found))
    after: int | None = None
    if messages and messages[-1] is None:
        *messages, last = messages[:-1]
        after, messages = last.position + 1, [*messages, last]
    utterances = [_utterance(message, is_raw=is_raw) for message in messages]
    return Part(utterances, max(0, start - MOST_MESSAGES) if start > 0 else None, after)


def whole_text(session: Session, actor: Actor, position: int) -> str | None:
    """Return the whole text of one message; None when there is none at this position."""
    rows = Message.objects.visible_to(actor).filter(session=session, position=position)
    text: str | None = rows.values_list("content", flat=True).first()
    return text


def _affordable(found: Iterable[Any]) -> Iterable[Any]:
    """Yield messages until there are enough of them or of their text; then None if more follow."""
    n_characters = 0
    for n_messages, message in enumerate(found, 1):
        n_characters += len(message.text)
        if n_messages > MOST_MESSAGES or (n_messages > 1 and n_characters > MOST_CHARACTERS):
            yield None
            return
        yield message


def _utterance(message: Any, *, is_raw: bool) -> Utterance:
    message.content = message.text
    show = raw if is_raw or message.role in FOLDED else render
    return Utterance(
        message, show(message.text), message.n_characters, message.n_characters > MAX_SHOWN
    )


def as_json(value: Any) -> str:
    """Return a trace as people read it."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def tool_name(text: str) -> str:
    """Return the name a tool's JSON gives itself, '' when it gives none."""
    if not text.startswith(("{", "[")) or len(text) > 20_000:
        return ""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    first = found[0] if isinstance(found, list) and found else found
    if not isinstance(first, dict):
        return ""
    name = first.get("name") or first.get("tool") or first.get("tool_name")
    return name[:80] if isinstance(name, str) else ""
