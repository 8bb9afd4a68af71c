"""/api/v1/queues/{id}/agreement: how far reviewers agree, as JSON, as CSV, and the items behind."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from drf_spectacular.helpers import lazy_serializer
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import PAGE_PARAMETERS, PAGING, paged, refuse_unknown
from evalplatform.scoping.api import ScopedAPIView
from reviews.api.of_queue import OfQueue
from reviews.api.queue_items import ItemPagination
from reviews.api.review_serializers import AgreementItemRow
from reviews.desk import label_of

# Named only: its dataclasses bring numpy along, which who describes nothing has no use for.
FIGURES = "reviews.api.agreement_serializers.Figures"
SAYS = (
    "Shares, coefficients and their 95 % intervals; a number that does not exist is null with a "
    "reason, never NaN. Who runs the queue is told of all its items, who only reviews of those "
    "they have done; of a blind queue nobody before an item is revealed. `filter` of a figure are "
    "the parameters of `/agreement/items`."
)


class AgreementView(OfQueue, ScopedAPIView):
    """The figures of a queue."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="get_agreement",
        summary="How far the reviewers of a queue agree, and the automatic verdicts with them",
        description=SAYS,
        responses={200: lazy_serializer(FIGURES)()},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        from reviews.figures.whole import figures_of

        refuse_unknown(request, ())
        return Response(figures_of(self.queue, by=self.actor).as_json())


class AgreementCsvView(OfQueue, ScopedAPIView):
    """The figures of a queue for a spreadsheet."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="get_agreement_csv",
        summary="The same numbers as CSV, one row a number",
        responses={(200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponse:
        from reviews.figures.as_csv import as_csv
        from reviews.figures.whole import figures_of

        refuse_unknown(request, ())
        text = as_csv(figures_of(self.queue, by=self.actor))
        name = f"agreement-{self.queue.pk}.csv"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        }
        return HttpResponse(text, content_type="text/csv; charset=utf-8", headers=headers)


class AgreementItemsView(OfQueue, ScopedAPIView):
    """The items behind a figure."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="list_agreement_items",
        summary="The items behind a figure of agreement, in the queue's order",
        parameters=[
            OpenApiParameter("cells", str, description="compared, disputed, auto_differs ..."),
            OpenApiParameter("metric", str, description="criterion:KEY or check:OPERATOR"),
            OpenApiParameter("view", str, enum=["exposed", "blind"]),
            OpenApiParameter("reviewer", str, description="Id of who rated."),
            OpenApiParameter("other", str, description="Id of a second one."),
            OpenApiParameter("value", str, description="A value of the metric that was given."),
            *PAGE_PARAMETERS,
        ],
        responses={200: paged(AgreementItemRow)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        from reviews.figures.items import FILTERS, items_behind

        refuse_unknown(request, (*FILTERS, *PAGING))
        given = request.query_params
        query = {name: given[name] for name in FILTERS if given.get(name)}
        rows = items_behind(self.queue, query, by=self.actor)
        pages = ItemPagination()
        rows = rows.select_related("session", "run_item").only(
            "key", "position", "session__title", "session__external_id", "run_item__public_id"
        )
        found = pages.paginate_queryset(rows, request, self)
        told = [
            {"key": item.key, "position": item.position, "label": label_of(item)}
            for item in found or ()
        ]
        return pages.get_paginated_response(AgreementItemRow(told, many=True).data)
