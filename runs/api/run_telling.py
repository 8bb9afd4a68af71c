"""Runs told by the API: read narrowly, with what of their surroundings the caller sees."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.http import Http404
from django.urls import reverse
from rest_framework.response import Response

from datasets.formats.item_objects import check_object
from datasets.formats.items import CheckRecord
from datasets.models import Dataset
from evalplatform.jobs.api import idempotency_key
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from runs.api.fields import camel, their_name
from runs.api.run_serializers import RunDetail
from runs.making_once import make_once
from runs.models import EvaluationConfig, Run, RunBatch, RunItem
from runs.run_listing import n_pending
from runs.run_progress import Progress

if TYPE_CHECKING:
    from evalplatform.scoping.api import ScopedAPIView as View
else:
    View = object

UNFINISHED = (*Run.OPEN, Run.Status.CANCELLED)
LARGE = ("plan", "metrics", "parameters", "error_message", "error_analysis")
PLAIN = {
    "id": "id", "title": "title", "kind": "kind", "source": "source", "status": "status",
    "shared": "is_shared", "owner": "owner", "batchPosition": "batch_position", "mode": "mode",
    "category": "category", "subcategory": "subcategory", "templateKey": "template_key",
    "version": "version", "itemCount": "n_items", "createdAt": "created_at",
    "startedAt": "started_at", "completedAt": "completed_at",
}  # fmt: skip
DETAILS = {
    "parameters": "parameters", "adminBranch": "admin_branch", "engineBranch": "engine_branch",
    "remoteRunId": "remote_run_id", "errorMessage": "error_message",
    "errorAnalysis": "error_analysis", "failureType": "failure_type",
    "failureReason": "failure_reason", "failedAt": "failed_at",
}  # fmt: skip


def listed(rows: Any) -> Any:
    """Read what a list tells of runs: of their metrics the two rates, and no plan."""
    told = rows.annotate(items_rate=F("metrics__items"), checks_rate=F("metrics__checks"))
    return told.select_related("owner").defer(*LARGE)


def rows_of(runs: Iterable[Run], actor: Actor) -> list[dict[str, Any]]:
    """Runs that `listed` read, in the shape of RunRow; four more queries at the most."""
    runs = list(runs)
    left = n_pending([run.pk for run in runs if run.status in UNFINISHED], actor)
    around = {
        "dataset": seen(Dataset, actor, (run.dataset_id for run in runs)),
        "config": seen(EvaluationConfig, actor, (run.config_id for run in runs)),
        "batch": seen(RunBatch, actor, (run.batch_id for run in runs)),
    }
    return [_row(run, left.get(run.pk, 0), around) for run in runs]


def seen(model: Any, actor: Actor, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, Any]:
    """Those of these rows that the caller sees."""
    named = set(ids) - {None}
    return dict(model.objects.visible_to(actor).in_bulk(named)) if named else {}


def _row(run: Run, n_left: int, around: Mapping[str, Mapping[Any, Any]]) -> dict[str, Any]:
    batch = around["batch"].get(run.batch_id)
    return {name: getattr(run, of) for name, of in PLAIN.items()} | {
        "doneCount": run.n_items - n_left,
        "dataset": around["dataset"].get(run.dataset_id),
        "config": around["config"].get(run.config_id),
        "batch": batch.pk if batch else None,
        "items": run.items_rate,  # type: ignore[attr-defined]  # listed() reads them
        "checks": run.checks_rate,  # type: ignore[attr-defined]
    }


def progress_of(run: Run, items: Any) -> dict[str, Any]:
    """How far a run is, by three counts that indexes answer."""
    told = Progress.of(run, items)
    return {
        "status": run.status,
        "items": run.n_items,
        "done": told.n_done,
        "errors": told.n_error,
        "failed": told.n_failed,
        "completedAt": run.completed_at,
    }


def plan_object(plan: Mapping[str, Any]) -> dict[str, Any]:
    """The frozen plan with checks in the shape that datasets give them."""
    told = {their_name(name): value for name, value in plan.items()}
    checks = (CheckRecord.from_json(each) for each in plan.get("global_checks", ()))
    evaluators = [
        {their_name(name): value for name, value in each.items()}
        for each in plan.get("evaluators", ())
    ]
    return told | {"globalChecks": list(map(check_object, checks)), "evaluators": evaluators}


class TellsRuns(View):
    """A view that answers with a run."""

    def detail(self, pk: uuid.UUID) -> dict[str, Any]:
        """All of a run as it is now."""
        seen_runs = Run.objects.visible_to(self.actor).filter(pk=pk)
        run: Run | None = listed(seen_runs).defer(None).first()
        if run is None:
            raise Http404
        (row,) = rows_of([run], self.actor)
        items = RunItem.objects.visible_to(self.actor).filter(run=run)
        told = row | {name: getattr(run, of) for name, of in DETAILS.items()} | {
            "progress": progress_of(run, items),
            "metrics": camel(run.metrics),
            "plan": plan_object(run.plan),
        }  # fmt: skip
        return dict(RunDetail(told).data)

    def started(self, make: Callable[..., Run], asked: Any) -> Response:
        """Start a run, once for each Idempotency-Key; `asked` is the whole of what was asked."""
        key = idempotency_key(self.request)
        run, is_new = make_once(make, by=self.actor, key=key, asked=asked)
        where = {"Location": reverse("api-run", args=[run.pk])}
        return Response(self.detail(run.pk), status=201 if is_new else 200, headers=where)


class OfRun(TellsRuns):
    """A view under a run: 404 unless it is visible."""

    model = Run

    @cached_property
    def run(self) -> Run:
        """The run of the address, without its plan and its metrics."""
        found: Run | None = self.rows().defer(*LARGE).filter(pk=self.kwargs["pk"]).first()
        if found is None:
            raise Http404
        return found

    def require_editor(self) -> None:
        """403 for those who may see the run and not change it."""
        require_editable(self.run, self.actor)

    def items(self) -> Any:
        """The rows of the run."""
        return RunItem.objects.visible_to(self.actor).filter(run=self.run)

    def handle_exception(self, exc: Exception) -> Response:
        """A run that is deleted while something is done to it is absent."""
        return super().handle_exception(Http404() if isinstance(exc, Run.DoesNotExist) else exc)
