"""/api/v1/analysis/…: what owners and admins see of the whole; and the analysis of one run."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import refuse_unknown
from evalplatform.errors import Unavailable
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.patience import TooBroadError, patience
from reviews.analysis.labels import observatory
from reviews.analysis.one_run import Judged, analyse
from reviews.analysis.quality import quality_of
from reviews.analysis.registry import LANES
from reviews.analysis.registry_reading import registry
from reviews.analysis.scope import NAMES, Scope, read_scope
from reviews.analysis.team import team_review
from reviews.api.analysis_serializers import (
    ObservatoryRow,
    QualityRow,
    ReadinessRow,
    RegistryRow,
    RunAnalysisRow,
    TeamRow,
)
from runs.models import Run
from runs.views.readiness import gate_of

MOST_ROWS = 200
TOO_LONG = "This takes too long: ask for fewer days."
DAYS = [
    OpenApiParameter("date_from", {"type": "string", "format": "date"},
                     description="The first day; 90 days until `date_to` when left out."),
    OpenApiParameter("date_to", {"type": "string", "format": "date"},
                     description="The last day, counted too; today when left out."),
    OpenApiParameter("category", str, description="Rows of this category alone."),
    OpenApiParameter("source", str, description="How runs came about (`custom`, `import` …), or "
                     "`session/` and the name of where sessions come from."),
]  # fmt: skip
OF_REVIEWER = OpenApiParameter("reviewer", {"type": "string", "format": "uuid"},
                               description="What this person said alone.")  # fmt: skip


class AnalysisView(ScopedAPIView):
    """A view over some days: 400 for what is wrong with them, 503 for what takes too long."""

    model = Run
    verbs = {"get": "see_analysis"}

    def scope(self, *more: str) -> Scope:
        """What the query asks for; parameters that are not known are refused."""
        refuse_unknown(self.request, (*NAMES, *more))
        scope, faults = read_scope(self.request.query_params)
        if faults:
            raise ValidationError(faults)
        return scope


@contextmanager
def in_time() -> Iterator[None]:
    """Raise Unavailable for what the database does not count in time."""
    try:
        with patience():
            yield
    except TooBroadError as error:
        raise Unavailable(TOO_LONG) from error


class QualityView(AnalysisView):
    """The global analysis."""

    @extend_schema(
        operation_id="get_quality",
        summary="Pass rates, ratings and agreement over time, by category, source and reviewer",
        parameters=[*DAYS, OF_REVIEWER],
        responses={200: QualityRow},
    )
    def get(self, request: Request) -> Response:
        """Runs that ended, started in these days; reviews saved in them, of revealed items."""
        scope = self.scope()
        with in_time():
            found = quality_of(scope, self.actor)
        ratings = [
            {"criterion": each.criterion, "label": each.label, "n": each.n, "mean": each.mean,
             "means": each.means(scope.steps)}
            for each in found.ratings
        ]  # fmt: skip
        names = ("scope", "whole", "by_step", "by_category", "by_source", "by_reviewer")
        told = {name: getattr(found, name) for name in names} | {"ratings": ratings}
        return Response(QualityRow(told).data)


class TeamView(AnalysisView):
    """The team review."""

    @extend_schema(
        operation_id="get_team_review",
        summary="What each reviewer has done, what waits for them, pace, and own agreement",
        parameters=DAYS,
        responses={200: TeamRow},
    )
    def get(self, request: Request) -> Response:
        """Agreement is null `too_few_units` under 20 cells shared with others."""
        scope = self.scope()
        with in_time():
            return Response(TeamRow(team_review(scope, self.actor)).data)


class ObservatoryView(AnalysisView):
    """The behavioral observatory."""

    @extend_schema(
        operation_id="get_behavior",
        summary="How saved behavioral labels of the team are spread; drafts count nowhere",
        parameters=[*DAYS, OF_REVIEWER],
        responses={200: ObservatoryRow},
    )
    def get(self, request: Request) -> Response:
        scope = self.scope()
        with in_time():
            found = observatory(scope, self.actor)
        told = {name: getattr(found, name) for name in ("scope", "n_labels", "n_items")}
        told |= {
            "n_reviewers": found.n_reviewers,
            "spreads": [
                {"name": each.name, "n": each.n, "mean": each.mean,
                 "counts": {str(value): n for value, n in each.counts},
                 "agreement": found.agreement[each.name]}
                for each in found.fields
            ],
            "both": [
                {"intent": intent, "guest_affect": affect, "n": n}
                for (intent, affect), n in sorted(found.pairs.items())
            ],
        }  # fmt: skip
        return Response(ObservatoryRow(told).data)


class RegistryView(AnalysisView):
    """Registry diagnostics."""

    @extend_schema(
        operation_id="get_registry",
        summary="Which datasets and lanes the evidence suggests, and why; nothing is stored",
        parameters=[
            *DAYS,
            OpenApiParameter("dataset", str, description="List the rows of this one."),
            OpenApiParameter("lane", str, enum=[lane.value for lane in LANES]),
        ],
        responses={200: RegistryRow},
    )
    def get(self, request: Request) -> Response:
        """The newest 5,000 rows are looked at; of those that match, the first 200 are listed."""
        scope = self.scope("dataset", "lane")
        lane = request.query_params.get("lane", "")
        if lane and lane not in list(LANES):
            raise ValidationError({"lane": f"Write one of {', '.join(LANES)}."})
        with in_time():
            found = registry(scope, self.actor)
        rows = found.of(dataset=request.query_params.get("dataset", ""), lane=lane)
        told = {"scope": scope, "is_cut": found.is_cut, "summary": found.summary,
                "matching": len(rows), "shown": rows[:MOST_ROWS]}  # fmt: skip
        return Response(RegistryRow(told).data)


class ReadinessView(ScopedAPIView):
    """The readiness gate."""

    model = Run
    verbs = {"get": "see_analysis"}

    @extend_schema(
        operation_id="get_readiness",
        summary="Do runs, prompts, rows, responses and reviews by one reviewer agree?",
        parameters=[
            OpenApiParameter("batch", {"type": "string", "format": "uuid"},
                             description="The runs of this batch; else all of a source."),
            OpenApiParameter("source", str, enum=Run.Source.values,
                             description="`controlled_batch` when left out."),
            OpenApiParameter("runs", {"type": "integer", "minimum": 1},
                             description="How many runs there should be; else those of the batch."),
            OpenApiParameter("reviewer", {"type": "string", "format": "uuid"},
                             description="The tested reviewer; else who has reviewed most."),
        ],
        responses={200: ReadinessRow},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ("batch", "source", "runs", "reviewer"))
        gate = gate_of(request.query_params, self.actor)
        return Response(ReadinessRow(gate.found).data)


class RunAnalysisView(ScopedAPIView):
    """One run by itself, for whoever sees it."""

    model = Run
    verbs = {"get": "see"}

    @extend_schema(
        operation_id="get_run_analysis",
        summary="How rows of a run are spread, what failed, the runs before it, what people say",
        responses={200: RunAnalysisRow},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """`people` is for who runs the review of the run, and of revealed items."""
        refuse_unknown(request, ())
        found = analyse(self.get_row(pk=pk), self.actor)
        people = found.people and {
            "queue": found.people.queue,
            "between": found.people.between,
            "criteria": [judged_told(each) for each in found.people.judged],
        }
        told = {
            "run": found.run, "durations": counted(found.seconds), "errors": counted(found.errors),
            "lengths": counted(found.lengths), "before": found.before, "people": people,
        }  # fmt: skip
        return Response(RunAnalysisRow(told).data)


def counted(pairs: list[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"label": label, "n": n} for label, n in pairs]


def judged_told(each: Judged) -> dict[str, Any]:
    """A criterion with its two parts by name."""
    names = ("criterion", "label", "n", "n_flagged", "n_judged", "n_passed", "mean")
    parts = {"passing": each.of_passed, "failing": each.of_failed}
    return {name: getattr(each, name) for name in names} | {
        name: {"judged": part[0], "passed": part[1]} for name, part in parts.items()
    }
