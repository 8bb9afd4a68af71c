"""The ratings of a queue out of the database: one rule of eligibility, and what it leaves out.

A rating counts when it was saved by a reviewer whose review is complete, on an item that has its
reviews (blind queues), in the newest version made before colleagues' answers or the final one were
shown (`ReviewAnswer.is_rating`), and says something. Late extras are ratings like any other.
PostgreSQL puts together what is alike but for the item, so that a million ratings are a few hundred
rows with an array each: to look up who and what each rating is there, by joins, took twice as long.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import numpy as np
import psycopg
from django.db import connection

from reviews.agreement.tables import Floats, Ints

# Reviews that are typed over come as a list: joined, PostgreSQL may hash all ratings to find them.
REVEALED = """AND NOT EXISTS (
        SELECT FROM reviews_queueitem i
        WHERE i.id = a.queue_item_id AND i.queue_id = %(queue)s AND i.revealed_at IS NULL
            AND %(blind)s::boolean
    )"""
HIDES_ANY = """%(blind)s::boolean AND EXISTS (
        SELECT FROM reviews_queueitem WHERE queue_id = %(queue)s AND revealed_at IS NULL
    )"""
OPEN = f"""a.review_id <> ALL (%(dirty)s::uuid[]) {REVEALED}
    AND (%(only)s::uuid IS NULL OR a.queue_item_id IN (
        SELECT s.queue_item_id FROM reviews_slot s
        WHERE s.queue_id = %(queue)s AND s.reviewer_id = %(only)s::uuid AND s.state = 'submitted'
    ))"""  # noqa: S608 (constants)
# One part for each way to tell a value, so that names are grouped by plain columns: PostgreSQL then
# knows how few differ, and does not sort, which takes three times as long.
ALIKE = f"""
SELECT a.criterion, a.reviewer_id, {{said}}, a.flagged, a.is_exposed,
    string_agg(int8send(a.queue_item_id), ''), string_agg(int8send(a.check_result_id), ''),
    {{numbers}}, {HIDES_ANY}
FROM reviews_reviewanswer a
WHERE a.queue_id = %(queue)s AND a.is_rating AND {{asked}} AND {OPEN}
GROUP BY a.criterion, a.reviewer_id, {{said}}, a.flagged, a.is_exposed"""  # noqa: S608 (constants)
NAMES = ALIKE.format(
    said="a.value",
    asked="a.criterion <> ALL(%(others)s) AND (a.flagged OR a.value IS NOT NULL)",
    numbers="NULL::bytea",
)
SETS_GIVEN = ALIKE.format(
    said="a.labels::text",
    asked="a.criterion = ANY(%(sets)s) AND (a.flagged OR a.labels IS NOT NULL)",
    numbers="NULL::bytea",
)
NUMBERS = ALIKE.format(
    said="NULL::text",
    asked="a.criterion = ANY(%(numbers)s) AND (a.flagged OR a.number < 'NaN')",
    numbers="string_agg(float8send(coalesce(a.number, 'NaN')), '')",
)
HIDDEN = f"SELECT {HIDES_ANY}"
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
)
SELECT u.id, u.name, u.email FROM found JOIN accounts_user u ON u.id = found.reviewer_id
ORDER BY 1"""
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
# Drafts are counted in two parts since each has its index.
LEFT_OUT = f"""
SELECT
    (SELECT count(*) FROM reviews_review
        WHERE queue_id = %(queue)s AND draft IS NOT NULL AND saved_at IS NULL)
    + (SELECT count(*) FROM reviews_review
        WHERE queue_id = %(queue)s AND draft IS NOT NULL AND saved_at IS NOT NULL) AS draft,
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

    def hides(self) -> bool:
        """Whether any item is hidden as it stands now."""
        told = {"queue": self.queue, "blind": self.is_blind}
        return self.is_blind and bool(_rows(HIDDEN, told)[0][0])

    def told(self, **more: Any) -> dict[str, Any]:
        """Parameters of the statements."""
        held = {"queue": self.queue, "run": self.run, "blind": self.is_blind, "only": self.only}
        return held | {"dirty": self.dirty} | more


@dataclass(frozen=True)
class Alike:
    """Ratings of one criterion by one person, of one value (None: numbers, or flags that say none),
    with the item of each; `criterion` is "" for checks, with the result of each, `numbers` are
    empty but for numbers."""

    criterion: str
    person: UUID
    value: str | None
    flagged: bool
    exposed: bool
    items: Ints
    checks: Ints
    numbers: Floats


def read_people(which: Which) -> dict[UUID, str]:
    """Everybody who has a review in the queue, and how they are called."""
    return {pk: name or email for pk, name, email in _rows(PEOPLE, which.told())}


def read_sets(which: Which, criteria: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The different sets of labels that were given to these criteria, by how SQL writes them."""
    if not criteria:
        return {}
    found = _rows(SETS, which.told(sets=list(criteria)))
    return {text: tuple(labels) for text, labels in sorted(found)}


