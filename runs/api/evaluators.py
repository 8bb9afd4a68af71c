"""/api/v1/evaluators: judges with a prompt of the team's own."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import CHANGED_RESPONSE, IF_MATCH, PAGE_PARAMETERS, paged
from datasets.models import Dataset
from evalplatform.scoping.api import ScopedAPIView
from runs.api.evaluator_serializers import EvaluatorChange, EvaluatorRow, NewEvaluator
from runs.api.fields import in_their_names
from runs.api.tools import NAME, OfTools, refuse_errors, tool_etag
from runs.models import Evaluator
from runs.tool_filters import filter_evaluators

LEVEL = OpenApiParameter("level", str, many=True, enum=Dataset.Level.values)


class EvaluatorsView(OfTools, ScopedAPIView):
    """Evaluators of the team that the caller may use."""

    model = Evaluator
    verbs = {"get": "see", "post": "edit_evidence"}

    @extend_schema(
        operation_id="list_evaluators",
        summary="List evaluators, the newest first",
        parameters=[NAME, LEVEL, *PAGE_PARAMETERS],
        responses={200: paged(EvaluatorRow)},
    )
    def get(self, request: Request) -> Response:
        found = filter_evaluators(self.rows(), self.asked(("level",)))
        refuse_errors(found.errors)
        return self.page(found.rows.select_related("owner"), EvaluatorRow)

    @extend_schema(
        operation_id="create_evaluator",
        summary="Make an evaluator; faults of its prompt are told with their place",
        request=NewEvaluator,
        responses={201: EvaluatorRow},
    )
    def post(self, request: Request) -> Response:
        said = self.taken(NewEvaluator)
        with in_their_names():
            made = Evaluator.create(by=self.actor, **said)
        where = {"Location": reverse("api-evaluator", args=[made.pk])}
        return shown(made, status=201, headers=where)


class EvaluatorView(OfTools, ScopedAPIView):
    """One evaluator."""

    model = Evaluator
    verbs = {"get": "see", "patch": "edit_evidence", "delete": "edit_evidence"}

    @extend_schema(
        operation_id="get_evaluator",
        summary="One evaluator; its ETag is for If-Match",
        responses={200: EvaluatorRow},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return shown(self.get_row(pk=pk))

    @extend_schema(
        operation_id="change_evaluator",
        summary="Change an evaluator; runs that were made keep what it was",
        request=EvaluatorChange,
        parameters=[IF_MATCH],
        responses={200: EvaluatorRow, **CHANGED_RESPONSE},
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        evaluator = self.editable(pk)
        said = self.taken(EvaluatorChange)
        with transaction.atomic(), in_their_names():
            self.matching(request, pk)
            evaluator.change(by=self.actor, **said)
        return shown(self.get_row(pk=pk))

    @extend_schema(
        operation_id="delete_evaluator",
        summary="Take an evaluator out of everybody's sight",
        request=None,
        parameters=[IF_MATCH],
        responses={204: None, **CHANGED_RESPONSE},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Configurations go on without it."""
        return self.gone(request, pk)


def shown(evaluator: Evaluator, **told: Any) -> Response:
    """The evaluator with its ETag."""
    headers = {"ETag": tool_etag(evaluator)} | told.pop("headers", {})
    return Response(EvaluatorRow(evaluator).data, headers=headers, **told)
