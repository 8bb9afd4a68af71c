"""/api/v1/rubrics: what reviewers are asked, version by version."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import (
    CHANGED_RESPONSE,
    IF_MATCH,
    PAGE_PARAMETERS,
    PAGING,
    SAME_MADE,
    paged,
    refuse_unknown,
    require_match,
)
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from evalplatform.scoping.managers import require_editable
from reviews.api.making import made_once
from reviews.api.rubric_serializers import (
    NewRubric,
    RubricChange,
    RubricDetail,
    RubricRow,
    RubricVersionRow,
    rubric_etag,
)
from reviews.models import Rubric, RubricVersion


class RubricPagination(ApiKeysetPagination):
    """Pages of rubrics by name."""

    keys = ("name", "id")
    ascending = True


class VersionPagination(ApiKeysetPagination):
    """Pages of versions, the newest first."""

    keys = ("number", "id")


class RubricsView(ScopedAPIView):
    """Rubrics of the team."""

    model = Rubric
    verbs = {"get": "see", "post": "manage_queues"}

    @extend_schema(
        operation_id="list_rubrics",
        summary="List rubrics by name",
        parameters=PAGE_PARAMETERS,
        responses={200: paged(RubricRow)},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, PAGING)
        pages = RubricPagination()
        rows = pages.paginate_queryset(self.rows().select_related("owner"), request, self)
        return pages.get_paginated_response(RubricRow(rows, many=True).data)

    @extend_schema(
        operation_id="create_rubric",
        summary="Make a rubric",
        request=NewRubric,
        parameters=[SAME_MADE],
        responses={
            201: RubricDetail,
            200: RubricDetail,
            409: OpenApiResponse(description="The Idempotency-Key was used for another rubric."),
        },
    )
    def post(self, request: Request) -> Response:
        asked = NewRubric(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data

        def make(**pk: Any) -> Rubric:
            return Rubric.create(by=self.actor, **said, **pk)

        made, is_new = made_once(request, self.rows(), make, self.actor, name=said["name"])
        where = {"Location": reverse("api-rubric", args=[made.pk])}
        return shown(made, status=201 if is_new else 200, headers=where)


class OfRubric(ScopedAPIView):
    """A view of one rubric: 404 unless it is visible."""

    model = Rubric
    verbs = {"get": "see"}

    def editable(self, pk: uuid.UUID) -> Rubric:
        """The rubric, locked: 403 for those who may not change it."""
        require_editable(self.get_row(pk=pk), self.actor)
        found: Rubric = self.rows().select_for_update(of=("self",)).get(pk=pk)
        return found


class RubricView(OfRubric):
    """One rubric."""

    verbs = {"get": "see", "patch": "manage_queues", "delete": "manage_queues"}

    @extend_schema(
        operation_id="get_rubric",
        summary="One rubric; its ETag is for If-Match",
        responses={200: RubricDetail},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return shown(self.get_row(pk=pk))

    @extend_schema(
        operation_id="change_rubric",
        summary="Change a rubric; what was answered goes on in a new version",
        request=RubricChange,
        parameters=[IF_MATCH],
        responses={200: RubricDetail, **CHANGED_RESPONSE},
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        asked = RubricChange(data=request.data)
        with transaction.atomic():
            rubric = self.editable(pk)
            asked.is_valid(raise_exception=True)
            require_match(request, rubric_etag(rubric))
            rubric.change(by=self.actor, **asked.validated_data)
        return shown(self.get_row(pk=pk))

    @extend_schema(
        operation_id="delete_rubric",
        summary="Take a rubric out of the choice; queues that ask it keep it",
        request=None,
        parameters=[IF_MATCH],
        responses={204: None, **CHANGED_RESPONSE},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        with transaction.atomic():
            rubric = self.editable(pk)
            require_match(request, rubric_etag(rubric))
            rubric.delete_for_all(by=self.actor)
        return Response(status=204)


class RubricVersionsView(OfRubric):
    """The versions of one rubric."""

    @extend_schema(
        operation_id="list_rubric_versions",
        summary="List the versions of a rubric, the newest first",
        parameters=PAGE_PARAMETERS,
        responses={200: paged(RubricVersionRow)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        refuse_unknown(request, PAGING)
        pages = VersionPagination()
        rows = versions_of(self.get_row(pk=pk), self.actor)
        rows = pages.paginate_queryset(rows, request, self)
        return pages.get_paginated_response(RubricVersionRow(rows, many=True).data)


class RubricVersionView(OfRubric):
    """One version."""

    @extend_schema(
        operation_id="get_rubric_version",
        summary="What a rubric asked at one time",
        responses={200: RubricVersionRow},
    )
    def get(self, request: Request, pk: uuid.UUID, number: int) -> Response:
        found = versions_of(self.get_row(pk=pk), self.actor).filter(number=number).first()
        if found is None:
            raise Http404
        return Response(RubricVersionRow(found).data)


def versions_of(rubric: Rubric, actor: Any) -> Any:
    """The versions of a rubric that is visible."""
    rows = RubricVersion.objects.visible_to(actor).filter(rubric=rubric)
    return rows.select_related("created_by")


def shown(rubric: Rubric, **told: Any) -> Response:
    """The rubric with what its newest version asks, and its ETag."""
    newest = rubric.newest()
    body = {**RubricRow(rubric).data, "shape": newest.shape, "frozenAt": newest.frozen_at}
    headers = {"ETag": rubric_etag(rubric)} | told.pop("headers", {})
    return Response(body, headers=headers, **told)
