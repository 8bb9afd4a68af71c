"""One run by itself: how its rows are spread, what failed, how it compares with runs before it.

What people said is told to who runs the review of it, and of revealed items only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import get_visible
from reviews.agreement.quantity import NO_OVERLAP, Quantity, null
from reviews.analysis.quality import CHECKS, criterion_label
from reviews.analysis.shares import clustered
from reviews.models import Queue
from reviews.workload import runs_it
from runs.models import Run

MOST_BEFORE = 20
MOST_ERRORS = 8
SECONDS = (0.5, 1, 2, 5, 10, 30, 60)
BYTES = (1, 100, 300, 1_000, 3_000, 10_000)
SECONDS_SAY = ("up to 0.5 s", "0.5–1 s", "1–2 s", "2–5 s", "5–10 s", "10–30 s", "30–60 s",
               "60 s and more")  # fmt: skip
BYTES_SAY = ("empty", "1–99", "100–299", "300–999", "1–3 thousand", "3–10 thousand",
             "10 thousand and more")  # fmt: skip
SPREAD = f"""
    SELECT width_bucket(duration, ARRAY{list(SECONDS)}::float8[]) AS seconds,
        width_bucket(octet_length(response), ARRAY{list(BYTES)}) AS bytes, count(*) AS n
    FROM runs_runitem WHERE run_id = %(run)s AND status <> 'pending'
    GROUP BY GROUPING SETS ((1), (2))"""  # noqa: S608  (constants of this file)
ERRORS = """
    SELECT left(error, 160) AS error, count(*) AS n FROM runs_runitem
    WHERE run_id = %(run)s AND status = 'error' GROUP BY 1 ORDER BY n DESC, 1 LIMIT %(most)s"""
# What people said of revealed rows, beside whether the machine passed the row.
PEOPLE = """
    SELECT a.criterion, x.is_passed, count(*) AS n,
        count(*) FILTER (WHERE NOT a.flagged AND a.value IN ('pass', 'refine', 'fail'))
            AS n_judged,
        count(*) FILTER (WHERE NOT a.flagged AND a.value = 'pass') AS n_passed,
        count(*) FILTER (WHERE a.flagged) AS n_flagged,
        count(a.number) AS n_rated, coalesce(sum(a.number), 0) AS rated
    FROM reviews_queueitem i JOIN runs_runitem x ON x.id = i.run_item_id
    JOIN reviews_reviewanswer a ON a.queue_item_id = i.id AND a.is_latest
    JOIN reviews_review r ON r.id = a.review_id AND r.reviewer_kind = 'human'
    WHERE i.queue_id = %(queue)s AND (i.revealed_at IS NOT NULL OR NOT %(is_blind)s)
    GROUP BY a.criterion, x.is_passed"""
# Cells with two ratings or more that agreement counts; free text is in none.
BETWEEN = """
    WITH counted AS (
        SELECT i.id AS item, a.criterion, a.check_result_id AS check_id, count(*) AS n,
            CASE WHEN a.flagged THEN '' ELSE coalesce(a.labels::text, a.value) END AS value
        FROM reviews_queueitem i
        JOIN reviews_reviewanswer a ON a.queue_id = i.queue_id AND a.queue_item_id = i.id
            AND a.is_rating AND (a.value IS NOT NULL OR a.flagged)
        JOIN reviews_review r ON r.id = a.review_id AND r.reviewer_kind = 'human'
            AND r.draft IS NULL
        WHERE i.queue_id = %(queue)s AND i.revealed_at IS NOT NULL
            AND NOT a.criterion = ANY(%(texts)s)
        GROUP BY i.id, a.criterion, a.check_result_id, 5
    ), by_item AS (
        SELECT item, count(*) AS c, sum(a)::float8 AS t FROM (
            SELECT item, (sum(n * n) - sum(n)) / (sum(n) * (sum(n) - 1)) AS a
            FROM counted GROUP BY item, criterion, check_id HAVING sum(n) > 1) AS cell
        GROUP BY item
    )
    SELECT count(*) AS k, sum(c)::float8 AS c, sum(t)::float8 AS t, sum(t * t)::float8 AS tt,
        sum(t * c)::float8 AS tc, sum(c * c)::float8 AS cc FROM by_item"""


@dataclass(frozen=True, slots=True)
class Before:
    """A run of the same dataset or configuration, with the share of its rows that passed."""

    pk: UUID
    title: str
    created_at: datetime
    n: int
    passed: int

    @property
    def rate(self) -> float | None:
        return self.passed / self.n if self.n else None


@dataclass(slots=True)
class Judged:
    """What people said to one criterion: of rows that the machine passed, and that it did not."""

    criterion: str
    label: str
    n: int = 0
    n_flagged: int = 0
    n_judged: int = 0
    n_passed: int = 0
    n_rated: int = 0
    rated: float = 0
    of_passed: tuple[int, int] = (0, 0)  # judged, and of these passed
    of_failed: tuple[int, int] = (0, 0)

    @property
    def mean(self) -> float | None:
        return self.rated / self.n_rated if self.n_rated else None


@dataclass(slots=True)
class People:
    """The people's part, for who runs the review."""

    queue: Queue
    judged: list[Judged] = field(default_factory=list)
    between: Quantity = field(default_factory=lambda: null(NO_OVERLAP))


