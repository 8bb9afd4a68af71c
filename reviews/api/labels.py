"""Labels through the API: of one session, or of many at once."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.serializers import SessionRow, label_etag
from datasets.api.sessions import listed_whole
from datasets.filters import as_params, filter_sessions
from datasets.models import Session
from evalplatform.jobs.api import IDEMPOTENCY_KEY, idempotency_key
from evalplatform.jobs.models import Job
from evalplatform.scoping.api import ScopedAPIView
from reviews.api.serializers import COLUMNS, BulkAnswer, BulkJobAnswer, BulkLabelInput, LabelInput
from reviews.bulk import label_many
from reviews.changes import LabelChange
from reviews.labelling import ids_of, label_session


class LabelView(ScopedAPIView):
    """The label of one session."""

    model = Session
    verbs = {"patch": "label"}

    @extend_schema(
        operation_id="label_session",
        summary="Set fields of a session's label",
        request=LabelInput,
        responses={200: SessionRow, 409: OpenApiResponse(description="Changed since If-Match.")},
        parameters=[
            OpenApiParameter(
                "If-Match", str, OpenApiParameter.HEADER,
                description="The session's ETag: 409 when a field named here has changed since.",
            )
        ],
    )  # fmt: skip
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """Set the fields named and leave the others; answers with the session."""
        session = self.get_row(pk=pk)
        version = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
        change = change_of(LabelInput(data=request.data))
        try:
            label_session(session, change, by=self.actor, version="" if version == "*" else version)
        except ValidationError as error:
            raise in_their_names(error) from error
        found = listed_whole(self.rows()).get(pk=session.pk)
        return Response(SessionRow(found).data, headers={"ETag": label_etag(found)})


class BulkLabelView(ScopedAPIView):
    """The labels of many sessions."""

    model = Session
    verbs = {"post": "label"}

    @extend_schema(
        operation_id="label_sessions",
        summary="Set fields of many sessions' labels, by ids or by filter",
        request=BulkLabelInput,
        parameters=[IDEMPOTENCY_KEY],
        responses={
            200: BulkAnswer,
            202: BulkJobAnswer,
            409: OpenApiResponse(description="The Idempotency-Key was used for another change."),
        },
    )
    def post(self, request: Request) -> Response:
        """Label the sessions with these ids, or all that fit the filter at this moment: up to 500
        at once and all together, more as a job (202) whose result says the same.
        """
        asked = BulkLabelInput(data=request.data)
        change = change_of(asked)
        find = partial(self._ids, asked.validated_data)
        key = idempotency_key(request)
        outcome = label_many(find, change, by=self.actor, key=key, asked=request.data)
        if isinstance(outcome, Job):
            where = {"Location": reverse("api-job", args=[outcome.pk])}
            answer = {"job": str(outcome.pk), "sessions": outcome.arguments["n"]}
            return Response(answer, status=202, headers=where)
        failed = [one["id"] for one in outcome.failed]
        return Response({"updated": outcome.updated, "failed": failed, "errors": outcome.failed})

    def _ids(self, asked: dict[str, Any]) -> list[uuid.UUID]:
        if "ids" in asked:
            return list(asked["ids"])
        found = filter_sessions(self.actor, as_params(asked["filter"]), strict=True)
        if found.errors:
            raise ValidationError({f"filter.{name}": text for name, text in found.errors.items()})
        return ids_of(found.qs, by=self.actor)


def change_of(asked: LabelInput) -> LabelChange:
    """Return the change of a body. Raises ValidationError with the contract's names."""
    asked.is_valid(raise_exception=True)
    try:
        return asked.change()
    except ValidationError as error:
        raise in_their_names(error) from error


def in_their_names(error: ValidationError) -> ValidationError:
    """Return the error with our fields called as the API calls them."""
    if not hasattr(error, "error_dict"):
        return error
    return ValidationError(
        {COLUMNS.get(name, name): texts for name, texts in error.message_dict.items()}
    )
