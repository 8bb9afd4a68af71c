"""Reads outputs from a CSV of Question and Answer (formats.md 2.6)."""

from __future__ import annotations

from typing import BinaryIO

from datasets.formats import qa_csv
from datasets.formats.qa_csv import QaRow
from runs.formats.outputs import OutputReading, OutputRecord


def read(stream: BinaryIO, *, model: str = "") -> OutputReading:
    """An output a row; columns that have no meaning of their own are context."""
    for each in qa_csv.rows(stream):
        if not isinstance(each, QaRow):
            yield each
            continue
        yield OutputRecord(
            row=each.row,
            column="Question",
            question=each.question,
            response=each.answer,
            in_tokens=each.in_tokens,
            out_tokens=each.out_tokens,
            duration=each.duration,
            input_context=dict(each.context),
        )
