"""/api/v1/runs/{id}/compare/{other}: what passes in one run and fails in the other, both ways."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import PAGE_PARAMETERS, paged, refuse_unknown
from evalplatform.errors import Unavailable
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.patience import TooBroadError, patience
from runs.api.run_item_serializers import STATUSES
from runs.api.run_serializers import RunRow
from runs.api.run_telling import OfRun, listed, rows_of
from runs.comparing import DIRECTIONS, PAGE, Comparison
from runs.models import Run

if TYPE_CHECKING:
    from evalplatform.scoping.api import ScopedAPIView as View
else:
    View = object

TOO_LONG = "This takes too long: try again when fewer runs are on their way."
APART = "These runs have no rows in common: choose another run of the same dataset."
SHOW = OpenApiParameter("show", str, enum=tuple(DIRECTIONS), description="`changed` when left out.")
PAGE_OF = PAGE_PARAMETERS[:1]


class ComparedCounts(serializers.Serializer[Any]):
    """Rows of each direction; `worse` passed before and fails after. A row in error fails."""

    worse = serializers.IntegerField()
    better = serializers.IntegerField()
    changed = serializers.IntegerField()
    bothPass = serializers.IntegerField(source="both_pass")  # noqa: N815
    bothFail = serializers.IntegerField(source="both_fail")  # noqa: N815
    same = serializers.IntegerField()
    unclear = serializers.IntegerField()
    onlyBefore = serializers.IntegerField(source="only_before")  # noqa: N815
    onlyAfter = serializers.IntegerField(source="only_after")  # noqa: N815


class ComparisonRow(serializers.Serializer[Any]):
    """Two runs, `before` the one that was made first, and how many rows went each way."""

    before = RunRow()
    after = RunRow()
    counts = ComparedCounts()


class ComparedSide(serializers.Serializer[Any]):
    """A row in one of the runs; `response` is its beginning."""

    id = serializers.UUIDField()
    orderIndex = serializers.IntegerField(source="order_index")  # noqa: N815
    status = serializers.ChoiceField(choices=STATUSES)
    passed = serializers.BooleanField(source="is_passed", allow_null=True)
    response = serializers.CharField(source="said")


class FlippedCheck(serializers.Serializer[Any]):
    """A check whose verdict differs; null where a run does not have it."""

    name = serializers.CharField()
    criteria = serializers.CharField()
    before = serializers.CharField(source="before.word", default=None, allow_null=True)
    after = serializers.CharField(source="after.word", default=None, allow_null=True)


class ComparedItem(serializers.Serializer[Any]):
    """One item in both runs; `otherRevision` when it was edited between them."""

    publicId = serializers.CharField(source="public_id")  # noqa: N815
    prompt = serializers.CharField(source="asked")
    before = ComparedSide(allow_null=True)
    after = ComparedSide(allow_null=True)
    otherRevision = serializers.BooleanField(source="is_other_revision")  # noqa: N815
    flips = FlippedCheck(many=True)


class OfComparison(OfRun):
    """A view of two visible runs."""

    def comparison(self) -> Comparison:
        """The runs of the address: 404 unless both are visible, 400 when they are apart."""
        other: Run = self.get_row(pk=self.kwargs["other"])
        found = Comparison.of(self.run, other, self.actor)
        if found is None:
            raise ValidationError({"other": APART})
        return found


class CompareView(OfComparison, ScopedAPIView):
    """The numbers of a comparison."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="compare_runs",
        summary="How many rows of two runs of one dataset went which way",
        responses={200: ComparisonRow},
    )
    def get(self, request: Request, pk: uuid.UUID, other: uuid.UUID) -> Response:
        found = self.comparison()
        with in_time():
            counts = found.counts()
        of_both = Run.objects.visible_to(self.actor).filter(pk__in=(pk, other))
        runs = {row["id"]: row for row in rows_of(listed(of_both), self.actor)}
        told = {"before": runs[found.before.pk], "after": runs[found.after.pk], "counts": counts}
        return Response(ComparisonRow(told).data)


class ComparedItemsView(OfComparison, ScopedAPIView):
    """The rows of a comparison."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="list_compared_items",
        summary=f"List what changed between two runs, item by item, {PAGE} a page",
        parameters=[SHOW, *PAGE_OF],
        responses={200: paged(ComparedItem)},
    )
    def get(self, request: Request, pk: uuid.UUID, other: uuid.UUID) -> Response:
        """Each item with the checks that flipped."""
        refuse_unknown(request, ("show", "page"))
        show = request.query_params.get("show", "changed")
        if show not in DIRECTIONS:
            raise ValidationError({"show": f"Write one of {', '.join(DIRECTIONS)}."})
        found = self.comparison()
        with in_time():
            page, rows = found.page(show, request.query_params.get("page", ""))
        told = ComparedItem(rows, many=True).data
        neighbours = {"next": page.older or None, "previous": page.newer or None}
        return Response({"results": told, **neighbours})


@contextmanager
def in_time() -> Iterator[None]:
    """Raise Unavailable for a comparison that the database does not make in time."""
    try:
        with patience():
            yield
    except TooBroadError as error:
        raise Unavailable(TOO_LONG) from error
