"""/api/v1/queues/<id>/lifecycle, /finalise, /reopen, /seals: how a review is finished."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import PAGE_PARAMETERS, PAGING, paged, refuse_unknown
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from reviews.api.lifecycle_serializers import LifecycleRow, Reopening, SealRow, SealVerdictRow
from reviews.api.of_queue import OfQueue
from reviews.lifecycle import (
    finalise,
    gates,
    reachable,
    reopen,
    seal_of,
    status_of,
    to_finalise,
)
from reviews.models import Seal
from reviews.seal_checking import check, verdict_told

UNMET = {409: OpenApiResponse(description="A gate is not met (`details.gates`), or it is closed.")}
OPEN = {409: OpenApiResponse(description="The review is not finalised.")}


class OfReview(OfQueue):
    """A view of how a queue's review is finished: 404 unless the queue or its run is one's own."""

    def rows(self) -> Any:
        return reachable(self.actor)

    @property
    def may_finalise(self) -> bool:
        """Whether the caller is told the gates and may close the review."""
        return bool(to_finalise(self.actor).filter(pk=self.queue.pk).exists())

    def require_finaliser(self) -> None:
        """403 for those who see the queue and not how its review is finished."""
        if not self.may_finalise:
            raise PermissionDenied("Only who runs this queue or its run finalises the review.")

    def told(self) -> dict[str, Any]:
        """Where the review is now."""
        queue, seal = self.queue, seal_of(self.queue)
        return dict(
            LifecycleRow(
                {
                    "status": status_of(queue),
                    "finalizedAt": seal.finalized_at if seal else None,
                    "finalizedBy": seal.finalized_by if seal else None,
                    "gates": gates(queue) if self.may_finalise else None,
                }
            ).data
        )


class LifecycleView(OfReview, ScopedAPIView):
    """Where a review is in its life."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="get_review_lifecycle",
        summary="in_review, ready_to_finalize or finalized, and what stands in the way",
        responses={200: LifecycleRow},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """`ready_to_finalize` is computed: it is so while every gate is met."""
        return Response(self.told())


class FinaliseView(OfReview, ScopedAPIView):
    """Finalising."""

    verbs = {"post": "finalise"}

    @extend_schema(
        operation_id="finalise_review",
        summary="Close the review under a seal over all of its evidence",
        request=None,
        responses={201: SealRow, **UNMET},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """No review of it is saved any more. By who owns the queue or the run, or sees all."""
        seal = finalise(self.queue, by=self.actor)
        return Response(SealRow(seal).data, status=201)


class ReopenView(OfReview, ScopedAPIView):
    """Opening again."""

    verbs = {"post": "adjudicate"}

    @extend_schema(
        operation_id="reopen_review",
        summary="Open a finalised review again, with a reason; the seal stays in the history",
        request=Reopening,
        responses={200: LifecycleRow, **OPEN},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """What is changed then is an amendment; the next seal names the digest of this one."""
        asked = Reopening(data=request.data)
        asked.is_valid(raise_exception=True)
        reopen(self.queue, asked.validated_data["reason"], by=self.actor)
        return Response(self.told())


class SealPagination(ApiKeysetPagination):
    """Pages of seals, the newest first."""

    keys = ("number", "id")


class SealsView(OfReview, ScopedAPIView):
    """The seals of a review."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="list_seals",
        summary="Every finalisation of a review, the newest first",
        responses={200: paged(SealRow)},
        parameters=PAGE_PARAMETERS,
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        self.require_finaliser()
        refuse_unknown(request, PAGING)
        rows = Seal.objects.visible_to(self.actor).filter(queue=self.queue)
        pages = SealPagination()
        found = pages.paginate_queryset(
            rows.select_related("finalized_by", "reopened_by"), request, self
        )
        return pages.get_paginated_response(SealRow(found, many=True).data)


class CheckView(OfReview, ScopedAPIView):
    """Whether the seal is whole."""

    verbs = {"get": "see"}

    @extend_schema(
        operation_id="verify_seal",
        summary="Compare all evidence with the seals: sealed, amended or broken, and which items",
        responses={200: SealVerdictRow},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Reads everything of the queue. `none`: it was never finalised."""
        self.require_finaliser()
        return Response(SealVerdictRow(verdict_told(check(self.queue))).data)
