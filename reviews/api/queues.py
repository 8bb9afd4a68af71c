"""/api/v1/queues: the queues of the team, new ones, and how one is set up."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import (
    CHANGED_RESPONSE,
    IF_MATCH,
    PAGE_PARAMETERS,
    PAGING,
    SAME_MADE,
    paged,
    refuse_unknown,
    require_match,
)
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from reviews.api.making import made_once
from reviews.api.of_queue import JOINED, OfQueue, detail_of, rows_of
from reviews.api.queue_serializers import (
    STATUSES,
    NewQueue,
    NewReviewers,
    NewStatus,
    QueueChange,
    QueueDetail,
    QueueRow,
    ReviewerRow,
    queue_etag,
)
from reviews.models import Queue, QueueReviewer, Rubric
from reviews.queueing import assign, change_queue, create_queue, locked, set_status
from reviews.reviewers import who_may_review
from reviews.rubrics.builtin import BUILT_IN
from reviews.sampling import Plan
from reviews.strata import DEFAULT, PARTS, as_sampling
from runs.api.fields import NOT_THERE, in_their_names

STATUS = OpenApiParameter("status", str, many=True, enum=STATUSES, description="Any of these.")
THEIR_NAMES = {"is_blind": "blind", "sampling": "plan"}
STEP_REFUSED = {409: OpenApiResponse(description="The queue is in a state that forbids this.")}


class QueuePagination(ApiKeysetPagination):
    """Pages of queues, the newest first."""

    keys = ("created_at", "id")


class QueuesView(ScopedAPIView):
    """Queues of the team that the caller runs or reviews."""

    model = Queue
    verbs = {"get": "see", "post": "manage_queues"}

    @extend_schema(
        operation_id="list_queues",
        summary="List queues, the newest first",
        parameters=[STATUS, *PAGE_PARAMETERS],
        responses={200: paged(QueueRow)},
    )
    def get(self, request: Request) -> Response:
        """Archived ones are listed when they are asked for by their status."""
        refuse_unknown(request, ("status", *PAGING))
        asked = request.query_params.getlist("status")
        if unknown := set(asked) - set(STATUSES):
            raise ValidationError(
                {"status": f"{min(unknown)[:40]} is none of {', '.join(STATUSES)}."}
            )
        rows = self.rows().select_related(*JOINED)
        rows = rows.filter(status__in=asked) if asked else rows.exclude(status="archived")
        pages = QueuePagination()
        found = pages.paginate_queryset(rows, request, self)
        return pages.get_paginated_response(rows_of(found, self.actor))

    @extend_schema(
        operation_id="create_queue",
        summary="Make an empty queue, a draft; then add items and open it",
        request=NewQueue,
        parameters=[SAME_MADE],
        responses={
            201: QueueDetail,
            200: QueueDetail,
            409: OpenApiResponse(description="The run has its review already, or the key is used."),
        },
    )
    def post(self, request: Request) -> Response:
        asked = NewQueue(data=request.data, context={"request": request})
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        if (said["target"] == Queue.Target.RUN_ITEM) != ("run" in said):
            raise ValidationError({"run": "Name the run for run_item, and none for session."})
        said["rubric"] = rubric_of(said["rubric"], self.actor)
        said |= sampling_of(said.pop("plan", None), said["target"])

        def make(**pk: Any) -> Queue:
            with in_their_names(THEIR_NAMES):
                return create_queue(by=self.actor, **said, **pk)

        same = {"name": said["name"], "target": said["target"]}
        queue, is_new = made_once(request, self.rows(), make, self.actor, **same)
        where = {"Location": reverse("api-queue", args=[queue.pk]), "ETag": queue_etag(queue)}
        found = self.rows().select_related(*JOINED).get(pk=queue.pk)
        status = 201 if is_new else 200
        return Response(detail_of(found, self.actor), status=status, headers=where)


class QueueView(OfQueue, ScopedAPIView):
    """One queue."""

    verbs = {"get": "see", "patch": "manage_queues"}

    @extend_schema(
        operation_id="get_queue",
        summary="One queue with one's own numbers, and all of them for who runs it",
        responses={200: QueueDetail},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return self.shown()

    @extend_schema(
        operation_id="change_queue",
        summary="Change how a queue is set up; how often an item is reviewed stays",
        request=QueueChange,
        parameters=[IF_MATCH],
        responses={200: QueueDetail, **CHANGED_RESPONSE},
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        self.require_editor()
        asked = QueueChange(data=request.data)
        asked.is_valid(raise_exception=True)
        said = dict(asked.validated_data)
        said |= sampling_of(said.pop("plan", None), self.queue.target)
        with transaction.atomic(), in_their_names(THEIR_NAMES):
            require_match(request, queue_etag(locked(self.queue, self.actor)))
            change_queue(self.queue, by=self.actor, **said)
        return self.shown()


class QueueStatusView(OfQueue, ScopedAPIView):
    """What becomes of a queue."""

    verbs = {"post": "manage_queues"}

    @extend_schema(
        operation_id="set_queue_status",
        summary="Open, pause, close or archive a queue",
        request=NewStatus,
        responses={200: QueueDetail, **STEP_REFUSED},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Active hands items out; paused takes saves only; closed nothing; archived is put away."""
        self.require_editor()
        asked = NewStatus(data=request.data)
        asked.is_valid(raise_exception=True)
        set_status(self.queue, asked.validated_data["status"], by=self.actor)
        return self.shown()


