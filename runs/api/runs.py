"""/api/v1/runs: the runs of the team, new ones, and one of them."""

from __future__ import annotations

import uuid
from functools import partial

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import PAGE_PARAMETERS, PAGING, paged, refuse_unknown
from evalplatform.errors import Unavailable
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from evalplatform.scoping.patience import TooBroadError, patience
from runs.api.fields import in_their_names
from runs.api.launch_serializers import Launch
from runs.api.launching import start
from runs.api.run_serializers import (
    MADE_ONCE,
    SAME_RUN,
    ProgressRow,
    RunChange,
    RunDetail,
    RunRow,
)
from runs.api.run_telling import OfRun, TellsRuns, listed, progress_of, rows_of
from runs.models import Run
from runs.run_filters import KINDS, NAMES, SOURCES, STATUSES, filter_runs

CHOICES = {"kind": tuple(KINDS), "source": tuple(SOURCES), "status": tuple(STATUSES)}
SINGLE = {
    "q": "Part of the title, category or template key.",
    "date_from": "Made from this day or time.",
    "date_to": "Made until the end of this day, or before this time.",
}
FILTERS = [
    OpenApiParameter(name, str, description=SINGLE[name])
    if name in SINGLE
    else OpenApiParameter(name, str, many=True, enum=CHOICES.get(name), description="Any of these.")
    for name in NAMES
]
TOO_BROAD = "This takes too long: narrow your filter."


class RunPagination(ApiKeysetPagination):
    """Pages of runs, the newest first."""

    keys = ("created_at", "id")


class RunsView(TellsRuns, ScopedAPIView):
    """Runs of the team that the caller may see."""

    model = Run
    verbs = {"get": "see", "post": "run_prompts"}

    @extend_schema(
        operation_id="list_runs",
        summary="List runs, the newest first",
        parameters=[*FILTERS, *PAGE_PARAMETERS],
        responses={200: paged(RunRow)},
    )
    def get(self, request: Request) -> Response:
        """List the runs that fit all filters; unknown parameters are refused."""
        refuse_unknown(request, (*NAMES, *PAGING))
        found = filter_runs(self.actor, request._request.GET, {}, {})
        if found.errors:
            raise ValidationError(found.errors)
        pages = RunPagination()
        try:
            with patience():
                rows = pages.paginate_queryset(listed(found.rows), request, self)
        except TooBroadError as error:
            raise Unavailable(TOO_BROAD) from error
        told = RunRow(rows_of(rows, self.actor), many=True)
        return pages.get_paginated_response(told.data)

    @extend_schema(
        operation_id="launch_run",
        summary="Start a run of 1 to 10 prompts, of a dataset, or of 50 prompts of templates",
        request=Launch,
        parameters=[SAME_RUN],
        responses={201: RunDetail, **MADE_ONCE},
    )
    def post(self, request: Request) -> Response:
        """The rows are worked on in the background: ask `progress` how far they are."""
        asked = Launch(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        with in_their_names({"keys": "templates.keys"}):
            make = partial(start, asked.validated_data, by=self.actor)
            return self.started(make, ["launch", request.data])


class RunView(OfRun, ScopedAPIView):
    """One run."""

    verbs = {"get": "see", "patch": "run_prompts", "delete": "run_prompts"}

    @extend_schema(
        operation_id="get_run",
        summary="One run with its numbers and its plan",
        responses={200: RunDetail},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(self.detail(pk))

    @extend_schema(
        operation_id="change_run",
        summary="Rename or share a run",
        request=RunChange,
        responses={200: RunDetail},
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        self.require_editor()
        asked = RunChange(data=request.data)
        asked.is_valid(raise_exception=True)
        with in_their_names():
            self.run.change(**asked.validated_data, by=self.actor)
        return Response(self.detail(pk))

    @extend_schema(
        operation_id="delete_run",
        summary="Take a run out of everybody's sight; an open one ends",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Its rows stay: whoever may change it can bring it back on the pages."""
        self.require_editor()
        self.run.delete_for_all(by=self.actor)
        return Response(status=204)


class RunProgressView(OfRun, ScopedAPIView):
    """How far one run is."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="get_run_progress",
        summary="How far a run is; cheap enough to ask every second",
        responses={200: ProgressRow},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(ProgressRow(progress_of(self.run, self.items())).data)
