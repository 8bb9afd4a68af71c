"""Every format in which files come in: menus, API, help, checks and tests are made from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from datasets.formats import (
    claude_code,
    dataset_csv,
    dataset_json,
    openai_chat,
    qa_csv,
    sample_items,
    session_json,
    sharegpt,
    suite_csv,
    suite_json,
    suite_zip,
)
from datasets.formats.guessing import guess_json
from datasets.formats.item_shapes import guess_item_format, guess_surely_items
from datasets.formats.items import ItemReading
from datasets.formats.sessions import SessionReading

Read = Callable[..., SessionReading]
ReadItems = Callable[..., ItemReading]


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


@dataclass(frozen=True)
class ItemFormat:
    """A format of dataset items: `read(stream, options=...)` yields them, errors and warnings."""

    slug: str
    label: str
    suffixes: tuple[str, ...]
    media_type: str
    help: str
    read: ReadItems


_CSV, _JSON, _LINES = "text/csv", "application/json", "application/x-ndjson"
ITEM_FORMATS: dict[str, ItemFormat] = {
    each.slug: each
    for each in (
        ItemFormat(
            "dataset-csv", "Dataset CSV", (".csv", ".tsv"), _CSV,
            "One item a row: Human Message, AI Response, and what else you map.",
            dataset_csv.read,
        ),
        ItemFormat(
            "dataset-json", "Dataset JSON", (".json",), _JSON,
            "A list of items: id, input, output, context, history, tags and so on.",
            dataset_json.read,
        ),
        ItemFormat(
            "dataset-jsonl", "Dataset JSONL", (".jsonl", ".ndjson"), _LINES,
            "The same items, one a line.",
            dataset_json.read,
        ),
        ItemFormat(
            "suite-csv", "Suite CSV", (".csv",), _CSV,
            "Tests with their checks: Test Input, Operator, Criteria; rows go on downwards.",
            suite_csv.read,
        ),
        ItemFormat(
            "suite-json", "Suite JSON", (".json",), _JSON,
            "A suite object with its tests and global checks, or a list of tests.",
            suite_json.read,
        ),
        ItemFormat(
            "suite-zip", "Suite ZIP", (".zip",), "application/zip",
            "A suite.csv or suite.json with the files it names in documents/.",
            suite_zip.read,
        ),
        ItemFormat(
            "chat-items", "Chat samples", (".jsonl", ".json", ".ndjson"), _LINES,
            "Conversations under messages or conversations: the last question and its answer.",
            sample_items.read,
        ),
        ItemFormat(
            "langsmith", "LangSmith examples", (".jsonl", ".json"), _LINES,
            "inputs and outputs; the outputs are what is expected.",
            sample_items.read,
        ),
        ItemFormat(
            "langfuse", "Langfuse items", (".json", ".jsonl"), _JSON,
            "input and expectedOutput, a list or the answer of the API under data.",
            sample_items.read,
        ),
        ItemFormat(
            "qa-csv", "Outputs CSV", (".csv",), _CSV,
            "Question and Answer; each row is matched to a test once runs exist.",
            qa_csv.read,
        ),
    )
}  # fmt: skip


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


def guess_items(stream: BinaryIO, file_name: str) -> str:
    """The slug of the item format that content, then suffix, tell; FormatNotKnown otherwise."""
    slug = guess_item_format(stream, file_name)
    if slug is None:
        names = ", ".join(ITEM_FORMATS)
        raise FormatNotKnown(
            f"The file does not look like any items we read. Name one of: {names}."
        )
    return slug


def guess_any(stream: BinaryIO, file_name: str) -> str:
    """The slug of any format; what may be either is taken for conversations."""
    return guess_surely_items(stream, file_name) or guess(stream, file_name)


def named_items(slug: str) -> ItemFormat:
    """The item format of that name; FormatNotKnown otherwise."""
    if slug not in ITEM_FORMATS:
        names = ", ".join(ITEM_FORMATS)
        raise FormatNotKnown(f'There is no format "{slug[:40]}". Name one of: {names}.')
    return ITEM_FORMATS[slug]
