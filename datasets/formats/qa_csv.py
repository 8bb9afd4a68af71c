"""Outputs that exist already, as a CSV of Question and Answer (formats.md 2.6).

The rows are matched to tests by their input once runs exist; until then they are only checked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from datasets.formats.csv_rows import Table, is_blank
from datasets.formats.fields import Findings, key_fault
from datasets.formats.items import Item, ItemReading, ItemRecord
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError, row_error
from datasets.formats.seen_ids import SeenIds

TITLES = ("question", "answer", "in tokens", "out tokens", "duration")
_DEFAULTS = ReadOptions()
_NUMBERS = {
    "in tokens": (re.compile(r"\d{1,18}", re.ASCII), "a whole number, as 12"),
    "out tokens": (re.compile(r"\d{1,18}", re.ASCII), "a whole number, as 12"),
    "duration": (re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII), "seconds, as 0.8"),
}


def read(stream: BinaryIO, *, options: ReadOptions = _DEFAULTS) -> ItemReading:
    """One item a row: what was asked, what was answered; other columns are context."""
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
) -> Iterator[Item | RowError]:
    question, answer = cells[at["question"]], cells[at["answer"]]
    if not question.strip():
        found.error(header[at["question"]], "The question is empty. Write its text.")
    elif (first := seen.first_row(found.row or 0, question)) is not None:
        message = f"This question stands on row {first} already. Keep one of the two."
        found.error(header[at["question"]], message, question)
    if not answer.strip():
        found.error(header[at["answer"]], "The answer is empty. Write its text.")
    for title, (form, what) in _NUMBERS.items():
        cell = cells[at[title]].strip() if title in at else ""
        if cell and not form.fullmatch(cell):
            found.error(header[at[title]], f"This must be {what}.", cell)
    yield from found.errors
    if not found.errors:
        others = {
            title: cell
            for title, cell in zip(header, cells, strict=True)
            if title and title.lower() not in at and cell.strip()
        }
        record = ItemRecord(input=question, output=answer, context=others)
        yield Item(found.row or 0, record._replace(said=frozenset({"input", "output", "context"})))
