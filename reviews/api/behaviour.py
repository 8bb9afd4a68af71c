"""/api/v1/runs/{id}/items/{id}/label: behavioral labels, one's own; and how all are spread."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import PAGE_PARAMETERS, PAGING, paged, refuse_unknown
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from reviews.api.behaviour_serializers import STATUSES, DistributionRow, LabelInput, LabelRow
from reviews.api.saving import IncompleteError, faults_of
from reviews.behaviour import (
    StaleLabelError,
    drop_draft,
    labelable,
    own_label,
    save_label,
)
from reviews.behaviour_spread import distributions
from reviews.models import BehavioralLabel
from runs.api.fields import their_name
from runs.models import Run, RunItem

ANSWERS: dict[int, Any] = {
    200: LabelRow,
    409: OpenApiResponse(description="Changed on another device: `details` has the newest."),
    422: OpenApiResponse(description="`errors` says what is missing or wrong, by field."),
}
STATUS = OpenApiParameter("status", str, enum=STATUSES)


class LabelView(ScopedAPIView):
    """One's own label of a row."""

    model = RunItem
    verbs = {"get": "review", "put": "review", "delete": "review"}

    @cached_property
    def item(self) -> RunItem:
        """The row of the address: 404 for who does not see it, 403 for who may not label it."""
        run, pk = self.kwargs["pk"], self.kwargs["item"]
        found: RunItem | None = labelable(self.actor).filter(run=run, pk=pk).first()
        if found is None:
            self.get_row(run=run, pk=pk)
            raise PermissionDenied("Only who has a place on this row, or sees all, may label it.")
        return found

    @extend_schema(
        operation_id="get_own_label",
        summary="One's own behavioral label of a row; 404 before the first word",
        responses={200: LabelRow},
    )
    def get(self, request: Request, pk: uuid.UUID, item: uuid.UUID) -> Response:
        return self.shown(own_label(self.item, self.actor))

    @extend_schema(
        operation_id="set_own_label",
        summary="Keep a draft of one's label, or save it; saved again = updated",
        request=LabelInput,
        responses=ANSWERS,
    )
    def put(self, request: Request, pk: uuid.UUID, item: uuid.UUID) -> Response:
        """A draft over a saved label waits beside it and changes nothing until it is saved."""
        row = self.item
        asked = LabelInput(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        status, number = said.pop("status"), said.pop("number", None)
        try:
            save_label(row, said, status=status, number=number, by=self.actor)
        except StaleLabelError as error:
            error.details = {"stored": LabelRow(error.label).data}
            raise
        except ValidationError as error:
            faults = [each | {"column": their_name(each["column"])} for each in faults_of(error)]
            raise IncompleteError("Nothing is kept: see errors.", faults) from error
        return self.shown(own_label(row, self.actor))

    @extend_schema(
        operation_id="drop_own_label_draft",
        summary="Forget what was typed over a saved label; an unsaved one is emptied",
        request=None,
        responses={200: LabelRow},
    )
    def delete(self, request: Request, pk: uuid.UUID, item: uuid.UUID) -> Response:
        return self.shown(drop_draft(self.item, by=self.actor))

    def shown(self, label: BehavioralLabel | None) -> Response:
        """The label, or 404."""
        if label is None:
            raise Http404
        return Response(LabelRow(label).data)


class LabelPagination(ApiKeysetPagination):
    """Pages of labels, the last begun first."""

    keys = ("created_at", "id")


class LabelsView(ScopedAPIView):
    """Labels of a run: one's own, and for who sees analysis those that colleagues have saved."""

    model = Run
    verbs = {"get": "review"}

    @extend_schema(
        operation_id="list_behavioral_labels",
        summary="List labels of a run, the last begun first",
        parameters=[STATUS, *PAGE_PARAMETERS],
        responses={200: paged(LabelRow)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """A colleague's draft is nobody's."""
        refuse_unknown(request, ("status", *PAGING))
        rows = BehavioralLabel.objects.visible_to(self.actor).filter(run=pk)
        rows = rows.filter(Q(reviewer=self.actor.user) | Q(status="saved"))
        if not Run.objects.visible_to(self.actor).filter(pk=pk).exists() and not rows.exists():
            raise Http404
        status = request.query_params.get("status")
        if status not in (None, *STATUSES):
            raise ValidationError({"status": f"Write {' or '.join(STATUSES)}."})
        rows = rows.filter(status=status) if status else rows
        pages = LabelPagination()
        found = pages.paginate_queryset(rows.select_related("run"), request, self)
        for label in found:
            if label.reviewer_id != self.actor.user.pk:
                label.draft = None
        return pages.get_paginated_response(LabelRow(found, many=True).data)


class DistributionView(ScopedAPIView):
    """How labels are spread."""

    model = Run
    verbs = {"get": "see_analysis"}

    @extend_schema(
        operation_id="get_label_distribution",
        summary="How the saved labels of a run are spread; drafts count nowhere",
        responses={200: DistributionRow},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        told = asdict(distributions(self.get_row(pk=pk), self.actor))
        told["spreads"] = [
            {"name": their_name(each["name"]), "n": each["n"], "mean": each["mean"],
             "counts": {str(value): n for value, n in each["counts"]}}
            for each in told.pop("fields")
        ]  # fmt: skip
        return Response(DistributionRow(told).data)
