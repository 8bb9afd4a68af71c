"""Outputs that exist already, as a CSV of Question and Answer (formats.md 2.6).

A run that imports them matches the rows to tests by their input; as items they can be checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from datasets.formats.csv_rows import Table, is_blank
from datasets.formats.fields import Findings, key_fault
from datasets.formats.items import Item, ItemReading, ItemRecord
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError, RowWarning, row_error
from datasets.formats.seen_ids import SeenIds

TITLES = ("question", "answer", "in tokens", "out tokens", "duration")
_DEFAULTS = ReadOptions()
_SAID = frozenset({"input", "output", "context"})
_NUMBERS = {
    "in tokens": (re.compile(r"\d{1,18}", re.ASCII), "a whole number, as 12"),
    "out tokens": (re.compile(r"\d{1,18}", re.ASCII), "a whole number, as 12"),
    "duration": (re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII), "seconds, as 0.8"),
}


class QaRow(NamedTuple):
    """What was asked and answered; `context` holds the other columns. Duration is in seconds."""

    row: int
    question: str
    answer: str
    context: dict[str, str]
    in_tokens: int | None = None
    out_tokens: int | None = None
    duration: float | None = None


def read(stream: BinaryIO, *, options: ReadOptions = _DEFAULTS) -> ItemReading:
    """One item a row: what was asked, what was answered; other columns are context."""
    for each in rows(stream):
        if isinstance(each, QaRow):
            record = ItemRecord(input=each.question, output=each.answer, context=each.context)
            yield Item(each.row, record._replace(said=_SAID))
        else:
            yield each


def rows(stream: BinaryIO) -> Iterator[QaRow | RowError | RowWarning]:
    """The rows with all that they say, and what is wrong with the file."""
    table = Table.open(stream, known=frozenset(TITLES))
    yield from table.findings
    if not table.header:
        return
    at = {title.lower(): n for n, title in enumerate(table.header) if title.lower() in TITLES}
    faults = [*_header_faults(table.header, at)]
    yield from faults
    seen = SeenIds()
    for found in table.rows():
        if isinstance(found, RowError):
            yield found
        elif not faults and not is_blank(found.cells):
            yield from _row(Findings(found.row), table.header, at, found.cells, seen)


def _header_faults(header: tuple[str, ...], at: dict[str, int]) -> Iterator[RowError]:
    for title in ("Question", "Answer"):
        if title.lower() not in at:
            yield row_error(1, title, f'There is no column "{title}". Add it.')
    for title in header:
        if title and title.lower() not in at and (fault := key_fault(title)):
            yield row_error(1, title, fault)


def _row(
    found: Findings, header: tuple[str, ...], at: dict[str, int], cells: list[str], seen: SeenIds
) -> Iterator[QaRow | RowError]:
    question, answer = cells[at["question"]], cells[at["answer"]]
    if not question.strip():
        found.error(header[at["question"]], "The question is empty. Write its text.")
    elif (first := seen.first_row(found.row or 0, question)) is not None:
        message = f"This question stands on row {first} already. Keep one of the two."
        found.error(header[at["question"]], message, question)
    if not answer.strip():
        found.error(header[at["answer"]], "The answer is empty. Write its text.")
    numbers = {title: cells[at[title]].strip() if title in at else "" for title in _NUMBERS}
    for title, (form, what) in _NUMBERS.items():
        cell = numbers[title]
        if cell and not form.fullmatch(cell):
            found.error(header[at[title]], f"This must be {what}.", cell)
    yield from found.errors
    if not found.errors:
        others = {
            title: cell
            for title, cell in zip(header, cells, strict=True)
            if title and title.lower() not in at and cell.strip()
        }
        in_tokens, out_tokens, duration = numbers.values()
        yield QaRow(
            found.row or 0,
            question,
            answer,
            others,
            int(in_tokens) if in_tokens else None,
            int(out_tokens) if out_tokens else None,
            float(duration) if duration else None,
        )
