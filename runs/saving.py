"""The SQL by which a chunk saves what it carried out: rows by one UPDATE, results by COPY.

Nothing here decides; chunks.py does, and has the lease. Rows that are not pending any more are
left as they are, and nothing is added to them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from django.db import connection

from datasets.formats.items import CheckRecord
from datasets.operators import find
from runs.asking import storable
from runs.models import RunItem
from runs.verdicts import CheckState, Confidence, Outcome

NULL = "\\N"
LONGEST_LABEL = 200  # characters of auto_eval
COUNTS = ("n_checks", "n_passed", "n_done", "n_low", "n_skipped", "n_errors", "weight",
          "weight_passed")  # fmt: skip
# The statements are made of our own names and of nothing that came from outside.
UPDATE = f"""
    UPDATE runs_runitem r SET status = d.status, error = d.error, response = d.response,
        in_tokens = d.in_tokens, out_tokens = d.out_tokens, duration = d.duration,
        is_passed = d.is_passed, {", ".join(f"{name} = d.{name}" for name in COUNTS)},
        attempts = r.attempts + 1, finished_at = clock_timestamp()
    FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
        %s::float8[], %s::boolean[], {", ".join("%s::int[]" for _ in COUNTS)})
        AS d (id, status, error, response, in_tokens, out_tokens, duration, is_passed,
            {", ".join(COUNTS)})
    WHERE r.id = d.id AND r.run_id = %s AND r.status = 'pending'
        AND r.order_index BETWEEN %s AND %s
    RETURNING r.id"""  # noqa: S608
# Without the response: it was stored before, and an unchanged text is not written again.
UPDATE_CHECKED = UPDATE.replace("response = d.response,\n        ", "").replace(
    "in_tokens = d.in_tokens, out_tokens = d.out_tokens, duration = d.duration,\n        ", ""
)
RECOUNT = """
    UPDATE runs_runitem r SET n_checks = c.n_checks, n_passed = c.n_passed, n_done = c.n_done,
        n_low = c.n_low, n_skipped = c.n_skipped, n_errors = c.n_errors, weight = c.weight,
        weight_passed = c.weight_passed,
        is_passed = CASE WHEN r.status = 'error' OR c.n_errors > 0 OR c.n_passed < c.n_checks
            THEN false WHEN r.status = 'pending' OR c.n_checks = 0 THEN NULL ELSE true END
    FROM (
        SELECT i.id, count(r.stands) AS n_checks, count(*) FILTER (WHERE r.stands) AS n_passed,
            count(*) FILTER (WHERE r.state = 'done') AS n_done,
            count(*) FILTER (WHERE r.state = 'done' AND r.confidence = 'low') AS n_low,
            count(*) FILTER (WHERE r.state = 'skipped') AS n_skipped,
            count(*) FILTER (WHERE r.state = 'error') AS n_errors,
            COALESCE(sum(r.weight) FILTER (WHERE r.stands IS NOT NULL), 0) AS weight,
            COALESCE(sum(r.weight) FILTER (WHERE r.stands), 0) AS weight_passed
        FROM unnest(%s::uuid[]) AS i (id) LEFT JOIN runs_checkresult r ON r.run_item_id = i.id
        GROUP BY i.id
    ) c
    WHERE r.id = c.id"""
LOOK = "SELECT status FROM runs_run WHERE id = %s AND deleted_at IS NULL"
# Shared by the chunks of a run, so that they do not wait for each other: only who steers it waits.
HOLD = f"{LOOK} FOR SHARE"
COPY_RESULTS = """COPY runs_checkresult (run_id, run_item_id, position, evaluator, operator,
    criteria, weight, category, extraction_prompt, conditional_operator, conditional_criteria,
    examples, is_global, state, auto_eval, is_passed, confidence, feedback, extracted,
    edited_auto_eval, edited_feedback) FROM STDIN"""


@dataclass(slots=True)
class Finished:
    """One row, carried out: its output with what it cost, or why there is none, and its checks.

    `is_answered`: the output was made now. `is_added_to`: it has results from before.
    """

    id: uuid.UUID
    order_index: int
    outcomes: Sequence[tuple[int, Outcome]] = ()
    error: str = ""
    is_answered: bool = False
    is_added_to: bool = False
    response: str = ""
    in_tokens: int | None = None
    out_tokens: int | None = None
    duration: float | None = None
    counts: list[int] = field(default_factory=list)

    @property
    def status(self) -> str:
        return RunItem.Status.ERROR if self.error else RunItem.Status.SUCCESS

    def is_passed(self) -> bool | None:
        """Whether all of its checks passed; None when nothing said so."""
        n_checks, n_passed, *_, n_errors, _, _ = self.counts
        if self.error or n_errors or n_passed < n_checks:
            return False
        return True if n_checks else None


def counts_of(outcomes: Iterable[tuple[int, Outcome]]) -> list[int]:
    """What the columns COUNTS hold of these outcomes."""
    n_checks = n_passed = n_done = n_low = n_skipped = n_errors = weight = weight_passed = 0
    for _, each in outcomes:
        verdict = each.verdict
        if each.state is CheckState.DONE and verdict is not None:
            n_done += 1
            n_low += verdict.confidence is Confidence.LOW
            if verdict.is_passed is not None:
                n_checks += 1
                weight += each.check.weight
                if verdict.is_passed:
                    n_passed += 1
                    weight_passed += each.check.weight
        elif each.state is CheckState.SKIPPED:
            n_skipped += 1
        else:
            n_errors += 1
    return [n_checks, n_passed, n_done, n_low, n_skipped, n_errors, weight, weight_passed]


def status_of(run_id: uuid.UUID, *, is_held: bool = False) -> str:
    """The run's status now, "" for a deleted one; held, it stays until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(HOLD if is_held else LOOK, [run_id])
        found = cursor.fetchone()
    return found[0] if found else ""


