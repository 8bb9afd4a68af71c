"""Rows of a run as work needs them, a page of bounded weight at a time."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.db import connection

from datasets.formats.items import CheckRecord
from runs.prompting import transcript
from runs.verdicts import Case

FIRST, MOST, HEAVY = 20, 500, 8_000_000  # rows of a page, at first and at most; characters
# A row that was tried before may have results already: their places are left alone.
READ = """
    SELECT r.id, r.order_index, r.prompt_text, r.response, NULLIF(r.files, '{}'),
        r.input_context::text, r.output_context::text, COALESCE(i.expected_output, ''),
        COALESCE(i.history::text, '[]'), COALESCE(i.participant_data::text, '{}'),
        COALESCE(i.session_state::text, '{}'), COALESCE(i.summary, ''),
        COALESCE(i.checks::text, '[]'), i.level = 'session', NULLIF(i.files, '{}'),
        CASE WHEN r.attempts > 0 THEN ARRAY(
            SELECT c.position FROM runs_checkresult c WHERE c.run_item_id = r.id) END
    FROM runs_runitem r LEFT JOIN datasets_datasetitem i ON i.id = r.item_id
    WHERE r.run_id = %s AND r.status = 'pending' AND r.order_index BETWEEN %s AND %s
    ORDER BY r.order_index LIMIT %s"""
NOWHERE: frozenset[int] = frozenset()
TEXTS = (2, 3, 5, 6, 7, 8, 9, 10, 11, 12)  # columns whose length says how heavy a row is


@dataclass(slots=True)
class Row:
    """One row to carry out: its case, its checks, and the places that have results already.

    `case` is what checks see. `whole` is what prompts of evaluators see: for a session, all of it.
    """

    id: uuid.UUID
    order_index: int
    case: Case
    whole: Case
    checks: tuple[CheckRecord, ...]
    attachments: list[uuid.UUID]
    done: frozenset[int] = frozenset()


def rows_of(run_id: uuid.UUID, first: int, last: int) -> Iterator[Row]:
    """The pending rows of a range, in their order; few are in memory at a time."""
    limit = FIRST
    while first <= last:
        with connection.cursor() as cursor:
            cursor.execute(READ, [run_id, first, last, limit])
            page = cursor.fetchall()
        if not page:
            return
        for told in page:
            yield read(told)
        first = page[-1][1] + 1
        weight = sum(len(told[n]) for told in page for n in TEXTS)
        limit = max(1, min(MOST, limit * 5, HEAVY * len(page) // max(weight, 1)))


def read(told: tuple[Any, ...]) -> Row:
    """A row of READ."""
    (pk, n, prompt, response, files, context, output_context, expected, history, participant,
     state, summary, checks, is_session, attachments, done) = told  # fmt: skip
    case = Case(
        input=prompt,
        output=response,
        expected=expected,
        context=loaded(context),
        participant_data=loaded(participant),
        session_state=loaded(state),
        history=json.loads(history) if history != "[]" else [],
        summary=summary,
        files=tuple(files or ()),
        output_context=loaded(output_context),
    )
    whole = case
    if is_session:
        case, whole = cases_of_session(case)
    at = frozenset(done) if done else NOWHERE
    return Row(pk, n, case, whole, checks_of(checks), attachments or [], at)


def loaded(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text) if text != "{}" else {}
    return found


@lru_cache(maxsize=500)
def checks_of(text: str) -> tuple[CheckRecord, ...]:
    """The checks of a row; many rows have the same ones."""
    return tuple(CheckRecord.from_json(each) for each in json.loads(text))


def cases_of_session(case: Case) -> tuple[Case, Case]:
    """The last reply with what was said before it; and the whole conversation."""
    said = messages_of(case.summary)
    replies = [n for n, each in enumerate(said) if each.get("role") == "assistant"]
    before = said[: replies[-1]] if replies else said
    told = transcript(said)
    case = replace(case, history=before, summary=told)
    return case, replace(case, history=said, output="")


def messages_of(summary: str) -> list[dict[str, Any]]:
    """The messages of a session's snapshot (datasets/cloning.py)."""
    try:
        found = json.loads(summary)
    except ValueError:
        return []
    said = found.get("messages") if isinstance(found, dict) else None
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []
