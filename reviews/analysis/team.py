"""What each reviewer has done, what waits for them, how fast they are, and how far they agree.

Five statements, however many people and queues there are. Agreement is each reviewer against all
others (leave-one-out, agreement.md 6), of revealed items, and hidden under 20 shared cells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from evalplatform.scoping.actor import Actor
from reviews.agreement.quantity import NO_OVERLAP, TOO_FEW_UNITS, Quantity, null
from reviews.analysis.asking import EVIDENCE, NARROWED, asked
from reviews.analysis.people import names_of
from reviews.analysis.quality_statements import INDEPENDENT, STEP
from reviews.analysis.scope import Scope
from reviews.analysis.shares import SUMS, clustered

LEAST_CELLS = 20
MOST_LEFT = 200  # what waits is counted so far in each queue
LONG = 3600  # seconds: who keeps an item open longer was away

# Saved reviews, by reviewer and by reviewer and step. Pace: from opening an item to its first save.
DONE = f"""
    WITH done AS (
        SELECT r.reviewer_id AS reviewer, r.queue_id AS queue, r.n_revisions - 1 AS n_edits,
            r.saved_at, {STEP.format("r.saved_at")} AS step, r.draft IS NOT NULL AS is_dirty,
            extract(epoch FROM v.saved_at - r.started_at)::float8 AS seconds
        FROM reviews_queue q
        JOIN reviews_review r ON r.queue_id = q.id AND r.saved_at >= %(start)s
            AND r.saved_at < %(end)s AND r.reviewer_kind = 'human'
        JOIN reviews_queueitem i ON i.id = r.queue_item_id
        LEFT JOIN reviews_reviewrevision v ON v.review_id = r.id AND v.number = 1
        {EVIDENCE}
        WHERE {NARROWED}
    )
    SELECT GROUPING(step) AS by, reviewer, step, count(*) AS n, count(DISTINCT queue) AS n_queues,
        sum(n_edits)::bigint AS n_edits, count(*) FILTER (WHERE is_dirty) AS n_dirty,
        max(saved_at) AS last_at, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)
            FILTER (WHERE seconds BETWEEN 0 AND {LONG}) AS pace
    FROM done GROUP BY GROUPING SETS ((reviewer), (reviewer, step))"""  # noqa: S608  (constants)
# Places in open queues; what was given is by `slots_of_reviewer`.
PLACES = """
    SELECT p.reviewer_id AS reviewer, count(*) FILTER (WHERE p.state = 'leased') AS n_held,
        count(*) FILTER (WHERE p.state = 'skipped') AS n_skipped,
        count(*) FILTER (WHERE p.state = 'declined') AS n_declined,
        min(p.leased_at) FILTER (WHERE p.state = 'leased') AS oldest
    FROM reviews_queue q JOIN reviews_slot p ON p.queue_id = q.id
    WHERE q.team_id = %(team)s AND q.status IN ('active', 'paused')
    GROUP BY p.reviewer_id"""
# What can still be given to who is asked by name: so far in each queue, by `open_queue_items`.
WAITING = """
    SELECT m.reviewer_id AS reviewer, count(*) AS n_queues, sum(open.n)::bigint AS n,
        bool_or(open.n >= %(most)s) AS is_more
    FROM reviews_queue q JOIN reviews_queuereviewer m ON m.queue_id = q.id AND m.is_assigned
    CROSS JOIN LATERAL (SELECT count(*) AS n FROM (
        SELECT FROM reviews_queueitem i WHERE i.queue_id = q.id AND i.open_slots > 0
            AND NOT EXISTS (SELECT FROM reviews_slot p WHERE p.queue_item_id = i.id
                AND p.reviewer_id = m.reviewer_id AND p.state <> 'released')
        LIMIT %(most)s) AS found) AS open
    WHERE q.team_id = %(team)s AND q.status = 'active' GROUP BY m.reviewer_id"""
# Over the cells shared with anybody, the share of the others who gave the same value.
AGREED = f"""{INDEPENDENT}, met AS (
        SELECT item, reviewer,
            count(*) OVER (PARTITION BY item, criterion, check_id) - 1 AS others,
            count(*) OVER (PARTITION BY item, criterion, check_id, value) - 1 AS alike
        FROM rating
    ), by_item AS (
        SELECT reviewer, count(*) AS c, sum(alike::float8 / others) AS t
        FROM met WHERE others > 0 GROUP BY reviewer, item
    )
    SELECT reviewer, {SUMS} FROM by_item GROUP BY reviewer"""  # noqa: S608
# Answers to what was adjudicated since, and how many of them differ from the final one.
SETTLED = f"""
    SELECT r.reviewer_id AS reviewer, count(*) AS n, count(*) FILTER (
        WHERE mine.said #> ARRAY[f.key, 'value'] IS DISTINCT FROM f.value -> 'value'
            OR mine.said #> ARRAY[f.key, 'flagged'] IS DISTINCT FROM f.value -> 'flagged'
    ) AS n_other
    FROM reviews_queue q
    JOIN reviews_adjudication a ON a.queue_id = q.id AND a.is_current AND a.reopened_at IS NULL
        AND a.adjudicated_at >= %(start)s AND a.adjudicated_at < %(end)s
    JOIN reviews_queueitem i ON i.id = a.queue_item_id AND i.revealed_at IS NOT NULL
    JOIN reviews_review r ON r.queue_item_id = a.queue_item_id AND r.saved_at IS NOT NULL
        AND r.reviewer_kind = 'human'
    JOIN reviews_reviewrevision v ON v.review_id = r.id AND v.number = r.n_revisions
    JOIN reviews_rubricversion w ON w.id = q.rubric_version_id
    CROSS JOIN LATERAL (SELECT v.answers || v.checks AS said) AS mine
    CROSS JOIN LATERAL jsonb_each(a.answers || a.checks) AS f
    {EVIDENCE}
    WHERE {NARROWED} AND mine.said ? f.key AND NOT jsonb_path_exists(w.shape,
        '$.sections[*].criteria[*] ? (@.kind == "text" && @.key == $key)',
        jsonb_build_object('key', f.key))
    GROUP BY r.reviewer_id"""  # noqa: S608


@dataclass(slots=True)
class Reviewer:
    """One person's part. `pace` is the median of seconds from opening an item to the first save.

    `n_waiting` can still be given to them in queues where they are asked by name; `is_more` when
    that is only the beginning.
    """

    pk: str
    name: str = ""
    n_saved: int = 0
    n_queues: int = 0
    n_edits: int = 0
    n_dirty: int = 0
    last_at: datetime | None = None
    pace: float | None = None
    by_step: dict[date, int] = field(default_factory=dict)
    n_held: int = 0
    oldest: datetime | None = None
    n_skipped: int = 0
    n_declined: int = 0
    n_asked: int = 0
    n_waiting: int = 0
    is_more: bool = False
    n_settled: int = 0
    n_other: int = 0
    agreement: Quantity = field(default_factory=lambda: null(NO_OVERLAP))


@dataclass(frozen=True, slots=True)
class TeamReview:
    """Everybody who has reviewed or is asked to, who saved most first."""

    scope: Scope
    reviewers: list[Reviewer]

    @property
    def n_saved(self) -> int:
        return sum(each.n_saved for each in self.reviewers)

    @property
    def n_held(self) -> int:
        return sum(each.n_held for each in self.reviewers)

    @property
    def n_waiting(self) -> int:
        return sum(each.n_waiting for each in self.reviewers)

    @property
    def n_active(self) -> int:
        return sum(1 for each in self.reviewers if each.n_saved)


def team_review(scope: Scope, actor: Actor) -> TeamReview:
    """The review of the actor's team; 403 for who does not see analysis."""
    values, found = scope.asked(), dict[str, Reviewer]()

    def of(row: dict[str, Any]) -> Reviewer:
        pk = str(row["reviewer"])
        return found.setdefault(pk, Reviewer(pk))

    for row in asked(DONE, actor, **values):
        _note_done(of(row), row)
    for row in asked(PLACES, actor):
        each = of(row)
        each.n_held, each.oldest = row["n_held"], row["oldest"]
        each.n_skipped, each.n_declined = row["n_skipped"], row["n_declined"]
    for row in asked(WAITING, actor, most=MOST_LEFT):
        each = of(row)
        each.n_asked, each.n_waiting, each.is_more = row["n_queues"], row["n"], row["is_more"]
    for row in asked(AGREED, actor, **values):
        of(row).agreement = shown(clustered(row))
    for row in asked(SETTLED, actor, **values):
        of(row).n_settled, of(row).n_other = row["n"], row["n_other"]
    for pk, name in names_of(found, actor).items():
        found[pk].name = name
    people = sorted(found.values(), key=lambda each: (-each.n_saved, each.name.casefold()))
    return TeamReview(scope, people)


def _note_done(each: Reviewer, row: dict[str, Any]) -> None:
    if row["by"] == 0:
        each.by_step[row["step"]] = row["n"]
        return
    each.n_saved, each.n_queues, each.n_edits = row["n"], row["n_queues"], row["n_edits"]
    each.n_dirty, each.last_at, each.pace = row["n_dirty"], row["last_at"], row["pace"]


def shown(agreement: Quantity) -> Quantity:
    """The number, or null `too_few_units` where it stands on fewer cells than tell anything."""
    if agreement.value is None or agreement.n >= LEAST_CELLS:
        return agreement
    return null(TOO_FEW_UNITS, agreement.n)