def read_ratings(
    which: Which, *, numbers: Sequence[str], sets: Sequence[str], texts: Sequence[str]
) -> list[Alike]:
    """The eligible ratings of all criteria but the free texts, in no order."""
    others = [*numbers, *sets, *texts]
    told = which.told(numbers=list(numbers), sets=list(sets), others=others)
    parts = [NAMES, *[SETS_GIVEN] * bool(sets), *[NUMBERS] * bool(numbers)]
    statement = " UNION ALL ".join(parts)
    found = None
    if not which.hides():
        # Told that nothing is hidden, PostgreSQL would still join that nothing to each rating.
        found = _packed(statement.replace(REVEALED, ""), told)
    if found is None or any(hides for *_, hides in found):  # an item came meanwhile
        found = _packed(statement, told)
    return [
        Alike(key, person, value, flagged, exposed, _ints(items), _ints(checks), _floats(given))
        for key, person, value, flagged, exposed, items, checks, given, _ in found
    ]


def read_verdicts(which: Which) -> tuple[list[tuple[str, str]], Ints, Ints, Ints]:
    """Operator and evaluator of each kind of check of the run; then by result that has a verdict,
    ordered by id: its id, its kind, and 0 passed, 1 failed, 2 a number or label."""
    none = np.zeros(0, dtype=np.int64)
    kinds = list(_rows(KINDS, which.told())) if which.run else []
    if not kinds:
        return [], none, none, none
    operators, evaluators = zip(*kinds, strict=True)
    told = which.told(operators=list(operators), evaluators=list(evaluators))
    ((held, packed),) = _packed(VERDICTS, told)
    ids, said = _ints(held), _ints(packed, "2")
    order = np.argsort(ids, kind="stable")
    return kinds, ids[order], (said[order] >> 2) - 1, said[order] & 3


def read_chances(which: Which) -> tuple[Ints, Floats]:
    """Items that came in by chance, and their probability of it."""
    ((ids, chances),) = _packed(CHANCES, which.told())
    return _ints(ids), _floats(chances)


def read_left_out(which: Which, texts: Sequence[str]) -> dict[str, int]:
    """How much was left out, by reason, of the whole queue."""
    with connection.cursor() as cursor:
        cursor.execute(LEFT_OUT, which.told(texts=list(texts)))
        names = [column.name for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


# --- columns as arrays ---------------------------------------------------------------------------

_NO_INTS, _NO_FLOATS = np.zeros(0, dtype=np.int64), np.zeros(0)


def _rows(statement: str, told: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, told)
        return list(cursor.fetchall())


def _packed(statement: str, told: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The rows of the statement in binary, so that bytes come as bytes."""
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, told, binary=True)
        return cursor.fetchall()


def _ints(held: bytes | None, width: str = "8") -> Ints:
    return np.frombuffer(held, dtype=f">i{width}").astype(np.int64) if held else _NO_INTS


def _floats(held: bytes | None) -> Floats:
    return np.frombuffer(held, dtype=">f8").astype(np.float64) if held else _NO_FLOATS
