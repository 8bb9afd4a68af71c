"""The ratings of a queue out of the database: one rule of eligibility, and what it leaves out.

A rating counts when it was saved by a reviewer whose review is complete, on an item that has its
reviews (blind queues), in the newest version made before colleagues' answers or the final one were
shown (`ReviewAnswer.is_rating`), and says something. Late extras are ratings like any other.
PostgreSQL packs each column into one value, so that a million ratings are a few arrays and no rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from django.db import connection

from reviews.agreement.tables import Floats, Ints

# The shifts of what is packed into one number of each rating.
METRIC_AT, PERSON_AT, VALUE_AT, EXPOSED, FLAG = 44, 24, 2, 2, 1
# Reviews that are typed over come as a list: joined, PostgreSQL may hash all ratings to find them.
OPEN = """a.review_id <> ALL (%(dirty)s::uuid[]) AND NOT EXISTS (
        SELECT FROM reviews_queueitem i
        WHERE i.id = a.queue_item_id AND i.queue_id = %(queue)s AND i.revealed_at IS NULL
            AND %(blind)s::boolean
    ) AND (%(only)s::uuid IS NULL OR a.queue_item_id IN (
        SELECT s.queue_item_id FROM reviews_slot s
        WHERE s.queue_id = %(queue)s AND s.reviewer_id = %(only)s::uuid AND s.state = 'submitted'
    ))"""
RATINGS = f"""
SELECT string_agg(int8send(a.queue_item_id), ''), string_agg(int8send(a.check_result_id), '')
        FILTER (WHERE a.check_result_id IS NOT NULL),
    string_agg(int8send((m.at << {METRIC_AT}) | (p.at << {PERSON_AT})
        | (coalesce(v.at, 0) << {VALUE_AT}) | (a.is_exposed::int * {EXPOSED})
        | (a.flagged::int * {FLAG})), ''),
    string_agg(float8send(coalesce(a.number, 'NaN')), '') FILTER (WHERE m.is_number)
FROM reviews_reviewanswer a
JOIN unnest(%(people)s::uuid[]) WITH ORDINALITY AS p(id, at) ON p.id = a.reviewer_id
JOIN unnest(%(criteria)s::text[], %(numbers)s::boolean[]) WITH ORDINALITY AS m(key, is_number, at)
    ON m.key = a.criterion
LEFT JOIN unnest(%(values)s::text[]) WITH ORDINALITY AS v(value, at)
    ON v.value = coalesce(a.labels::text, a.value)
WHERE a.queue_id = %(queue)s AND a.is_rating AND (a.flagged OR a.value IS NOT NULL)
    AND (a.flagged OR NOT m.is_number OR a.number IS NOT NULL) AND {OPEN}"""  # noqa: S608 (constants)
DIRTY = """
SELECT id FROM reviews_review
WHERE queue_id = %(queue)s AND draft IS NOT NULL AND saved_at IS NOT NULL"""
PEOPLE = """
WITH RECURSIVE found AS (
    (SELECT reviewer_id FROM reviews_review WHERE queue_id = %(queue)s ORDER BY 1 LIMIT 1)
    UNION ALL
    SELECT (SELECT r.reviewer_id FROM reviews_review r
        WHERE r.queue_id = %(queue)s AND r.reviewer_id > found.reviewer_id ORDER BY 1 LIMIT 1)
    FROM found WHERE found.reviewer_id IS NOT NULL
) SELECT reviewer_id FROM found WHERE reviewer_id IS NOT NULL ORDER BY 1"""
SETS = f"""
SELECT DISTINCT a.labels::text, a.labels FROM reviews_reviewanswer a
WHERE a.queue_id = %(queue)s AND a.is_rating AND a.criterion = ANY(%(sets)s)
    AND a.labels IS NOT NULL AND {OPEN}"""  # noqa: S608 (constants)
KINDS = """
SELECT DISTINCT operator, evaluator FROM runs_checkresult
WHERE run_id = %(run)s AND state = 'done' ORDER BY 1, 2"""
VERDICTS = """
SELECT string_agg(int8send(c.id), ''), string_agg(int2send((k.at * 4 + CASE
    WHEN c.is_passed THEN 0 WHEN NOT c.is_passed THEN 1 ELSE 2 END)::int2), '')
FROM runs_checkresult c
JOIN unnest(%(operators)s::text[], %(evaluators)s::text[]) WITH ORDINALITY
    AS k(operator, evaluator, at) ON k.operator = c.operator AND k.evaluator = c.evaluator
WHERE c.run_id = %(run)s AND c.state = 'done'"""
CHANCES = """
SELECT string_agg(int8send(id), ''), string_agg(float8send(inclusion_probability), '')
FROM reviews_queueitem WHERE queue_id = %(queue)s AND inclusion_probability < 1"""
LEFT_OUT = f"""
SELECT
    (SELECT count(*) FROM reviews_review
        WHERE queue_id = %(queue)s AND draft IS NOT NULL) AS draft,
    (SELECT count(*) FROM reviews_slot
        WHERE queue_id = %(queue)s AND state = 'skipped') AS skipped,
    (SELECT count(*) FROM reviews_slot
        WHERE queue_id = %(queue)s AND state = 'declined') AS declined,
    (SELECT count(*) FROM reviews_queueitem i JOIN reviews_review r ON r.queue_item_id = i.id
        WHERE i.queue_id = %(queue)s AND i.revealed_at IS NULL AND %(blind)s::boolean
            AND r.saved_at IS NOT NULL) AS unrevealed,
    (SELECT count(*) FROM reviews_adjudication
        WHERE queue_id = %(queue)s AND is_current) AS adjudicated,
    (SELECT count(*) FROM reviews_reviewanswer a
        WHERE a.queue_id = %(queue)s AND a.is_rating AND a.criterion = ANY(%(texts)s)
            AND a.value IS NOT NULL AND {OPEN}) AS text,
    count(*) FILTER (WHERE n.was_told) AS after_reveal,
    count(*) FILTER (WHERE NOT n.was_told) AS superseded
