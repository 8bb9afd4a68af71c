"""Reviews to export, their exports built here and now, and what the files hold."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

from django.test import TestCase

from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor
from exports.models import Export
from exports.review_catalog import REVIEW_FORMATS, ReviewOptions
from reviews.models import Queue, QueueItem, QueueReviewer, Review, ReviewRevision, Rubric, Slot
from reviews.saving import save
from runs.models import CheckResult, Run
from tests.exports.runs_exported import content, make_example_run
from tests.reviews_made import make_queue_with_verdicts
from tests.runs_made import make_run, make_run_item

__all__ = ["content"]
SHAPE = {
    "sections": [{"key": "all", "label": "All", "criteria": [
        {"key": "helpfulness", "label": "Helpfulness", "kind": "rating", "min": 1, "max": 5,
         "required": False},
        {"key": "comment", "label": "Comment", "kind": "text", "required": False},
        {"key": "topics", "label": "Topics", "kind": "multi_choice", "required": False,
         "options": [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]},
    ]}]
}  # fmt: skip
# One whole review of the Lab, as formats.md 3.3 shows it.
LAB: dict[str, Any] = {
    "ratings.tone": 8, "ratings.usefulness": 9, "ratings.calming": 7, "ratings.naturalness": 8,
    "ratings.trust": 8, "keepTalking": "yes", "status": "pass", "priority": "low",
    "employeeReview.understoodNeed": "yes", "employeeReview.rightNextMove": "yes",
    "employeeReview.calmingEffect": "somewhat", "employeeReview.riskOrConfusion": "no",
    "employeeReview.seniorReview": False, "employeeReview.reusableLearning": True,
    "humanGuidanceEval.emotionalValidation": 4, "humanGuidanceEval.cognitiveUnderstanding": 5,
    "humanGuidanceEval.actionability": 5, "humanGuidanceEval.toneAppropriateness": 4,
    "humanGuidanceEval.authenticity": 4,
}  # fmt: skip


def built(slug: str, by: Actor, **asked: Any) -> Export:
    """Return the export once the worker has built it; `run` or `queue`, the rest are options."""
    of = {name: asked.pop(name) for name in ("run", "queue", "is_bundle") if name in asked}
    options = ReviewOptions.parse(asked)
    export, _ = Export.request_reviews(REVIEW_FORMATS[slug], options, **of, by=by)
    with TestCase.captureOnCommitCallbacks(execute=True):
        run_job(export.job_id)
    found: Export = Export.all_rows.select_related("job", "run", "queue").get(pk=export.pk)
    assert found.state == "done", found.job.error
    return found


def text_of(slug: str, by: Actor, **asked: Any) -> str:
    return content(built(slug, by, **asked)).decode()


def json_of(slug: str, by: Actor, **asked: Any) -> Any:
    return json.loads(text_of(slug, by, **asked))


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def reviewed(item: QueueItem, by: Actor, given: dict[str, Any], at: datetime | None = None) -> Any:
    """Save a review of the item by this person, at that time if one is named."""
    Slot.all_rows.get_or_create(
        queue_item=item, reviewer=by.user, defaults={"queue": item.queue, "state": "released"}
    )
    review = save(item, given, by=by)
    if at:
        Review.all_rows.filter(pk=review.pk).update(saved_at=at)
    return review


def lab(**changed: Any) -> dict[str, Any]:
    """A whole review of the Lab; names of answers with __ for the dot."""
    answers = LAB | {name.replace("__", "."): value for name, value in changed.items()}
    return {"answers": {key: {"value": value} for key, value in answers.items()}}


def make_example(owner: Actor, first: Actor, second: Actor) -> Queue:
    """The run review that formats.md 2.9 shows, by two reviewers."""
    run = make_example_run(owner)
    rubric = Rubric.create(name="Template", shape=SHAPE, by=owner)
    queue = make_queue_with_verdicts(owner=owner, run=run, rubric=rubric, reviews_per_item=2)
    for each in (first, second):
        QueueReviewer.all_rows.create(queue=queue, reviewer=each.user, is_assigned=True)
    Queue.all_rows.filter(pk=queue.pk).update(created_at=datetime(2026, 1, 16, 9, tzinfo=UTC))
    item = QueueItem.all_rows.get(queue=queue)
    includes, grammar = CheckResult.all_rows.order_by("position").values_list("pk", flat=True)
    said = [
        ({"value": "pass"}, {"value": "pass"}, {"helpfulness": {"value": 4}}, "Criteria is wrong"),
        ({"flagged": True}, {"value": "fail"}, {"comment": {"value": "Answer is fine"}}, ""),
    ]
    times = (datetime(2026, 1, 16, 10, tzinfo=UTC), datetime(2026, 1, 16, 11, 30, tzinfo=UTC))
    for by, (one, other, answers, feedback), at in zip((first, second), said, times, strict=True):
        checks = {str(includes): one, str(grammar): other}
        reviewed(item, by, {"answers": answers, "checks": checks, "feedback": feedback}, at)
    return Queue.all_rows.get(pk=queue.pk)


def make_session(owner: Actor, **fields: Any) -> tuple[Run, Queue]:
    """A Lab session of two cases, one of which got no answer, as formats.md 3.3 shows it."""
    said: dict[str, Any] = {
        "title": "Late arrivals", "status": "error", "category": "operations",
        "subcategory": "arrivals", "remote_run_id": "5d2e", "failure_type": "timeout",
    }  # fmt: skip
    run = make_run(owner=owner, **said)
    Run.all_rows.filter(pk=run.pk).update(created_at=datetime(2026, 2, 3, 7, tzinfo=UTC))
    first = make_run_item(
        run, public_id="case-001", title="Key code", prompt_locked=True,
        prompt_text="The door code fails, guests arrive at nine.",
        response="Send the backup code first, then call the locksmith.",
        finished_at=datetime(2026, 2, 3, 7, 1, tzinfo=UTC),
    )  # fmt: skip
    make_run_item(
        run, order_index=1, public_id="case-002", prompt_text="What did I forget?", response="",
        status="error", error="timeout", is_passed=False, n_checks=0, n_passed=0, n_done=0,
    )  # fmt: skip
    rubric = Rubric.of_the_product("lab-review", by=owner)
    queue = make_queue_with_verdicts(owner=owner, run=run, rubric=rubric, **fields)
    queue.reviews_auto_evals = False
    queue.save()
    QueueItem.all_rows.exclude(run_item=first).delete()
    return Run.all_rows.get(pk=run.pk), queue


def item_of(queue: Queue) -> QueueItem:
    """The first item of the queue."""
    found = QueueItem.all_rows.filter(queue=queue).order_by("position").first()
    assert found is not None
    return found


def n_revisions() -> int:
    return int(ReviewRevision.all_rows.count())
