"""What goes into a queue: sessions, or the answered rows of its run, as its sampling plan draws."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.filters import as_params, filter_sessions
from evalplatform.jobs.api import JobSerializer
from evalplatform.jobs.models import Job
from evalplatform.scoping.api import ScopedAPIView
from reviews.api.of_queue import OfQueue
from reviews.api.queue_serializers import AddedRow, AddedRows, AddedSessions
from reviews.api.queues import sampling_of
from reviews.models import Queue
from reviews.queue_adding import add_many, run_row_ids
from reviews.queueing import change_queue

ANSWERS: dict[int, Any] = {
    200: AddedRow,
    202: JobSerializer,
    409: OpenApiResponse(description="The queue is closed: open it before adding."),
}


class Adding(OfQueue, ScopedAPIView):
    """A view that adds to a queue."""

    verbs = {"post": "manage_queues"}
    target = ""

    def added(self, ids: Sequence[uuid.UUID], said: dict[str, Any]) -> Response:
        """Add what these ids name; 202 and the job when they are many."""
        if sampling := sampling_of(said.get("plan"), self.queue.target):
            change_queue(self.queue, by=self.actor, **sampling)
        told = add_many(self.queue, ids, by=self.actor)
        if isinstance(told, Job):
            where = {"Location": reverse("api-job", args=[told.pk])}
            return Response(JobSerializer(told).data, status=202, headers=where)
        return Response(AddedRow(told).data)

    def asked(self, kind: type[Any]) -> dict[str, Any]:
        """What the body says, of one who may change this kind of queue."""
        self.require_editor()
        asked = kind(data=self.request.data)
        asked.is_valid(raise_exception=True)
        if self.queue.target != self.target:
            takes = self.queue.get_target_display().lower()
            raise ValidationError({"target": f"This queue takes {takes} only."})
        return dict(asked.validated_data)


class QueueSessionsView(Adding):
    """Sessions into a queue."""

    target = Queue.Target.SESSION

    @extend_schema(
        operation_id="add_sessions_to_queue",
        summary="Add sessions by ids or by filter; what is there stays where it is",
        request=AddedSessions,
        responses=ANSWERS,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Asking again adds nothing: what is there already is counted."""
        said = self.asked(AddedSessions)
        return self.added(self._ids(said), said)

    def _ids(self, said: dict[str, Any]) -> list[uuid.UUID]:
        if "ids" in said:
            return list(said["ids"])
        found = filter_sessions(self.actor, as_params(said["filter"]), strict=True)
        if found.errors:
            raise ValidationError({f"filter.{name}": text for name, text in found.errors.items()})
        return list(found.qs.order_by("started_at", "id").values_list("pk", flat=True))


class QueueRowsView(Adding):
    """Rows of the queue's run into it."""

    target = Queue.Target.RUN_ITEM

    @extend_schema(
        operation_id="add_rows_to_queue",
        summary="Add the answered rows of the queue's run; what is there stays",
        request=AddedRows,
        responses=ANSWERS,
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Each row keeps the chance with which it came in. The same plan draws the same again."""
        said = self.asked(AddedRows)
        return self.added(run_row_ids(self.queue, self.actor), said)
