"""Reads outputs from an Inspect log in JSON (interop.md 7.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from datasets.formats.records import RowError, RowWarning, row_error, row_warning
from runs.formats.json_documents import as_text, count, document, inner, seconds
from runs.formats.outputs import ModelNamed, OutputReading, OutputRecord

NO_SAMPLES = (
    "There is no list of samples. Choose a log that was written with --log-format json, or turn "
    "one into JSON with: inspect log convert --to json"
)
ZIP = b"PK"


def read(stream: BinaryIO, *, model: str = "") -> OutputReading:
    """An output per sample, of its first epoch."""
    is_zip = stream.read(2) == ZIP
    stream.seek(0)
    found, errors = ({}, [row_error(None, "", NO_SAMPLES)]) if is_zip else document(stream)
    samples = found.get("samples") if not errors else []
    if not isinstance(samples, list):
        errors, samples = [row_error(None, "samples", NO_SAMPLES)], []
    yield from errors
    if named := as_text(inner(found, "eval", "model")):
        yield ModelNamed(named)
    if not errors and (status := found.get("status")) not in (None, "success"):
        yield row_warning(None, "status", f"Inspect says of its run: {as_text(status)[:100]}.")
    n_later = 0
    for row, each in enumerate(samples, 1):
        if not isinstance(each, dict):
            yield row_error(row, "", "This must be an object, a sample of Inspect.")
        elif each.get("epoch") not in (None, 1):
            n_later += 1
        else:
            yield from _output(row, each)
    if n_later:
        which = "sample of a later epoch is" if n_later == 1 else "samples of later epochs are"
        message = f"{n_later:,} {which} left out: a test has one output."
        yield row_warning(None, "epoch", message)


def _output(row: int, each: dict[str, Any]) -> Iterator[OutputRecord | RowError | RowWarning]:
    response = as_text(inner(each, "output", "completion")) or _last(each.get("messages"))
    identifier, question = as_text(each.get("id")), _asked(each.get("input"))
    if not response:
        why = as_text(inner(each, "error", "message")) or as_text(inner(each, "output", "error"))
        message = f"Left out, it has no answer: {(why or 'no completion')[:200]}"
        yield row_warning(row, "output.completion", message)
        return
    if not identifier and not question:
        yield row_error(row, "input", "This sample has neither id nor input. Add one.")
        return
    usage = inner(each, "output", "usage")
    yield OutputRecord(
        row=row,
        column="id" if identifier else "input",
        question=question,
        identifier=identifier,
        response=response,
        in_tokens=count(inner(usage, "input_tokens")),
        out_tokens=count(inner(usage, "output_tokens")),
        duration=seconds(inner(each, "output", "time")) or seconds(each.get("total_time")),
    )


def _asked(given: Any) -> str:
    """The input as text: of messages the last one of the user."""
    if isinstance(given, list):
        return next((_text(m) for m in reversed(given) if inner(m, "role") == "user"), "")
    return as_text(given)


def _last(messages: Any) -> str:
    """The text of the last message when the model wrote it."""
    last = messages[-1] if isinstance(messages, list) and messages else None
    return _text(last) if inner(last, "role") == "assistant" else ""


def _text(message: Any) -> str:
    """The text of a message, of its parts those that are text."""
    content = inner(message, "content")
    if not isinstance(content, list):
        return as_text(content)
    return "".join(as_text(inner(part, "text")) for part in content)
