"""The export formats; menus, API, help and tests are made from this list."""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from exports.formats import deepeval, openai_chat, plain_text
from exports.formats.options import ExportOptions
from exports.formats.records import ExportSession, Tally


class Writer(Protocol):
    """Pieces of text that are the file when put together, at most a session at a time."""

    def __call__(
        self, sessions: Iterable[ExportSession], options: ExportOptions, tally: Tally | None = None
    ) -> Iterator[str]: ...


@dataclass(frozen=True)
class ExportFormat:
    """One format; `version` goes up whenever the same sessions would give other bytes."""

    slug: str
    label: str
    suffix: str
    media_type: str
    version: int
    write: Writer
    help: str


_FORMATS = (
    ExportFormat(
        "deepeval", "DeepEval JSON", ".json", "application/json", 1, deepeval.write,
        "One test case per question and reply, as DeepEval's EvaluationDataset loads them.",
    ),
    ExportFormat(
        "openai", "OpenAI chat JSONL", ".jsonl", "application/x-ndjson", 1, openai_chat.write,
        "One conversation per line, as a list of messages with role and content.",
    ),
    ExportFormat(
        "text", "Plain text", ".txt", "text/plain; charset=utf-8", 1, plain_text.write,
        "Whole conversations to read, with tokens, cost, model, status and tags.",
    ),
)  # fmt: skip

FORMATS = {export_format.slug: export_format for export_format in _FORMATS}


def file_name(slug: str, date: datetime.date) -> str:
    """The name of a downloaded file, without saying what is in it."""
    return f"evalplatform-{slug}-{date:%Y-%m-%d}{FORMATS[slug].suffix}"