FROM reviews_reviewanswer a
CROSS JOIN LATERAL (
    SELECT coalesce((r.exposure ->> 'colleagues')::boolean, false)
        OR coalesce((r.exposure ->> 'final')::boolean, false) AS was_told
    FROM reviews_reviewrevision r WHERE r.id = a.revision_id
) n
WHERE a.queue_id = %(queue)s AND NOT a.is_rating AND {OPEN}"""  # noqa: S608 (constants)


@dataclass(frozen=True)
class Which:
    """Whose queue is read: `only` leaves but the items that this person has reviewed."""

    queue: UUID
    run: UUID | None
    is_blind: bool
    only: UUID | None = None

    @cached_property
    def dirty(self) -> list[UUID]:
        """Saved reviews that were typed over since."""
        return [pk for (pk,) in _rows(DIRTY, {"queue": self.queue})]

    def told(self, **more: Any) -> dict[str, Any]:
        """Parameters of the statements."""
        held = {"queue": self.queue, "run": self.run, "blind": self.is_blind, "only": self.only}
        return held | {"dirty": self.dirty} | more


@dataclass(frozen=True)
class Rows:
    """Ratings in no order, all (N,): codes begin at 0, a value that is not declared is -1.

    `check` is 0 for criteria, `number` NaN but for numbers.
    """

    item: Ints
    check: Ints
    metric: Ints
    person: Ints
    value: Ints
    number: Floats
    flagged: Any
    exposed: Any


def read_people(which: Which) -> list[UUID]:
    """Everybody who has a review in the queue."""
    return [pk for (pk,) in _rows(PEOPLE, which.told())]


def read_sets(which: Which, criteria: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The different sets of labels that were given to these criteria, by how SQL writes them."""
    if not criteria:
        return {}
    found = _rows(SETS, which.told(sets=list(criteria)))
    return {text: tuple(labels) for text, labels in sorted(found)}


def read_ratings(
    which: Which, criteria: Mapping[str, bool], people: Sequence[UUID], values: Sequence[str]
) -> Rows:
    """The eligible ratings of these criteria, each with whether it is a number; "" are checks."""
    told = which.told(
        people=list(people),
        criteria=list(criteria),
        numbers=list(criteria.values()),
        values=list(values),
    )
    items, checks, packed, numbers = _packed(RATINGS, told)
    held = _ints(packed)
    metric = (held >> METRIC_AT) - 1
    is_check = (np.array([key == "" for key in criteria], dtype=bool))[metric]
    is_number = np.array(list(criteria.values()), dtype=bool)[metric]
    check = np.zeros(len(held), dtype=np.int64)
    check[is_check] = _ints(checks)
    number = np.full(len(held), np.nan) if is_number.any() else np.zeros(0)
    if is_number.any():
        number[is_number] = _floats(numbers)
    return Rows(
        _ints(items),
        check,
        metric,
        ((held >> PERSON_AT) & 0xFFFFF) - 1,
        ((held >> VALUE_AT) & 0x3FFFFF) - 1,
        number,
        (held & FLAG) > 0,
        (held & EXPOSED) > 0,
    )


def read_verdicts(which: Which) -> tuple[list[tuple[str, str]], Ints, Ints, Ints]:
    """Operator and evaluator of each kind of check of the run; then by result that has a verdict,
    ordered by id: its id, its kind, and 0 passed, 1 failed, 2 a number or label."""
    none = np.zeros(0, dtype=np.int64)
    kinds = list(_rows(KINDS, which.told())) if which.run else []
    if not kinds:
        return [], none, none, none
    operators, evaluators = zip(*kinds, strict=True)
    told = which.told(operators=list(operators), evaluators=list(evaluators))
    held, packed = _packed(VERDICTS, told)
    ids, said = _ints(held), _ints(packed, "2")
    order = np.argsort(ids, kind="stable")
    return kinds, ids[order], (said[order] >> 2) - 1, said[order] & 3


def read_chances(which: Which) -> tuple[Ints, Floats]:
    """Items that came in by chance, and their probability of it."""
    ids, chances = _packed(CHANCES, which.told())
    return _ints(ids), _floats(chances)


def read_left_out(which: Which, texts: Sequence[str]) -> dict[str, int]:
    """How much was left out, by reason, of the whole queue."""
    with connection.cursor() as cursor:
        cursor.execute(LEFT_OUT, which.told(texts=list(texts)))
        names = [column.name for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


# --- one value for each column -------------------------------------------------------------------


def _rows(statement: str, told: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, told)
        return list(cursor.fetchall())


def _packed(statement: str, told: dict[str, Any]) -> tuple[bytes | None, ...]:
    """The one row of the statement in binary, so that bytes come as bytes."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, told, binary=True)
        found: tuple[bytes | None, ...] | None = cursor.fetchone()
    assert found is not None
    return found


def _ints(held: bytes | None, width: str = "8") -> Ints:
    return np.frombuffer(held or b"", dtype=f">i{width}").astype(np.int64)


def _floats(held: bytes | None) -> Floats:
    return np.frombuffer(held or b"", dtype=">f8").astype(np.float64)
