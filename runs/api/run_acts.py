"""What is done to a run: pause, resume, cancel, retry, analyse."""

from __future__ import annotations

import uuid
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from evalplatform.scoping.api import ScopedAPIView
from runs import analysis, steering
from runs.api.run_serializers import RunDetail
from runs.api.run_telling import OfRun

VERBS = {"post": "run_prompts"}
ANSWERS: dict[int, Any] = {
    200: RunDetail,
    409: OpenApiResponse(description="The run is in a state in which this cannot be done."),
}


class RunPauseView(OfRun, ScopedAPIView):
    """Rest."""

    verbs = VERBS

    @extend_schema(
        operation_id="pause_run",
        summary="Let no further row begin",
        request=None,
        responses=ANSWERS,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        steering.pause(self.run, by=self.actor)
        return Response(self.detail(pk))


class RunResumeView(OfRun, ScopedAPIView):
    """Going on."""

    verbs = VERBS

    @extend_schema(
        operation_id="resume_run",
        summary="Go on with a paused run, with the rights of the caller",
        request=None,
        responses=ANSWERS,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        steering.resume(self.run, by=self.actor)
        return Response(self.detail(pk))


class RunCancelView(OfRun, ScopedAPIView):
    """An early end."""

    verbs = VERBS

    @extend_schema(
        operation_id="cancel_run",
        summary="End a run as it is; rows that were not begun stay pending",
        request=None,
        responses=ANSWERS,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        steering.cancel(self.run, by=self.actor)
        return Response(self.detail(pk))


class RunRetryView(OfRun, ScopedAPIView):
    """Failed rows again."""

    verbs = VERBS

    @extend_schema(
        operation_id="retry_run",
        summary="Redo the rows in error and the checks that could not be carried out",
        request=None,
        responses=ANSWERS,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Verdicts that there are stay, and so do overrides."""
        steering.retry_failed(self.run, by=self.actor)
        return Response(self.detail(pk))


class RunAnalyseView(OfRun, ScopedAPIView):
    """What failed, in words."""

    verbs = VERBS

    @extend_schema(
        operation_id="analyse_run",
        summary="Sum up what fails most, with examples",
        request=None,
        responses={202: RunDetail, **ANSWERS},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """`errorAnalysis` has the counted summary at once; when a model judges, 202 and the job
        that has it write one."""
        job = analysis.request(self.run, by=self.actor)
        where = {"Location": reverse("api-job", args=[job.pk])} if job else {}
        return Response(self.detail(pk), status=202 if job else 200, headers=where)
