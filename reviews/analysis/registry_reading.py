"""The evidence that registry diagnostics look at: one statement over the newest rows of runs.

What reviewers said is taken of revealed items only, from the review saved last; of drafts only the
asker's own are read, since a colleague's draft is nobody's.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalplatform.scoping.actor import Actor
from reviews.analysis.asking import asked
from reviews.analysis.registry import Evidence, Suggested, Summary, diagnose, summarise
from reviews.analysis.scope import Scope

MOST_ROWS = 5_000
MOST_READ = 20_000  # characters of each text that heuristics read
MOST_CATEGORIES = 200
NEWEST = f"""
    WITH row AS (
        SELECT x.id, x.public_id, x.order_index, x.status, run.id AS run, run.title AS run_title,
            run.created_at, x.category, run.category AS run_category, x.item_id,
            x.prompt_text, x.response
        FROM runs_run run JOIN runs_runitem x ON x.run_id = run.id
        WHERE run.team_id = %(team)s AND run.deleted_at IS NULL AND run.kind <> 'preview'
            AND run.created_at >= %(start)s AND run.created_at < %(end)s
            AND (%(source)s::text IS NULL OR run.source = %(source)s)
            AND (%(category)s::text IS NULL
                OR coalesce(nullif(x.category, ''), run.category) = %(category)s)
        ORDER BY run.created_at DESC, run.id DESC, x.order_index LIMIT %(most)s
    )
    SELECT row.id, row.public_id, row.status, row.run, row.run_title, row.category,
        row.run_category, left(row.response, {MOST_READ}) AS response,
        left(coalesce(nullif(row.prompt_text, ''), d.input, ''), {MOST_READ}) AS prompt,
        told.state, told.is_canon_candidate, told.answers, label.guest_affect,
        typed.affect AS affect_draft, mine.draft -> 'answers' AS typed_answers
    FROM row
    LEFT JOIN datasets_datasetitem d ON d.id = row.item_id
    LEFT JOIN LATERAL (
        SELECT i.state, i.is_canon_candidate, (
            SELECT v.answers FROM reviews_review r JOIN reviews_reviewrevision v
                ON v.review_id = r.id AND v.number = r.n_revisions
            WHERE r.queue_item_id = i.id AND r.saved_at IS NOT NULL AND r.reviewer_kind = 'human'
            ORDER BY r.saved_at DESC, r.id LIMIT 1) AS answers
        FROM reviews_queueitem i JOIN reviews_queue q ON q.id = i.queue_id
        WHERE i.run_item_id = row.id AND (i.revealed_at IS NOT NULL OR NOT q.is_blind)
        ORDER BY i.id LIMIT 1
    ) AS told ON true
    LEFT JOIN LATERAL (
        SELECT r.draft FROM reviews_queueitem i JOIN reviews_review r ON r.queue_item_id = i.id
        WHERE i.run_item_id = row.id AND r.reviewer_id = %(asker)s AND r.draft IS NOT NULL LIMIT 1
    ) AS mine ON true
    LEFT JOIN LATERAL (
        SELECT l.guest_affect FROM reviews_behaviorallabel l
        WHERE l.run_item_id = row.id AND l.status = 'saved' AND l.guest_affect <> ''
        ORDER BY l.saved_at DESC, l.id LIMIT 1
    ) AS label ON true
    LEFT JOIN LATERAL (
        SELECT coalesce(l.draft ->> 'guest_affect', l.guest_affect) AS affect
        FROM reviews_behaviorallabel l WHERE l.run_item_id = row.id
            AND l.reviewer_id = %(asker)s AND (l.status = 'draft' OR l.draft IS NOT NULL) LIMIT 1
    ) AS typed ON true
    ORDER BY row.created_at DESC, row.run DESC, row.order_index"""  # noqa: S608  (a number)


@dataclass(frozen=True, slots=True)
class Registry:
    """What the rows of a scope suggest; `is_cut` when there are more rows than are looked at."""

    scope: Scope
    rows: list[Suggested]
    summary: Summary
    is_cut: bool

    def of(self, *, dataset: str = "", lane: str = "") -> list[Suggested]:
        """The rows of a dataset, or of a lane."""
        return [
            row
            for row in self.rows
            if (not lane or row.lane == lane)
            and (not dataset or any(each.dataset == dataset for each in row.memberships))
        ]


def registry(scope: Scope, actor: Actor) -> Registry:
    """The diagnostics of the newest rows; 403 for who does not see analysis."""
    values = scope.asked() | {"most": MOST_ROWS + 1, "asker": actor.user.pk}
    found = [evidence_of(row) for row in asked(NEWEST, actor, **values)]
    is_cut, found = len(found) > MOST_ROWS, found[:MOST_ROWS]
    categories = sorted({row.category or row.run_category for row in found} - {""})
    rows = [diagnose(row, categories[:MOST_CATEGORIES]) for row in found]
    return Registry(scope, rows, summarise(rows), is_cut)


def evidence_of(row: Mapping[str, Any]) -> Evidence:
    """A row of the statement as the rules read it."""
    return Evidence(
        pk=str(row["id"]),
        public_id=row["public_id"],
        run=str(row["run"]),
        run_title=row["run_title"],
        run_status=row["status"],
        category=row["category"],
        run_category=row["run_category"],
        prompt=row["prompt"],
        response=row["response"],
        state=row["state"] or "",
        is_canon=bool(row["is_canon_candidate"]),
        saved=values_of(row["answers"]),
        draft=values_of(row["typed_answers"]),
        affect=row["guest_affect"] or "",
        affect_draft=row["affect_draft"] or "",
    )


def values_of(text: str | None) -> dict[str, Any]:
    """The values of answers as a revision or a draft holds them; flagged ones say nothing.

    JSON comes as text from statements of one's own.
    """
    answers = json.loads(text) if text else None
    if not isinstance(answers, Mapping):
        return {}
    return {
        key: held["value"]
        for key, held in answers.items()
        if isinstance(held, Mapping) and held.get("value") is not None and not held.get("flagged")
    }
