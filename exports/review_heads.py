"""What stands above the lines of a file of reviews, of the same moment as they."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max

from evalplatform.accounts.models import User
from exports.formats.review_records import HumanHead, LabHead, Question
from exports.review_lab_statements import LabPlan
from exports.review_reading import rates
from exports.review_scope import ReviewScope
from exports.review_sql import lab_keys
from reviews.lifecycle import FINALIZED, IN_REVIEW, seal_of, status_of
from reviews.models import Queue, QueueItem, QueueReviewer
from reviews.rubrics.shape import Kind, Shape
from runs.models import Run

MOST_SUSPICIOUS = 100
MODES = {Run.Source.AUTO_GENERATED: "automated", Run.Source.CONTROLLED_BATCH: "automated"}
SOURCES = {Run.Source.AUTO_GENERATED, Run.Source.CONTROLLED_BATCH}
STATUSES = {
    Run.Status.PENDING: "draft",
    Run.Status.RUNNING: "running",
    Run.Status.PAUSED: "running",
    Run.Status.CANCELLED: "failed",
}
KIND_LABELS = {
    Kind.PASS_FAIL: "Binary",
    Kind.CHOICE: "Categorical",
    Kind.MULTI_CHOICE: "Categorical",
    Kind.BOOLEAN: "Categorical",
    Kind.RATING: "Numerical",
    Kind.NUMBER: "Numerical",
    Kind.TEXT: "Free text",
}
FAILURES = ("timeout", "engine_error", "network_error", "cancelled")


def human_head(scope: ReviewScope, using: str) -> HumanHead:
    """The run's review. Who does not run it is told of no colleague."""
    queue = scope.queue
    assert queue is not None
    status, completed_at = _progress(scope, using)
    people = QueueReviewer.objects.visible_to(scope.actor).using(using)
    assigned = people.filter(queue=queue, is_assigned=True)
    if scope.is_own_only:
        assigned = assigned.filter(reviewer=scope.actor.user)
    return HumanHead(
        str(scope.run.pk) if scope.run else "",
        scope.run.title if scope.run else queue.name,
        status,
        queue.owner.email,
        queue.created_at.astimezone(UTC),
        completed_at,
        queue.reviews_per_item,
        tuple(assigned.order_by("reviewer__email").values_list("reviewer__email", flat=True)),
        *rates(scope, using),
        questions=questions(queue.rubric_version.read()),
    )


def questions(shape: Shape) -> tuple[Question, ...]:
    """Those of a rubric, as people read them in a file."""
    return tuple(
        Question(
            each.key, KIND_LABELS[each.kind], each.label or each.key, each.kind is Kind.MULTI_CHOICE
        )
        for each in shape.criteria()
    )


def _progress(scope: ReviewScope, using: str) -> tuple[str, datetime | None]:
    """Completed when every item has its reviews, or when it is closed or sealed."""
    queue = scope.queue
    assert queue is not None
    is_over = queue.is_finalized or queue.status == Queue.Status.CLOSED
    if scope.has_all and not is_over:
        items = QueueItem.objects.visible_to(scope.actor).using(using).filter(queue=queue)
        missing = items.filter(n_counted__lt=queue.reviews_per_item)
        is_over = items.exists() and not missing.exists()
    at = scope.reviews().using(using).aggregate(at=Max("saved_at"))["at"] if is_over else None
    status = "completed" if is_over else "pending"
    if queue.status == Queue.Status.ARCHIVED:
        status = "archived"
    return status, at and at.astimezone(UTC)


# --- the Lab session ------------------------------------------------------------------------------


def lab_plan(scope: ReviewScope, using: str, *, suggests: bool) -> LabPlan:
    """What the lines of the session have to know."""
    run, queue = scope.run, scope.queue
    shape = queue.rubric_version.read() if queue else None
    keys = lab_keys(shape)
    cases = scope.cases().using(using)
    names = cases.order_by().values("public_id").distinct().count()
    is_named = names == cases.count()  # else a name would stand for two cases
    return LabPlan(
        session_id=session_id(scope),
        run_id=scope.run_id,
        queue_id=queue.pk if queue else None,
        reader_id=scope.actor.user.pk,
        case_id="public_id" if is_named else "id",
        category=run.category if run else "",
        subcategory=run.subcategory if run else "",
        template_key=run.template_key if run else "",
        created_at=iso(created_at(scope)) or "",
        keys=keys,
        others=bool(shape and set(shape.by_key) - keys),
        sees_run=run is not None,
        suggests=suggests,
    )


def session_id(scope: ReviewScope) -> str:
    """The run's id; who does not see the run is told of the queue instead."""
    return str(scope.run.pk if scope.run else scope.queue and scope.queue.pk)


