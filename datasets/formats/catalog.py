"""Every format in which files come in: menus, API, help, checks and tests are made from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from datasets.formats import claude_code, openai_chat, session_json, sharegpt
from datasets.formats.guessing import guess_json
from datasets.formats.sessions import SessionReading

Read = Callable[..., SessionReading]


@dataclass(frozen=True)
class SessionFormat:
    """A format of conversations: `read(stream, source=...)` yields them, errors and warnings."""

    slug: str
    label: str
    suffixes: tuple[str, ...]
    media_type: str
    help: str
    read: Read


FORMATS: dict[str, SessionFormat] = {
    each.slug: each
    for each in (
        SessionFormat(
            slug="session-json",
            label="Session JSON",
            suffixes=(".json", ".jsonl"),
            media_type="application/json",
            help="Our own shape: externalId, source and messages of role and content.",
            read=session_json.read,
        ),
        SessionFormat(
            slug="openai-chat",
            label="Chat JSONL",
            suffixes=(".jsonl", ".ndjson", ".json"),
            media_type="application/x-ndjson",
            help='One conversation a line: {"messages": [{"role", "content"}]}, or an OpenAI '
            "Evals, LangSmith or Langfuse sample.",
            read=openai_chat.read,
        ),
        SessionFormat(
            slug="sharegpt",
            label="ShareGPT JSON",
            suffixes=(".json", ".jsonl"),
            media_type="application/json",
            help='A list of {"conversations": [{"from", "value"}]}.',
            read=sharegpt.read,
        ),
        SessionFormat(
            slug="claude-code",
            label="Claude Code log",
            suffixes=(".jsonl",),
            media_type="application/x-ndjson",
            help="The log of a coding agent, one event a line; each sessionId is a session.",
            read=claude_code.read,
        ),
    )
}


class FormatNotKnown(ValueError):  # noqa: N818 - named after the rule broken
    """Neither content nor suffix tells the format, or the one named is not one of ours."""


def guess(stream: BinaryIO, file_name: str) -> str:
    """The slug that content, then suffix, tell; FormatNotKnown otherwise. Rewinds the stream."""
    slug = guess_json(stream, file_name)
    if slug is None:
        raise FormatNotKnown(
            f"The file does not look like any format we read. Name one of: {', '.join(FORMATS)}."
        )
    return slug


def named(slug: str) -> SessionFormat:
    """The format of that name; FormatNotKnown otherwise."""
    if slug not in FORMATS:
        raise FormatNotKnown(
            f'There is no format "{slug[:40]}". Name one of: {", ".join(FORMATS)}.'
        )
    return FORMATS[slug]
