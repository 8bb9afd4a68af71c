"""Reads the answers of a replay endpoint: questions with what is answered to them.

CSV with the columns Question and Answer (formats.md 2.6), JSON as {"question": "answer"}, or a JSON
list of objects with question and answer (or input and output).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import ValidationError

from datasets.formats import qa_csv
from datasets.formats.items import Item
from datasets.formats.records import RowError
from evalplatform import strict_json
from runs.asking import question_key

MOST_BYTES = 5_000_000
MOST_ANSWERS = 20_000
SHOWN = 5  # errors
NAMES = (("question", "answer"), ("input", "output"))
HOW = 'Write {"question": "answer"}, or a list of objects with question and answer.'

Pair = tuple[int, str, str]


def read_answers(data: bytes) -> dict[str, str]:
    """Return question -> answer, questions as they are matched; ValidationError otherwise."""
    if len(data) > MOST_BYTES:
        raise ValidationError(f"At most {MOST_BYTES // 1_000_000} MB of answers can be taken.")
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    pairs = _json_pairs(data) if start in (b"{", b"[") else _csv_pairs(data)
    return answers_of(pairs)


def answers_of(pairs: Iterable[Pair]) -> dict[str, str]:
    """Return the answers by question; a question that stands twice is refused."""
    answers: dict[str, str] = {}
    for place, question, answer in pairs:
        key = question_key(question)
        if not key:
            raise ValidationError(f"Question {place} is empty. Write its text.")
        if key in answers:
            raise ValidationError(f"Question {place} stands there twice. Keep one of the two.")
        answers[key] = answer
        if len(answers) > MOST_ANSWERS:
            raise ValidationError(f"At most {MOST_ANSWERS:,} answers can be taken.")
    if not answers:
        raise ValidationError("There is no answer in it.")
    return answers


def _csv_pairs(data: bytes) -> Iterator[Pair]:
    errors = []
    for found in qa_csv.read(io.BytesIO(data)):
        if isinstance(found, RowError):
            where = f"Row {found.row}: " if found.row else ""
            errors.append(f"{where}{found.message}")
        elif isinstance(found, Item) and not errors:
            yield found.row or 0, found.record.input, found.record.output
    if errors:
        more = len(errors) - SHOWN
        raise ValidationError(errors[:SHOWN] + ([f"And {more:,} more."] if more > 0 else []))


def _json_pairs(data: bytes) -> Iterator[Pair]:
    try:
        held = strict_json.loads(data)
    except strict_json.StrictJsonError as error:
        raise ValidationError(error.message) from None
    rows = held.items() if isinstance(held, dict) else map(_pair_of, held)
    for place, (question, answer) in enumerate(rows, start=1):
        if not isinstance(question, str) or not isinstance(answer, str):
            raise ValidationError(f"Question {place} or its answer is no text. {HOW}")
        yield place, question, answer


def _pair_of(row: Any) -> tuple[Any, Any]:
    if isinstance(row, dict):
        for question, answer in NAMES:
            if question in row and answer in row:
                return row[question], row[answer]
    return None, None