def save(run_id: uuid.UUID, finished: Sequence[Finished]) -> int:
    """Save rows and their results, inside the caller's transaction; how many rows."""
    for each in finished:
        each.counts = counts_of(each.outcomes)
    saved: set[uuid.UUID] = set()
    for is_answered in (True, False):
        some = [each for each in finished if each.is_answered == is_answered]
        if some:
            saved |= _update(run_id, some, UPDATE if is_answered else UPDATE_CHECKED)
    added = [each for each in finished if each.id in saved]
    _copy(run_id, added)
    if mixed := [each.id for each in added if each.is_added_to]:
        recount(mixed)
    return len(saved)


def recount(ids: Sequence[uuid.UUID]) -> None:
    """Count the results of rows again, by the verdicts that stand."""
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT, [list(ids)])


def _update(run_id: uuid.UUID, rows: Sequence[Finished], statement: str) -> set[uuid.UUID]:
    columns: list[list[Any]] = [
        [each.id for each in rows],
        [str(each.status) for each in rows],
        [storable(each.error) for each in rows],
        [each.response if each.is_answered else "" for each in rows],
        [each.in_tokens for each in rows],
        [each.out_tokens for each in rows],
        [each.duration for each in rows],
        [each.is_passed() for each in rows],
        *(list(column) for column in zip(*(each.counts for each in rows), strict=True)),
    ]
    # Of the rows that wait, the statement looks at this part alone, however many there are.
    places = [each.order_index for each in rows]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*columns, run_id, min(places), max(places)])
        return {pk for (pk,) in cursor.fetchall()}


def _copy(run_id: uuid.UUID, rows: Iterable[Finished]) -> None:
    lines = [line for row in rows for line in result_lines(run_id, row)]
    if not lines:
        return
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(COPY_RESULTS) as target,
    ):
        target.write("".join(lines))


def result_lines(run_id: uuid.UUID, row: Finished) -> list[str]:
    """The results of a row as COPY's text has them."""
    place = f"{run_id}\t{row.id}"
    return [f"{place}\t{position}\t{result_text(outcome)}" for position, outcome in row.outcomes]


@lru_cache(maxsize=1000)
def result_text(outcome: Outcome) -> str:
    """What a line of COPY says behind the place; many rows share an outcome."""
    check = check_text(outcome.check, outcome.evaluator, outcome.is_global)
    verdict = outcome.verdict
    if verdict is None or outcome.state is not CheckState.DONE:
        said = f"{outcome.state}\t\t{NULL}\t\t{escaped(outcome.feedback)}\t{NULL}"
    else:
        extracted = NULL if verdict.extracted is None else escaped(verdict.extracted)
        passed = NULL if verdict.is_passed is None else ("t" if verdict.is_passed else "f")
        said = (
            f"done\t{escaped(verdict.auto_eval[:LONGEST_LABEL])}\t{passed}\t{verdict.confidence}"
            f"\t{escaped(verdict.feedback or outcome.feedback)}\t{extracted}"
        )
    return storable(f"{check}\t{said}\t\t\n")


@lru_cache(maxsize=2000)
def check_text(check: CheckRecord, evaluator: str, is_global: bool) -> str:
    """The snapshot of a check as COPY's text has it; many rows have the same checks."""
    operator = find(check.operator)
    examples = json.dumps([each._asdict() for each in check.examples])
    values = (
        evaluator,
        check.operator,
        check.criteria,
        str(check.weight),
        check.category or (operator.category if operator else ""),
        check.extractor,
        check.conditional_operator,
        check.conditional_criteria,
        examples,
        "t" if is_global else "f",
    )
    return "\t".join(escaped(value) for value in values)


def escaped(text: str) -> str:
    """The text as COPY has it."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    return text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
