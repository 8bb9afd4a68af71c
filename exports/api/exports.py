"""/api/v1/exports: ask for a file, see how far it is, fetch it and its manifest."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.models import Dataset, DatasetVersion
from evalplatform.accounts.roles import Verb
from evalplatform.jobs.api import IDEMPOTENCY_KEY, idempotency_key
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.api import ScopedAPIView, ScopedViewSet
from evalplatform.scoping.managers import get_visible
from exports import sending
from exports.api.direct import MEDIA_TYPES, TheFileItself
from exports.api.serializers import ErrorSerializer, ExportRequestSerializer, ExportSerializer
from exports.catalog import FORMATS
from exports.item_catalog import ITEM_FORMATS
from exports.models import Export
from exports.review_catalog import REVIEW_FORMATS
from exports.run_catalog import RUN_FORMATS
from exports.selection import Selection
from reviews.models import Queue
from runs.models import Run

REFUSALS = {code: OpenApiResponse(ErrorSerializer) for code in (400, 401, 403, 404, 429)}
FILE: dict[Any, Any] = {
    **{(status, kind): OpenApiTypes.BINARY for status in (200, 206) for kind in MEDIA_TYPES},
    304: OpenApiResponse(description="The caller has it already (If-None-Match)."),
    416: OpenApiResponse(ErrorSerializer),
    **REFUSALS,
}
MANIFEST = {200: OpenApiTypes.OBJECT, 206: OpenApiTypes.OBJECT, **REFUSALS}


class ExportViewSet(ScopedViewSet):
    """The caller's own exports in this team."""

    verbs = {"list": Verb.EXPORT, "retrieve": Verb.EXPORT, "create": Verb.EXPORT}
    model = Export
    serializer_class = ExportSerializer

    def rows(self) -> Any:
        return super().rows().select_related("job", "exported_by", "dataset", "run", "queue")

    @extend_schema(summary="List exports, newest first", responses={200: ExportSerializer})
    def list(self, request: Request) -> Response:
        page = self.paginate_queryset(self.rows())
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(
        summary="See how far an export is", responses={200: ExportSerializer, **REFUSALS}
    )
    def retrieve(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(ExportSerializer(self._found(pk)).data)

    @extend_schema(
        summary="Ask for a file",
        request=ExportRequestSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={
            202: ExportSerializer,
            200: ExportSerializer,
            409: OpenApiResponse(ErrorSerializer),
            **REFUSALS,
        },
    )
    def create(self, request: Request) -> Response:
        asked = ExportRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        kinds = (
            (REVIEW_FORMATS, self._ask_reviews),
            (RUN_FORMATS, self._ask_run),
            (ITEM_FORMATS, self._ask_dataset),
        )
        of_kind = (ask for formats, ask in kinds if given["format"] in formats)
        ask = next(of_kind, self._ask_sessions)
        export, is_new = ask(given, idempotency_key(request))
        return Response(
            ExportSerializer(self._found(export.pk)).data,
            status=202 if is_new else 200,
            headers={"Location": reverse("api-export", args=[export.pk])},
        )

    def _ask_sessions(self, given: dict[str, Any], key: str | None) -> tuple[Export, bool]:
        selection = Selection.checked(
            self.actor,
            filters=given.get("filters"),
            session_ids=given.get("sessionIds"),
            limit=given.get("limit"),
        )
        return Export.request(
            FORMATS[given["format"]],
            given["options"],
            selection,
            is_bundle=given["bundle"],
            by=self.actor,
            idempotency_key=key,
        )

    def _ask_dataset(self, given: dict[str, Any], key: str | None) -> tuple[Export, bool]:
        dataset = get_visible(Dataset, self.actor, pk=given["dataset"])
        return Export.request_dataset(
            ITEM_FORMATS[given["format"]],
            given["options"],
            dataset,
            version=known_version(dataset, given.get("version"), self.actor),
            is_bundle=given["bundle"],
            by=self.actor,
            idempotency_key=key,
        )

    def _ask_run(self, given: dict[str, Any], key: str | None) -> tuple[Export, bool]:
        return Export.request_run(
            RUN_FORMATS[given["format"]],
            given["options"],
            get_visible(Run, self.actor, pk=given["run"]),
            is_bundle=given["bundle"],
            by=self.actor,
            idempotency_key=key,
        )

    def _ask_reviews(self, given: dict[str, Any], key: str | None) -> tuple[Export, bool]:
        models = {"run": Run, "queue": Queue}
        named = {
            name: get_visible(model, self.actor, pk=given[name])
            for name, model in models.items()
            if name in given
        }
        return Export.request_reviews(
            REVIEW_FORMATS[given["format"]],
            given["options"],
            **named,
            is_bundle=given["bundle"],
            by=self.actor,
            idempotency_key=key,
        )

    def _found(self, pk: uuid.UUID) -> Export:
        export: Export = get_object_or_404(self.rows(), pk=pk)
        return export


class ExportDownloadView(ScopedAPIView):
    """The file of an export, whole or in part."""

    verbs = {"get": Verb.EXPORT, "head": Verb.EXPORT}
    model = Export
    content_negotiation_class = TheFileItself

    @extend_schema(operation_id="v1_exports_download", summary="Fetch the file", responses=FILE)
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        return sending.send_export(request._request, self.get_row(pk=pk), by=self.actor)


class ExportManifestView(ScopedAPIView):
    """The manifest of an export: what proves that its file is whole."""

    verbs = {"get": Verb.EXPORT, "head": Verb.EXPORT}
    model = Export
    content_negotiation_class = TheFileItself

    @extend_schema(
        operation_id="v1_exports_manifest", summary="Fetch the manifest", responses=MANIFEST
    )
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        return sending.send_manifest(request._request, self.get_row(pk=pk))


def known_version(dataset: Dataset, number: int | None, actor: Actor) -> int | None:
    """Return the number of a version that there is, None for the newest; 400 for another."""
    if number is None:
        return None
    versions = DatasetVersion.objects.visible_to(actor).filter(dataset=dataset, number=number)
    if not versions.exists():
        raise ValidationError({"version": [f"The dataset has versions 1 to {dataset.version}."]})
    return number
