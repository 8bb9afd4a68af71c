"""/api/v1/datasets/{id}/attachments: the files of a dataset."""

from __future__ import annotations

import uuid

from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.dataset_serializers import AttachmentRow
from datasets.api.of_dataset import PAGE_PARAMETERS, PAGING, OfDataset, paged, refuse_unknown
from datasets.attachment_sending import send_attachment
from datasets.models import Attachment
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination


class AttachmentPagination(ApiKeysetPagination):
    """Pages of attachments, newest first."""

    keys = ("created_at", "id")


class AttachmentsView(OfDataset, ScopedAPIView):
    """The files of a dataset; a suite ZIP brings them in."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="list_attachments",
        summary="List the files of a dataset, newest first",
        parameters=PAGE_PARAMETERS,
        responses={200: paged(AttachmentRow)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        refuse_unknown(request, PAGING)
        pages = AttachmentPagination()
        rows = pages.paginate_queryset(self.attachments(), request, self)
        return pages.get_paginated_response(AttachmentRow(rows, many=True).data)


class AttachmentView(OfDataset, ScopedAPIView):
    """One file."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="download_attachment",
        summary="Fetch the bytes of a file",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: uuid.UUID, file: uuid.UUID) -> FileResponse:
        """Always a file to keep, whatever it holds; the audit log says who fetched it."""
        found = self.attachments().filter(pk=file).first()
        if not isinstance(found, Attachment):
            raise Http404
        return send_attachment(found, by=self.actor)