class QueueReviewersView(OfQueue, ScopedAPIView):
    """Who reviews in a queue."""

    verbs = {"get": "see", "put": "manage_queues"}

    @extend_schema(
        operation_id="list_queue_reviewers",
        summary="Who was asked to review, and who has opened the queue; one's own place for others",
        parameters=PAGE_PARAMETERS,
        responses={200: paged(ReviewerRow)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        refuse_unknown(request, PAGING)
        rows = QueueReviewer.objects.visible_to(self.actor).filter(queue=self.queue)
        pages = ReviewerPagination()
        found = pages.paginate_queryset(rows.select_related("reviewer"), request, self)
        return pages.get_paginated_response(ReviewerRow(found, many=True).data)

    @extend_schema(
        operation_id="assign_queue",
        summary="Ask these people to review and nobody else; an empty list asks everybody",
        request=NewReviewers,
        responses={200: QueueDetail},
    )
    def put(self, request: Request, pk: uuid.UUID) -> Response:
        """Who is not asked any more keeps what they have saved."""
        self.require_editor()
        asked = NewReviewers(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = set(asked.validated_data["reviewers"])
        people = [each.user for each in who_may_review(self.actor) if each.user_id in wanted]
        if len(people) != len(wanted):
            raise ValidationError({"reviewers": NOT_THERE})
        assign(self.queue, people, by=self.actor)
        return self.shown()


class ReviewerPagination(ApiKeysetPagination):
    """Pages of reviewers, the first asked first."""

    keys = ("added_at", "id")
    ascending = True


def sampling_of(plan: dict[str, Any] | None, target: str) -> dict[str, Any]:
    """The column of a plan, none when there is none. Raises ValidationError for unknown strata."""
    if plan is None:
        return {}
    strata = plan.get("strata", DEFAULT.get(target, ()))
    if unknown := set(strata) - PARTS[target].keys():
        there = ", ".join(PARTS[target])
        raise ValidationError({"plan.strata": f"{min(unknown)} is none of {there}."})
    drawn = Plan(plan.get("shares", {}), plan.get("rest", 1.0), plan.get("seed", 0))
    return {"sampling": as_sampling(drawn, strata)}


def rubric_of(named: str, actor: Actor) -> Rubric:
    """The rubric of an id or a slug. Raises ValidationError for one that is not there."""
    if named in BUILT_IN:
        return Rubric.of_the_product(named, by=actor)
    try:
        pk = uuid.UUID(named)
    except ValueError:
        pk = uuid.UUID(int=0)
    found: Rubric | None = Rubric.objects.visible_to(actor).filter(pk=pk).first()
    if found is None:
        slugs = ", ".join(BUILT_IN)
        raise ValidationError({"rubric": f"{NOT_THERE} Those of the product are {slugs}."})
    return found
