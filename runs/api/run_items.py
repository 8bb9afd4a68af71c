"""/api/v1/runs/{id}/items: the rows of a run, the results of their checks, and overrides."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import PAGE_PARAMETERS, PAGING, paged, refuse_unknown
from evalplatform.errors import Unavailable
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from evalplatform.scoping.patience import TooBroadError, patience
from runs.api.fields import in_their_names
from runs.api.run_item_serializers import CheckResultRow, Override, RunItemDetail, RunItemRow
from runs.api.run_telling import OfRun
from runs.api.runs import TOO_BROAD
from runs.models import CheckResult, RunItem
from runs.overriding import TAKEN_BACK, VERDICTS, override
from runs.run_item_filters import NAMES, SHOWS, filter_run_items, results_of

if TYPE_CHECKING:
    from evalplatform.scoping.api import ScopedAPIView as View
else:
    View = object

CHOICES = {"show": tuple(SHOWS)}
FILTERS = [
    OpenApiParameter("q", str, description="Part of the id, title, prompt or response."),
    *(
        OpenApiParameter(name, str, many=True, enum=CHOICES.get(name), description=told)
        for name, told in NAMES.items()
        if name != "q"
    ),
]
EXPECTED = OpenApiParameter(
    "expected",
    str,
    enum=(*VERDICTS, ""),
    description='The override that you saw, "" for none: 409 when it is another one by now.',
)
OVERRIDDEN: dict[int, Any] = {
    200: CheckResultRow,
    409: OpenApiResponse(description="Somebody changed the verdict meanwhile."),
}


class RunItemPagination(ApiKeysetPagination):
    """Pages of rows in the run's order."""

    keys = ("order_index",)
    ascending = True


class CheckPagination(ApiKeysetPagination):
    """Pages of results in the order of the checks."""

    keys = ("position",)
    ascending = True


class OfRunItem(OfRun):
    """A view under a row: 404 unless it is one of the run's."""

    @cached_property
    def item(self) -> RunItem:
        """The row of the address."""
        found = self.items().select_related("item").filter(pk=self.kwargs["item"]).first()
        if not isinstance(found, RunItem):
            raise Http404
        return found

    def checks(self) -> Any:
        """The results of its checks."""
        return results_of(self.actor, self.run).filter(run_item=self.item)

    def get_check(self) -> CheckResult:
        """The result of the address, or 404."""
        rows = self.checks().select_related("edited_by")
        found = rows.filter(pk=self.kwargs["result"]).first()
        if not isinstance(found, CheckResult):
            raise Http404
        return found


class RunItemsView(OfRun, ScopedAPIView):
    """The rows of a run."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="list_run_items",
        summary="List rows in their order",
        parameters=[*FILTERS, *PAGE_PARAMETERS],
        responses={200: paged(RunItemRow)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """List the rows that fit all filters; unknown parameters are refused."""
        refuse_unknown(request, (*NAMES, *PAGING))
        results = results_of(self.actor, self.run)
        found = filter_run_items(self.items(), results, request._request.GET)
        if found.errors:
            raise ValidationError(found.errors)
        pages = RunItemPagination()
        try:
            with patience():
                rows = pages.paginate_queryset(
                    found.rows.defer("input_context", "output_context"), request, self
                )
        except TooBroadError as error:
            raise Unavailable(TOO_BROAD) from error
        return pages.get_paginated_response(RunItemRow(rows, many=True).data)


class RunItemView(OfRunItem, ScopedAPIView):
    """One row."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="get_run_item",
        summary="One row with all of its checks",
        responses={200: RunItemDetail},
    )
    def get(self, request: Request, pk: uuid.UUID, item: uuid.UUID) -> Response:
        row: Any = self.item
        row.checks = self.checks().select_related("edited_by").order_by("position")
        return Response(RunItemDetail(row).data)


class RunItemChecksView(OfRunItem, ScopedAPIView):
    """The results of one row."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="list_check_results",
        summary="List the results of a row's checks in their order",
        parameters=PAGE_PARAMETERS,
        responses={200: paged(CheckResultRow)},
    )
    def get(self, request: Request, pk: uuid.UUID, item: uuid.UUID) -> Response:
        refuse_unknown(request, PAGING)
        pages = CheckPagination()
        rows = pages.paginate_queryset(self.checks().select_related("edited_by"), request, self)
        return pages.get_paginated_response(CheckResultRow(rows, many=True).data)


class CheckResultView(OfRunItem, ScopedAPIView):
    """One result."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="get_check_result",
        summary="The result of one check",
        responses={200: CheckResultRow},
    )
    def get(self, request: Request, pk: uuid.UUID, item: uuid.UUID, result: int) -> Response:
        return Response(CheckResultRow(self.get_check()).data)


class OverrideView(OfRunItem, ScopedAPIView):
    """A person's verdict in the place of the machine's, which is kept."""

    verbs = {"put": "run_prompts", "delete": "run_prompts"}

    @extend_schema(
        operation_id="set_override",
        summary="Override a verdict, with the reason; the numbers of the run follow",
        request=Override,
        responses=OVERRIDDEN,
    )
    def put(self, request: Request, pk: uuid.UUID, item: uuid.UUID, result: int) -> Response:
        found = self.get_check()
        self.require_editor()
        asked = Override(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        return self.overridden(found, said.pop("autoEval"), **said)

    @extend_schema(
        operation_id="remove_override",
        summary="Take an override back: the machine's verdict stands again",
        request=None,
        parameters=[EXPECTED],
        responses=OVERRIDDEN,
    )
    def delete(self, request: Request, pk: uuid.UUID, item: uuid.UUID, result: int) -> Response:
        found = self.get_check()
        self.require_editor()
        refuse_unknown(request, ("expected",))
        expected = request.query_params.get("expected")
        if expected not in (None, TAKEN_BACK, *VERDICTS):
            raise ValidationError({"expected": "Write pass, fail, or nothing for none."})
        return self.overridden(found, TAKEN_BACK, expected=expected)

    def overridden(self, found: CheckResult, verdict: str, **said: Any) -> Response:
        """The result after the change."""
        with in_their_names({"verdict": "autoEval"}):
            override(found, by=self.actor, verdict=verdict, **said)
        return Response(CheckResultRow(self.get_check()).data)
