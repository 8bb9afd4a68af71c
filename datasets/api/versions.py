"""/api/v1/datasets/{id}/versions: the numbered states of a dataset, and what is between two."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.dataset_serializers import Title, VersionRow, dataset_etag
from datasets.api.item_serializers import CHECK_LIST
from datasets.api.items import IF_DATASET_MATCH, ItemPagination
from datasets.api.of_dataset import (
    CHANGED_RESPONSE,
    PAGE_PARAMETERS,
    PAGING,
    OfDataset,
    paged,
    refuse_unknown,
    require_same_dataset,
)
from datasets.api.serializers import Data
from datasets.formats.item_objects import OURS, check_object
from datasets.formats.items import CheckRecord
from datasets.models import DatasetVersion
from datasets.models.dataset import locked
from datasets.restoring import restore
from datasets.version_diff import CREATED, REMOVED, UPDATED, ItemDifference, VersionDiff
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.bodies import Closed
from evalplatform.scoping.keyset import ApiKeysetPagination

TO = OpenApiParameter(
    "to", {"type": "integer", "minimum": 1}, description="Compared with this one; else newest."
)


class VersionPagination(ApiKeysetPagination):
    """Pages of versions, newest first."""

    keys = ("number",)


class DiffPagination(ItemPagination):
    """Pages of differences, in the order of the items."""


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "required": ["before", "after"],
            "properties": {"before": {"nullable": True}, "after": {"nullable": True}},
        },
    }
)
class FieldsBetween(Data):
    """By field: before and after; null where there was or is no item."""


@extend_schema_field(
    {
        "type": "object",
        "nullable": True,
        "required": ["before", "after"],
        "properties": {"before": CHECK_LIST, "after": CHECK_LIST},
    }
)
class ChecksBetween(Data):
    """The checks on every item, before and after; null when they are the same."""


class DifferenceRow(serializers.Serializer[Any]):
    """What happened to one item."""

    id = serializers.UUIDField()
    publicId = serializers.CharField()  # noqa: N815
    kind = serializers.ChoiceField(choices=[CREATED, UPDATED, REMOVED])
    moved = serializers.BooleanField()
    fields = FieldsBetween()  # type: ignore[assignment]  # a field, not the property


DIFF_FIELDS = {
    "from": serializers.IntegerField(),
    "to": serializers.IntegerField(),
    "globalChecks": ChecksBetween(),
}


class RestoreInput(Closed):
    """What the new version is to be called."""

    title = Title(required=False)


class VersionsView(OfDataset, ScopedAPIView):
    """The versions of a dataset."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="list_versions",
        summary="List versions, newest first",
        parameters=PAGE_PARAMETERS,
        responses={200: paged(VersionRow)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        refuse_unknown(request, PAGING)
        pages = VersionPagination()
        found = self.versions().select_related("created_by").defer("global_checks")
        rows = pages.paginate_queryset(found, request, self)
        return pages.get_paginated_response(VersionRow(rows, many=True).data)


class VersionView(OfDataset, ScopedAPIView):
    """One version."""

    verbs = {"get": "see"}

    @extend_schema(operation_id="get_version", summary="One version", responses={200: VersionRow})
    def get(self, request: Request, pk: uuid.UUID, number: int) -> Response:
        """Its items are those of `/items?version=`."""
        return Response(VersionRow(self.get_version(number)).data)


class VersionDiffView(OfDataset, ScopedAPIView):
    """What is different between two versions."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="diff_versions",
        summary="What is different from this version to another: item by item, field by field",
        parameters=[TO, *PAGE_PARAMETERS],
        responses={200: paged(DifferenceRow, **DIFF_FIELDS)},
    )
    def get(self, request: Request, pk: uuid.UUID, number: int) -> Response:
        """`globalChecks` is null when both versions have the same checks on every item."""
        refuse_unknown(request, ("to", *PAGING))
        before = self.get_version(number)
        text = request.query_params.get("to", "")
        after = self.get_version(self.number_of(text) if text else self.dataset.version)
        diff = VersionDiff(self.revisions(), before.number, after.number)
        pages = DiffPagination()
        rows = pages.paginate_queryset(diff.rows(), request, self)
        answer = pages.get_paginated_response([told(each) for each in diff.of(rows)])
        answer.data |= {
            "from": before.number,
            "to": after.number,
            "globalChecks": checks_between(before, after),
        }
        return answer


class VersionRestoreView(OfDataset, ScopedAPIView):
    """The way back to an earlier version."""

    verbs = {"post": "edit_evidence"}

    @extend_schema(
        operation_id="restore_version",
        summary="Make the dataset what it was at this version, as a new version",
        request=RestoreInput,
        parameters=[IF_DATASET_MATCH],
        responses={201: VersionRow, 200: VersionRow, **CHANGED_RESPONSE},
    )
    def post(self, request: Request, pk: uuid.UUID, number: int) -> Response:
        """Nothing is lost: the versions between stay. The newest version itself is a conflict; what
        the newest version has restored already is not restored again (200)."""
        self.require_editor()
        wanted = self.get_version(number)
        asked = RestoreInput(data=request.data or {})
        asked.is_valid(raise_exception=True)
        with transaction.atomic():
            row = locked(self.dataset, self.actor)
            require_same_dataset(request, row)
            newest = self.get_version(row.version)
            if newest.restores == wanted.number:
                return Response(VersionRow(newest).data)
            title = asked.validated_data.get("title", "")
            made = restore(self.dataset, wanted.number, by=self.actor, title=title)
        dataset = self.get_row(pk=pk)
        headers = {
            "Location": reverse("api-version", args=[pk, made.number]),
            "ETag": dataset_etag(dataset),
        }
        return Response(VersionRow(made).data, status=201, headers=headers)


def told(each: ItemDifference) -> dict[str, Any]:
    """A difference as the API gives it."""
    fields = {
        OURS[name]: {"before": plain(name, before), "after": plain(name, after)}
        for name, (before, after) in each.fields.items()
    }
    item = each.item
    return {
        "id": item.key,
        "publicId": item.public_id,
        "kind": each.kind,
        "moved": each.is_moved,
        "fields": fields,
    }


def plain(name: str, value: Any) -> Any:
    """A field's value in the shape that items have."""
    if value is None:
        return None
    if name == "checks":
        return [check_object(CheckRecord.from_json(kept)) for kept in value]
    if name == "created_at":
        return serializers.DateTimeField().to_representation(value)
    return value


def checks_between(before: DatasetVersion, after: DatasetVersion) -> dict[str, Any] | None:
    """The checks on every item of both versions, None when they are the same."""
    if before.global_checks == after.global_checks:
        return None
    both = {"before": before.global_checks, "after": after.global_checks}
    return {side: plain("checks", kept) for side, kept in both.items()}
