"""/api/v1/datasets: the datasets of the team, new ones, their settings and their end."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.dataset_serializers import (
    IN_THEIR_NAMES,
    DatasetChange,
    DatasetRow,
    NewDataset,
    dataset_etag,
)
from datasets.api.of_dataset import (
    CHANGED_RESPONSE,
    IF_MATCH,
    PAGE_PARAMETERS,
    PAGING,
    SAME_MADE,
    OfDataset,
    made_id,
    paged,
    refuse_unknown,
    require_same_dataset,
)
from datasets.dataset_filters import filter_datasets
from datasets.models import Dataset
from datasets.models.dataset import locked
from evalplatform.errors import Conflict
from evalplatform.jobs.api import idempotency_key
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination

PARAMETERS = {"name": "q", "level": "level", "owner": "owner", "shared": "shared"}
FILTERS = [
    OpenApiParameter("name", str, description="Part of the name."),
    OpenApiParameter("level", str, many=True, enum=Dataset.Level.values),
    OpenApiParameter("owner", str, many=True, description="Ids of people: any of these."),
    OpenApiParameter("shared", str, enum=("1", "0")),
]


class DatasetPagination(ApiKeysetPagination):
    """Pages of datasets, the last changed first."""

    keys = ("updated_at", "id")


class DatasetsView(ScopedAPIView):
    """Datasets of the team that the caller may see."""

    model = Dataset
    verbs = {"get": "see", "post": "edit_evidence"}

    @extend_schema(
        operation_id="list_datasets",
        summary="List datasets, the last changed first",
        parameters=[*FILTERS, *PAGE_PARAMETERS],
        responses={200: paged(DatasetRow)},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, (*PARAMETERS, *PAGING))
        asked = request._request.GET.copy()
        if "name" in asked:
            asked.setlist(PARAMETERS["name"], asked.pop("name"))
        found = filter_datasets(self.actor, asked, {})
        if found.errors:
            raise ValidationError(in_their_names(found.errors))
        pages = DatasetPagination()
        rows = pages.paginate_queryset(found.rows.select_related("owner"), request, self)
        return pages.get_paginated_response(DatasetRow(rows, many=True).data)

    @extend_schema(
        operation_id="create_dataset",
        summary="Make an empty dataset",
        request=NewDataset,
        parameters=[SAME_MADE],
        responses={
            201: DatasetRow,
            200: DatasetRow,
            409: OpenApiResponse(description="The Idempotency-Key was used for another dataset."),
        },
    )
    def post(self, request: Request) -> Response:
        asked = NewDataset(data=request.data)
        asked.is_valid(raise_exception=True)
        key = idempotency_key(request)
        pk = made_id(self.actor, key, "dataset") if key else None
        made = self._made_before(pk)
        if made is None:
            try:
                dataset = Dataset.create(**asked.validated_data, pk=pk, by=self.actor)
            except IntegrityError as error:  # the same call was quicker, or it is deleted now
                made = self._made_before(pk)
                if made is None:
                    raise Conflict("What this Idempotency-Key made is deleted.") from error
        if made and made.level != asked.validated_data["level"]:
            raise Conflict("This Idempotency-Key was used for another dataset: take another one.")
        found = made or dataset
        where = {"Location": reverse("api-dataset", args=[found.pk])}
        return shown(found, status=200 if made else 201, headers=where)

    def _made_before(self, pk: uuid.UUID | None) -> Dataset | None:
        found: Dataset | None = self.rows().filter(pk=pk).first() if pk else None
        return found


class DatasetView(OfDataset, ScopedAPIView):
    """One dataset."""

    verbs = {"get": "see", "patch": "edit_evidence", "delete": "edit_evidence"}

    @extend_schema(
        operation_id="get_dataset",
        summary="One dataset; its ETag is for If-Match",
        responses={200: DatasetRow},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return shown(self.dataset)

    @extend_schema(
        operation_id="change_dataset",
        summary="Rename, describe or share a dataset",
        request=DatasetChange,
        parameters=[IF_MATCH],
        responses={200: DatasetRow, **CHANGED_RESPONSE},
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        self.require_editor()
        asked = DatasetChange(data=request.data)
        asked.is_valid(raise_exception=True)
        with transaction.atomic():
            require_same_dataset(request, locked(self.dataset, self.actor))
            try:
                self.dataset.change(**asked.validated_data, by=self.actor)
            except ValidationError as error:
                raise ValidationError(in_their_names(error.message_dict)) from error
        return shown(self.get_row(pk=pk))

    @extend_schema(
        operation_id="delete_dataset",
        summary="Take a dataset out of everybody's sight",
        request=None,
        parameters=[IF_MATCH],
        responses={204: None, **CHANGED_RESPONSE},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Its rows stay: whoever may change it can bring it back on the pages."""
        self.require_editor()
        with transaction.atomic():
            require_same_dataset(request, locked(self.dataset, self.actor))
            self.dataset.delete_for_all(by=self.actor)
        return Response(status=204)


def shown(dataset: Dataset, **told: Any) -> Response:
    """The dataset with its ETag."""
    headers = {"ETag": dataset_etag(dataset)} | told.pop("headers", {})
    return Response(DatasetRow(dataset).data, headers=headers, **told)


def in_their_names(errors: dict[str, Any]) -> dict[str, Any]:
    """Errors under the names that the API gives our fields and parameters."""
    names = IN_THEIR_NAMES | {ours: theirs for theirs, ours in PARAMETERS.items()}
    return {names.get(name, name): texts for name, texts in errors.items()}