@dataclass(frozen=True, slots=True)
class RunAnalysis:
    """A run by itself. `before` ends with the run, the oldest first."""

    run: Run
    seconds: list[tuple[str, int]]
    lengths: list[tuple[str, int]]
    errors: list[tuple[str, int]]
    before: list[Before]
    people: People | None


def analyse(run: Run, actor: Actor) -> RunAnalysis:
    """The analysis of a run that the actor sees; 404 for one that they do not."""
    seen: Run = get_visible(Run, actor, pk=run.pk)
    seconds, lengths = [0] * len(SECONDS_SAY), [0] * len(BYTES_SAY)
    for row in _asked(SPREAD, run=seen.pk):
        if row["seconds"] is not None:
            seconds[row["seconds"]] = row["n"]
        elif row["bytes"] is not None:
            lengths[row["bytes"]] = row["n"]
    errors = _asked(ERRORS, run=seen.pk, most=MOST_ERRORS)
    return RunAnalysis(
        run=seen,
        seconds=list(zip(SECONDS_SAY, seconds, strict=True)),
        lengths=list(zip(BYTES_SAY, lengths, strict=True)),
        errors=[(row["error"] or "No reason is known.", row["n"]) for row in errors],
        before=runs_before(seen, actor),
        people=people_of(seen, actor),
    )


def runs_before(run: Run, actor: Actor) -> list[Before]:
    """Visible runs of the same configuration, else dataset, up to this one; the oldest first."""
    rows = Run.objects.visible_to(actor).filter(
        created_at__lte=run.created_at, metrics__isnull=False
    )
    if run.config_id:
        rows = rows.filter(config=run.config_id)
    elif run.dataset_id:
        rows = rows.filter(dataset=run.dataset_id)
    else:
        return []
    found = rows.exclude(kind=Run.Kind.PREVIEW).order_by("-created_at", "-id")[:MOST_BEFORE]
    told = found.values_list("pk", "title", "created_at", "metrics__items")
    return [
        Before(pk, title, at, (items or {}).get("n") or 0, (items or {}).get("passed") or 0)
        for pk, title, at, items in reversed(list(told))
    ]


def people_of(run: Run, actor: Actor) -> People | None:
    """What people said of the run; None without a review, or for who does not run it."""
    queues = Queue.objects.visible_to(actor).select_related("rubric_version")
    queue: Queue | None = queues.filter(run=run).first()
    if queue is None or not runs_it(queue, actor):
        return None
    found = People(queue)
    shape = queue.rubric_version.read()
    labels = {each.key: each.label for each in shape.criteria()}
    by_key: dict[str, Judged] = {}
    for row in _asked(PEOPLE, queue=queue.pk, is_blind=queue.is_blind):
        key = row["criterion"] or CHECKS
        label = labels.get(key) or criterion_label(key)
        _add(by_key.setdefault(key, Judged(key, label)), row)
    found.judged = [each for each in by_key.values() if each.n_judged or each.n_rated]
    texts = [each.key for each in shape.criteria() if each.kind == "text"]
    found.between = clustered(_asked(BETWEEN, queue=queue.pk, texts=texts)[0])
    return found


def _add(judged: Judged, row: dict[str, Any]) -> None:
    for name in ("n", "n_flagged", "n_judged", "n_passed", "n_rated", "rated"):
        setattr(judged, name, getattr(judged, name) + row[name])
    if row["is_passed"] is True:
        judged.of_passed = (row["n_judged"], row["n_passed"])
    elif row["is_passed"] is False:
        judged.of_failed = (row["n_judged"], row["n_passed"])


def _asked(statement: str, **values: Any) -> list[dict[str, Any]]:
    """The rows of a statement about a run or queue that the actor was found to see."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
