"""Guesses which format of items a file has: by its first bytes, its names, then its suffix."""

from __future__ import annotations

from pathlib import PurePath
from typing import BinaryIO

from datasets.formats.columns import KNOWN_TITLES
from datasets.formats.csv_rows import Table
from datasets.formats.encodings import as_utf8
from datasets.formats.guessing import SAMPLE, names_in
from datasets.formats.suite_columns import KNOWN as SUITE_TITLES
from evalplatform.strict_json import StrictJsonError

_ARCHIVE = b"PK\x03\x04"
_BY_SUFFIX = {
    ".csv": "dataset-csv",
    ".tsv": "dataset-csv",
    ".json": "dataset-json",
    ".jsonl": "dataset-jsonl",
    ".ndjson": "dataset-jsonl",
    ".zip": "suite-zip",
}
_ITEMS_ONLY = {"dataset-csv", "suite-csv", "suite-json", "suite-zip", "qa-csv"}
_SUITE_KEYS = {"tests", "input_under_test", "right_answer", "golden_output", "global_checks"}
_CHAT_KEYS = {"messages", "conversations", "conversation", "ideal"}
_QA_TITLES = {"question", "answer"}


def guess_item_format(stream: BinaryIO, file_name: str) -> str | None:
    """The slug of the format, None when nothing tells it; rewinds the stream."""
    try:
        return _guessed(stream, PurePath(file_name).suffix.lower())
    finally:
        stream.seek(0)


def guess_surely_items(stream: BinaryIO, file_name: str) -> str | None:
    """The slug when the file cannot be meant as conversations; rewinds the stream."""
    slug = guess_item_format(stream, file_name)
    if slug in _ITEMS_ONLY:
        return slug
    try:
        sample = as_utf8(stream).read(SAMPLE)
    except StrictJsonError:
        return None
    finally:
        stream.seek(0)
    tops = {name for depth, name in names_in(sample) if depth == 0}
    is_item = "input" in tops and tops & {"history", "context", "participant_data", "session_state"}
    return slug if is_item and slug in ("dataset-json", "dataset-jsonl") else None


def _guessed(stream: BinaryIO, suffix: str) -> str | None:
    stream.seek(0)
    if stream.read(4) == _ARCHIVE:
        return "suite-zip"
    try:
        utf8 = as_utf8(stream)
        sample = utf8.read(SAMPLE)
    except StrictJsonError:
        sample = b""
    if sample.lstrip()[:1] in (b"[", b"{"):
        return _json_format(sample, suffix)
    by_suffix = None if b"\0" in sample else _BY_SUFFIX.get(suffix)
    return _csv_format(stream) or by_suffix


def _json_format(sample: bytes, suffix: str) -> str:
    tops = {name for depth, name in names_in(sample) if depth == 0}
    seconds = {name for depth, name in names_in(sample) if depth == 1}
    within = seconds if "data" in tops else set()
    if tops & _SUITE_KEYS:
        return "suite-json"
    if tops & _CHAT_KEYS:
        return "chat-items"
    if "inputs" in tops | within:
        return "langsmith"
    if "expectedOutput" in tops | within:
        return "langfuse"
    is_lines = suffix in (".jsonl", ".ndjson") or not (sample.lstrip()[:1] == b"[" or suffix)
    return "dataset-jsonl" if is_lines else "dataset-json"


def _csv_format(stream: BinaryIO) -> str | None:
    """By the titles, which must be ours: any text at all could be a CSV."""
    known = KNOWN_TITLES | {title.lower() for title in SUITE_TITLES} | _QA_TITLES
    table = Table.open(stream, known=known)
    titles = {title.lower() for title in table.header}
    if titles & {"test input", "suite id"}:
        return "suite-csv"
    if titles & {"human message", "ai response"}:
        return "dataset-csv"
    return "qa-csv" if titles >= _QA_TITLES else None
