"""Reviews of a run's rows to measure with, two of each, made by PostgreSQL itself."""

from __future__ import annotations

from typing import Any

from benchmarks.queues import make_reviewers, run
from benchmarks.runs import fill_run
from evalplatform.scoping.actor import Actor
from reviews.models import Queue, Rubric
from reviews.rubrics.shape import Kind
from runs.models import Run

ITEMS = """
INSERT INTO reviews_queueitem (key, queue_id, position, run_item_id, stratum,
    inclusion_probability, open_slots, n_counted, state, is_canon_candidate, reasons, revealed_at)
SELECT gen_random_uuid(), %(queue)s, order_index, id, '', 1, 0, 2, 'reviewed', false, '[]', now()
FROM runs_runitem WHERE run_id = %(run)s"""
REVIEWS = """
INSERT INTO reviews_review (id, queue_id, queue_item_id, reviewer_id, reviewer_kind, started_at,
    draft_number, saved_at, n_revisions, is_counted, shown)
SELECT uuidv7(), %(queue)s, q.id, r, 'human', now(), 1, now() + position * interval '1 second', 1,
    true, '{}'
FROM reviews_queueitem q, unnest(%(reviewers)s::uuid[]) r WHERE q.queue_id = %(queue)s
ORDER BY q.position"""
REVISIONS = """
INSERT INTO reviews_reviewrevision (review_id, number, saved_at, saved_by_id, answers, checks,
    feedback, exposure, is_exposed, via, request_id)
SELECT v.id, 1, v.saved_at, v.reviewer_id, %(answers)s::jsonb,
    CASE WHEN %(verdicts)s THEN (
        SELECT jsonb_object_agg(c.id, jsonb_build_object('value', c.auto_eval, 'flagged', false,
            'note', ''))
        FROM runs_checkresult c WHERE c.run_item_id = q.run_item_id) ELSE '{}' END,
    'It says what was asked for, in a tone that fits.', '{"auto_verdict": false, "suggestions":
    false, "colleagues": false, "final": false}', false, 'page', ''
FROM reviews_review v JOIN reviews_queueitem q ON q.id = v.queue_item_id
WHERE v.queue_id = %(queue)s ORDER BY q.position"""
ANSWERS = """
INSERT INTO reviews_reviewanswer (review_id, revision_id, queue_id, queue_item_id, reviewer_id,
    criterion, check_result_id, value, flagged, note, is_latest, is_first_unexposed, is_counted,
    is_rating)
SELECT v.id, n.id, v.queue_id, v.queue_item_id, v.reviewer_id, s.criterion, s.check_result,
    s.value, false, '', true, true, true, true
FROM reviews_review v JOIN reviews_reviewrevision n ON n.review_id = v.id, LATERAL (
    SELECT '' AS criterion, key::bigint AS check_result, a ->> 'value' AS value
    FROM jsonb_each(n.checks) c(key, a)
    UNION ALL SELECT key, NULL, a ->> 'value' FROM jsonb_each(n.answers) b(key, a)) s
WHERE v.queue_id = %(queue)s ORDER BY v.queue_item_id, v.id"""


def fill_reviews(owner: Actor, people: list[Actor], n_items: int, slug: str) -> Run:
    """A run of so many rows of 1 KB with three checks each, twice reviewed by that rubric."""
    import json

    row = fill_run(owner, n_items)
    rubric = Rubric.of_the_product(slug, by=owner)
    verdicts = slug != "lab-review"
    queue = Queue.all_rows.create(
        team=owner.team, owner=owner.user, name=f"Bench {slug}", target="run_item", run=row,
        status="active", rubric_version=rubric.newest(), reviews_per_item=2, n_items=n_items,
        reviews_auto_evals=verdicts,
    )  # fmt: skip
    said = {"value": None, "flagged": False, "note": ""}
    answers = {
        each.key: said | {"value": _value(each)}
        for each in rubric.newest().read().criteria()
        if each.required
    }
    told: dict[str, Any] = {"queue": queue.pk, "run": row.pk, "verdicts": verdicts}
    told["reviewers"] = [str(each.user.pk) for each in people[:2]]
    told["answers"] = json.dumps(answers)
    for statement in (ITEMS, REVIEWS, REVISIONS, ANSWERS):
        run(statement, **told)
    run("VACUUM ANALYZE")
    return row


def _value(criterion: Any) -> Any:
    if criterion.kind is Kind.BOOLEAN:
        return False
    if criterion.kind is Kind.RATING:
        return int(criterion.min) + 3
    return criterion.values[0]


__all__ = ["fill_reviews", "make_reviewers"]
