"""/api/v1/imports: a file of items, checked and looked at, then saved as a version or not."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.dataset_serializers import VersionRow
from datasets.api.import_serializers import (
    UPLOAD,
    ApiUploadForm,
    CommitInput,
    ImportDetail,
    ImportOptions,
    ImportRow,
)
from datasets.api.of_dataset import PAGE_PARAMETERS, PAGING, paged, refuse_unknown
from datasets.models import Dataset, DatasetImport
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination

NOT_NOW = {409: OpenApiResponse(description="The import is not in the state for this.")}
DONE: dict[int, Any] = {200: ImportDetail, **NOT_NOW}
STARTED: dict[int, Any] = {202: ImportDetail, **NOT_NOW}


class ImportPagination(ApiKeysetPagination):
    """Pages of imports, newest first."""

    keys = ("created_at", "id")


class OfImports(ScopedAPIView):
    """A view of the caller's own imports."""

    model = DatasetImport
    verbs = {"get": "see", "post": "edit_evidence"}

    def rows(self) -> Any:
        return super().rows().select_related("check_job", "commit_job")

    def get_import(self, pk: uuid.UUID) -> DatasetImport:
        """The import with its jobs, or 404."""
        found = self.rows().select_related("dataset").filter(pk=pk).first()
        if not isinstance(found, DatasetImport):
            raise Http404
        return found

    def shown(self, pk: uuid.UUID, status: int = 200) -> Response:
        """The import as it is now."""
        where = {"Location": reverse("api-import", args=[pk])} if status == 202 else {}
        return Response(ImportDetail(self.get_import(pk)).data, status=status, headers=where)


class ImportsView(OfImports):
    """Imports of files of items."""

    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="list_imports",
        summary="List one's imports, newest first",
        parameters=PAGE_PARAMETERS,
        responses={200: paged(ImportRow)},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, PAGING)
        pages = ImportPagination()
        rows = pages.paginate_queryset(self.rows(), request, self)
        return pages.get_paginated_response(ImportRow(rows, many=True).data)

    @extend_schema(
        operation_id="upload_import",
        summary="Upload a file of items and have it checked",
        request=UPLOAD,
        responses=STARTED,
    )
    def post(self, request: Request) -> Response:
        """Nothing is saved before the commit. The same file sent twice while it waits is one
        import."""
        assert request.data is not None  # read by the parser, so that a broken body is a 400
        form = ApiUploadForm(request._request, self.actor)
        row = form.save() if form.is_valid() else None
        if row is None:
            raise ValidationError(dict(form.errors.items()))
        return self.shown(row.pk, status=202)


class ImportView(OfImports):
    """One import."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="get_import",
        summary="One import: its state, and the report of its dry run",
        responses={200: ImportDetail},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return self.shown(pk)


class ImportCommitView(OfImports):
    """The commit."""

    verbs = {"post": "edit_evidence"}

    @extend_schema(
        operation_id="commit_import",
        summary="Have what the report shows saved, as one version",
        request=CommitInput,
        responses=STARTED,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Committing twice saves once."""
        row = self.get_import(pk)
        asked = CommitInput(data=request.data or {})
        asked.is_valid(raise_exception=True)
        with transaction.atomic():
            if "title" in asked.validated_data:
                row.name_version(asked.validated_data["title"], by=self.actor)
            row.commit(by=self.actor)
        return self.shown(pk, status=202)


class ImportOptionsView(OfImports):
    """Other options."""

    verbs = {"post": "edit_evidence"}

    @extend_schema(
        operation_id="set_import_options",
        summary="Have the file read otherwise, and checked anew",
        request=ImportOptions,
        responses=STARTED,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        row = self.get_import(pk)
        asked = ImportOptions(data=request.data)
        asked.is_valid(raise_exception=True)
        row.read_otherwise(dict(asked.validated_data), by=self.actor)
        return self.shown(pk, status=202)


class ImportDiscardView(OfImports):
    """The end without a trace."""

    verbs = {"post": "edit_evidence"}

    @extend_schema(
        operation_id="discard_import",
        summary="Delete the file; nothing of it is saved",
        request=None,
        responses=DONE,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        self.get_import(pk).discard(by=self.actor)
        return self.shown(pk)


class ImportUndoView(OfImports):
    """The way back."""

    verbs = {"post": "edit_evidence"}

    @extend_schema(
        operation_id="undo_import",
        summary="Restore what the dataset was before this import, as a new version",
        request=None,
        responses={201: VersionRow, **NOT_NOW},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """A conflict when the dataset has changed since."""
        row = self.get_import(pk)
        try:
            made = row.undo(by=self.actor)
        except Dataset.DoesNotExist as error:
            raise Http404 from error
        where = {"Location": reverse("api-version", args=[row.dataset_id, made.number])}
        return Response(VersionRow(made).data, status=201, headers=where)
