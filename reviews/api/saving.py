"""Drafts and saves of one's own review, and what came of them."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import PAGE_PARAMETERS, PAGING, paged, refuse_unknown
from evalplatform.errors import RowsRefusedError, TooLarge
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from reviews.api.desk_telling import draft_told
from reviews.api.of_queue import OfGiven
from reviews.api.review_serializers import (
    Draft,
    DraftKept,
    DraftRow,
    ReviewDetail,
    ReviewRow,
    Save,
)
from reviews.claiming import require_token
from reviews.desk import saved_answers
from reviews.models import Review, ReviewRevision
from reviews.saving import StaleDraftError, drop_draft, open_review, save, save_draft
from reviews.typed import MOST_BYTES

STALE = {409: OpenApiResponse(description="Typed on another device meanwhile: `details` has both.")}
FAULTS = {422: OpenApiResponse(description="`errors` says what is missing, by criterion.")}
QUEUE = OpenApiParameter("queue", uuid.UUID, description="Of this queue only.")


class IncompleteError(RowsRefusedError):
    """422: what is missing or wrong in a review, by the name of its criterion or check."""

    status_code = 422


class DraftView(OfGiven, ScopedAPIView):
    """What is typed, until it is saved."""

    verbs = {"get": "review", "put": "review", "delete": "review"}

    @extend_schema(
        operation_id="get_draft",
        summary="What was typed and what was saved last, apart",
        responses={200: DraftRow},
    )
    def get(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        return Response(DraftRow(draft_told(self.review(), self.actor)).data)

    @extend_schema(
        operation_id="keep_draft",
        summary="Keep what is typed; `number` is that of the draft seen last",
        request=Draft,
        responses={200: DraftKept, **STALE},
    )
    def put(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        asked = Draft(data=body_of(request))
        asked.is_valid(raise_exception=True)
        number = asked.validated_data["number"]
        try:
            kept = save_draft(self.review(), asked.said, number=number, by=self.actor)
        except StaleDraftError as error:
            raise with_both(error, asked, self.actor) from error
        return Response(DraftKept({"number": kept.draft_number, "at": kept.draft_at}).data)

    @extend_schema(
        operation_id="drop_draft",
        summary="Forget what was typed since the last save",
        request=None,
        responses={200: DraftRow},
    )
    def delete(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        review = drop_draft(self.review(), by=self.actor)
        return Response(DraftRow(draft_told(review, self.actor)).data)

    def review(self) -> Review:
        """The caller's review, begun when it is not there yet."""
        return open_review(self.item, by=self.actor)


class SaveView(OfGiven, ScopedAPIView):
    """A save."""

    verbs = {"post": "review"}

    @extend_schema(
        operation_id="save_review",
        summary="Save the review whole; a late one takes a free place, or is kept as extra",
        request=Save,
        responses={200: ReviewRow, **STALE, **FAULTS},
    )
    def post(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        """What was saved before is kept as a revision."""
        asked = Save(data=body_of(request))
        asked.is_valid(raise_exception=True)
        if "token" in asked.validated_data:
            require_token(self.slot, asked.validated_data["token"])
        number = asked.validated_data.get("number")
        try:
            review = save(self.item, asked.said, by=self.actor, number=number)
        except StaleDraftError as error:
            raise with_both(error, asked, self.actor) from error
        except ValidationError as error:
            raise IncompleteError("Nothing is saved yet: see errors.", faults_of(error)) from error
        return Response(ReviewRow(review).data)


class ReviewPagination(ApiKeysetPagination):
    """Pages of reviews, the last begun first."""

    keys = ("started_at", "id")


class ReviewsView(ScopedAPIView):
    """One's own reviews."""

    model = Review
    verbs = {"get": "review"}

    @extend_schema(
        operation_id="list_own_reviews",
        summary="List one's own reviews, the last begun first",
        parameters=[QUEUE, *PAGE_PARAMETERS],
        responses={200: paged(ReviewRow)},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, ("queue", *PAGING))
        rows = self.rows().filter(reviewer=self.actor.user).select_related("queue_item")
        if "queue" in request.query_params:
            rows = rows.filter(queue=uuid_of(request.query_params["queue"]))
        pages = ReviewPagination()
        found = pages.paginate_queryset(rows, request, self)
        return pages.get_paginated_response(ReviewRow(found, many=True).data)


class ReviewView(ScopedAPIView):
    """One of one's own reviews."""

    model = Review
    verbs = {"get": "review"}

    @extend_schema(
        operation_id="get_own_review",
        summary="One's own review: draft and saved apart, and every revision",
        responses={200: ReviewDetail},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        review = self.get_row(pk=pk, reviewer=self.actor.user)
        revisions = ReviewRevision.objects.visible_to(self.actor).filter(review=review)
        review.history = revisions.order_by("-number")
        review.saved = saved_answers(review, self.actor) or None
        return Response(ReviewDetail(review).data)


def body_of(request: Request) -> Any:
    """The parsed body, if it is no larger than a review may be."""
    if int(request.headers.get("Content-Length") or 0) > MOST_BYTES:
        raise TooLarge("This is more than a review holds. Shorten your notes.")
    return request.data


def with_both(error: StaleDraftError, asked: Draft, actor: Any) -> StaleDraftError:
    """The conflict with the newest draft's number, what it holds, and what was sent."""
    review = error.review
    error.details = {
        "number": review.draft_number,
        "stored": review.draft or saved_answers(review, actor),
        "sent": asked.said,
    }
    return error


def faults_of(error: ValidationError) -> list[dict[str, Any]]:
    """What is wrong, one for each field; "" for the whole."""
    told = error.message_dict if hasattr(error, "error_dict") else {"__all__": error.messages}
    return [
        {"row": None, "column": "" if name == "__all__" else name, "message": texts[0]}
        for name, texts in told.items()
    ]


def uuid_of(text: str) -> uuid.UUID:
    """The id of a query. Raises ValidationError."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise ValidationError({"queue": "Write the id of a queue."}) from None
