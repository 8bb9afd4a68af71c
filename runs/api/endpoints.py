"""/api/v1/endpoints: models that answer questions; their keys are written and never read."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import (
    CHANGED_RESPONSE,
    IF_MATCH,
    PAGE_PARAMETERS,
    PAGING,
    paged,
    refuse_unknown,
    require_match,
)
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from evalplatform.scoping.managers import require_editable
from runs.api.endpoint_serializers import (
    IN_THEIR_NAMES,
    EndpointChange,
    EndpointRow,
    NewEndpoint,
    TriedRow,
    endpoint_etag,
)
from runs.endpoint_testing import try_out
from runs.models import ModelEndpoint


class EndpointPagination(ApiKeysetPagination):
    """Pages of endpoints, the newest first."""

    keys = ("created_at", "id")


class EndpointsView(ScopedAPIView):
    """Endpoints of the team that the caller may ask."""

    model = ModelEndpoint
    verbs = {"get": "see", "post": "edit_evidence"}

    @extend_schema(
        operation_id="list_endpoints",
        summary="List endpoints, the newest first",
        parameters=PAGE_PARAMETERS,
        responses={200: paged(EndpointRow)},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, PAGING)
        pages = EndpointPagination()
        rows = pages.paginate_queryset(self.rows().select_related("owner"), request, self)
        return pages.get_paginated_response(EndpointRow(rows, many=True).data)

    @extend_schema(
        operation_id="create_endpoint",
        summary="Make an endpoint; its key is sealed for the address it comes with",
        request=NewEndpoint,
        responses={201: EndpointRow},
    )
    def post(self, request: Request) -> Response:
        asked = NewEndpoint(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        try:
            key = ModelEndpoint.sealed(said.pop("key", ""), said.get("base_url", ""))
            made = ModelEndpoint.create(by=self.actor, **said, **key)
        except ValidationError as error:
            raise in_their_names(error) from error
        where = {"Location": reverse("api-endpoint", args=[made.pk])}
        return shown(made, status=201, headers=where)


class EndpointView(ScopedAPIView):
    """One endpoint."""

    model = ModelEndpoint
    verbs = {"get": "see", "patch": "edit_evidence", "delete": "edit_evidence"}

    @extend_schema(
        operation_id="get_endpoint",
        summary="One endpoint; its ETag is for If-Match",
        responses={200: EndpointRow},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return shown(self.get_row(pk=pk))

    @extend_schema(
        operation_id="change_endpoint",
        summary="Change an endpoint; another host asks for its key again",
        request=EndpointChange,
        parameters=[IF_MATCH],
        responses={200: EndpointRow, **CHANGED_RESPONSE},
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        endpoint = self.editable(pk)
        asked = EndpointChange(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        with transaction.atomic():
            require_match(request, endpoint_etag(self.locked(pk)))
            try:
                if "key" in said:
                    address = said.get("base_url", endpoint.base_url)
                    said |= ModelEndpoint.sealed(said.pop("key"), address)
                endpoint.change(by=self.actor, **said)
            except ValidationError as error:
                raise in_their_names(error) from error
        return shown(self.get_row(pk=pk))

    @extend_schema(
        operation_id="delete_endpoint",
        summary="Take an endpoint out of everybody's sight; its key is forgotten",
        request=None,
        parameters=[IF_MATCH],
        responses={204: None, **CHANGED_RESPONSE},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        endpoint = self.editable(pk)
        with transaction.atomic():
            require_match(request, endpoint_etag(self.locked(pk)))
            endpoint.delete_for_all(by=self.actor)
        return Response(status=204)

    def editable(self, pk: uuid.UUID) -> ModelEndpoint:
        """Return the endpoint: 404 for those who do not see it, 403 for those who may not change
        it."""
        endpoint: ModelEndpoint = self.get_row(pk=pk)
        require_editable(endpoint, self.actor)
        return endpoint

    def locked(self, pk: uuid.UUID) -> ModelEndpoint:
        endpoint: ModelEndpoint = self.rows().select_for_update(of=("self",)).get(pk=pk)
        return endpoint


class EndpointTestView(ScopedAPIView):
    """The test of one endpoint."""

    model = ModelEndpoint
    verbs = {"post": "run_prompts"}

    @extend_schema(
        operation_id="test_endpoint",
        summary="Ask an endpoint once and say what came of it",
        request=None,
        responses={200: TriedRow},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(TriedRow(try_out(self.get_row(pk=pk), by=self.actor)).data)


def shown(endpoint: ModelEndpoint, **told: Any) -> Response:
    """The endpoint with its ETag."""
    headers = {"ETag": endpoint_etag(endpoint)} | told.pop("headers", {})
    return Response(EndpointRow(endpoint).data, headers=headers, **told)


def in_their_names(error: ValidationError) -> ValidationError:
    """The same under the names that the API gives our fields."""
    told = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
    return ValidationError({IN_THEIR_NAMES.get(name, name): texts for name, texts in told.items()})