def created_at(scope: ReviewScope) -> datetime:
    row = scope.run or scope.queue
    assert row is not None
    at: datetime = row.created_at
    return at


def lab_head(scope: ReviewScope, using: str, *, asked_at: datetime, asked_by: User) -> LabHead:
    """The session without its cases. The time is that of the request: its file stays the same."""
    metadata = _metadata(scope, using)
    found = list(_suspicious(scope, metadata, using))
    empty = scope.cases().using(using).filter(status="success", response="")
    n_empty = empty.count()
    rows = empty.order_by("order_index").values_list("public_id", flat=True)[:MOST_SUSPICIOUS]
    found += [
        {"where": f"cases.{name}.luciaResponse", "what": "The case succeeded and says nothing."}
        for name in rows
    ]
    n_found = len(found) - len(rows) + n_empty
    return LabHead(
        iso(asked_at) or "", identity(asked_by), metadata, found[:MOST_SUSPICIOUS], n_found
    )


def _metadata(scope: ReviewScope, using: str) -> dict[str, Any]:
    run, queue = scope.run, scope.queue
    saved = scope.reviews().using(using).aggregate(at=Max("saved_at"))["at"]
    times = [created_at(scope), run and run.started_at, run and run.completed_at, saved]
    n_cases = scope.cases().using(using).count()
    status = _status(scope, using)
    failure = _failure(run) if run and status == "failed" else (None, None, None)
    source = run.source if run else ""
    return {
        "id": session_id(scope),
        "title": run.title if run else queue and queue.name,
        "mode": MODES.get(source, "manual"),  # type: ignore[call-overload]
        "runSource": source if source in SOURCES else "custom",
        "category": (run and run.category) or None,
        "subcategory": (run and run.subcategory) or None,
        "templateKey": (run and run.template_key) or None,
        "promptCount": n_cases,
        "status": status,
        "createdAt": iso(created_at(scope)),
        "updatedAt": iso(max(each for each in times if each)),
        "adminBranch": (run and run.admin_branch) or None,
        "engineBranch": (run and run.engine_branch) or None,
        "runFailureType": failure[0],
        "runFailureReason": failure[1],
        "runFailureAt": failure[2],
        "reviewLifecycle": _lifecycle(scope),
        "remoteRunId": (run and run.remote_run_id) or None,
        "ownerUserId": str(run.owner_id if run else queue and queue.owner_id),
        "ownerScopeVersion": 1,
        "localPayloadState": "full",
    }


def _status(scope: ReviewScope, using: str) -> str:
    """A session has failed when nothing of it came back; single cases fail by themselves."""
    run = scope.run
    if run is None:
        return "ready"
    if run.status == Run.Status.ERROR:
        answered = scope.cases().using(using).filter(status="success").exists()
        return "ready" if answered else "failed"
    return STATUSES.get(Run.Status(run.status), "ready")


def _failure(run: Run) -> tuple[str | None, str | None, str | None]:
    kind = run.failure_type or None
    if kind is not None and kind not in FAILURES:
        kind = "engine_error"
    return kind, run.failure_reason or None, iso(run.failed_at)


def _lifecycle(scope: ReviewScope) -> dict[str, Any]:
    queue = scope.queue
    if queue is None or not (scope.has_all or queue.is_finalized):
        return {"status": IN_REVIEW, "finalizedAt": None, "finalizedBy": None}
    status = status_of(queue)
    seal = seal_of(queue) if status == FINALIZED else None
    return {
        "status": status,
        "finalizedAt": iso(seal.finalized_at) if seal else None,
        "finalizedBy": identity(seal.finalized_by) if seal else None,
    }


def _suspicious(
    scope: ReviewScope, metadata: dict[str, Any], using: str
) -> Iterator[dict[str, str]]:
    """Nulls that should not be, but for those of cases."""
    if metadata["status"] == "failed" and metadata["runFailureType"] is None:
        yield {"where": "metadata.runFailureType", "what": "The session failed; why is not said."}
    life = metadata["reviewLifecycle"]
    if life["status"] == FINALIZED:
        for name in ("finalizedAt", "finalizedBy"):
            if life[name] is None:
                yield {
                    "where": f"metadata.reviewLifecycle.{name}",
                    "what": "The review is finalised; by whom and when is not said.",
                }


def identity(user: Any) -> dict[str, Any]:
    """The three fields of an identity."""
    return {"clerkUserId": str(user.pk), "email": user.email, "name": user.name or None}


def iso(at: datetime | None) -> str | None:
    """The time in UTC, to the millisecond."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
