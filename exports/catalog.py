"""The export formats of sessions; menus, API, help and tests are made from this list.

Those of datasets are in item_catalog.py, those of runs in run_catalog.py, those of reviews in
review_catalog.py.
"""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from exports.formats import deepeval, openai_chat, plain_text
from exports.formats.options import ExportOptions
from exports.formats.records import ExportSession, Tally
from exports.item_catalog import ITEM_FORMATS, ItemExportFormat
from exports.review_catalog import REVIEW_FORMATS, ReviewExportFormat
from exports.run_catalog import RUN_FORMATS, RunExportFormat

BUNDLE_SUFFIX, BUNDLE_TYPE = ".zip", "application/zip"


class Writer(Protocol):
    """Pieces of text that are the file when put together, at most a session at a time."""

    def __call__(
        self, sessions: Iterable[ExportSession], options: ExportOptions, tally: Tally | None = None
    ) -> Iterator[str]: ...


@dataclass(frozen=True)
class ExportFormat:
    """One format; `version` goes up whenever the same sessions would give other bytes.

    What the file itself counts, its rows, are its test cases or its conversations.
    """

    slug: str
    label: str
    suffix: str
    media_type: str
    version: int
    write: Writer
    holds_test_cases: bool
    help: str

    @property
    def row_name(self) -> str:
        """What the rows are called."""
        return "test cases" if self.holds_test_cases else "conversations"

    def count_rows(self, tally: Tally) -> int:
        """Return how many rows the file has."""
        return tally.n_test_cases if self.holds_test_cases else tally.n_sessions


_FORMATS = (
    ExportFormat(
        "deepeval", "DeepEval JSON", ".json", "application/json", 1, deepeval.write, True,
        "One test case per question and reply, as DeepEval's EvaluationDataset loads them.",
    ),
    ExportFormat(
        "openai", "OpenAI chat JSONL", ".jsonl", "application/x-ndjson", 1,
        openai_chat.write, False,
        "One conversation per line, as a list of messages with role and content.",
    ),
    ExportFormat(
        "text", "Plain text", ".txt", "text/plain; charset=utf-8", 1, plain_text.write, False,
        "Whole conversations to read, with tokens, cost, model, status and tags.",
    ),
)  # fmt: skip

FORMATS = {export_format.slug: export_format for export_format in _FORMATS}


def named(slug: str) -> ExportFormat | ItemExportFormat | RunExportFormat | ReviewExportFormat:
    """The format of that name, of sessions, of datasets, of runs or of reviews."""
    if slug in REVIEW_FORMATS:
        return REVIEW_FORMATS[slug]
    return FORMATS.get(slug) or ITEM_FORMATS.get(slug) or RUN_FORMATS[slug]


def file_name(slug: str, date: datetime.date, *, is_bundle: bool = False) -> str:
    """The name of a downloaded file, without saying what is in it."""
    ending = f"-bundle{BUNDLE_SUFFIX}" if is_bundle else named(slug).suffix
    return f"evalplatform-{slug}-{date:%Y-%m-%d}{ending}"
