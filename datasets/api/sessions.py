"""/api/v1/sessions: conversations in, and out again with their labels."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Prefetch
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.intake import SessionIntakeMixin
from datasets.api.schemas import INTAKE_REQUEST, IntakeAnswer
from datasets.api.serializers import SessionDetail, SessionRow, label_etag
from datasets.filters import NAMES, filter_sessions
from datasets.models import Message, Session
from datasets.querysets import STATUSES
from evalplatform.errors import Unavailable
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from evalplatform.scoping.patience import TooBroadError, patience

PAGING = ("page", "limit")
SINGLE = {"q": "Words in titles and messages.", "date_from": "From this day or time.",
          "date_to": "Until the end of this day, or before this time."}  # fmt: skip
CHOICES = {"status": STATUSES, "eval_ready": ("1", "0")}
FILTER_PARAMETERS = [
    OpenApiParameter(name, str, description=SINGLE[name])
    if name in SINGLE
    else OpenApiParameter(name, str, many=True, enum=CHOICES.get(name), description="Any of these.")
    for name in NAMES
]
LIMIT = {"type": "integer", "minimum": 1, "maximum": ApiKeysetPagination.largest}
PAGE_PARAMETERS = [
    OpenApiParameter("page", str, description="A token: `next` or `previous` of an answer."),
    OpenApiParameter("limit", LIMIT, description="Sessions a page, 1 to 200; 50 when left out."),
]


class SessionPagination(ApiKeysetPagination):
    """Pages newest first, by start."""

    keys = ("started_at", "id")


class SessionsView(SessionIntakeMixin, ScopedAPIView):
    """Sessions of the team that the caller may see."""

    model = Session
    verbs = {"get": "see", "post": "edit_evidence"}

    @extend_schema(
        operation_id="list_sessions",
        summary="List sessions, newest first",
        parameters=[*FILTER_PARAMETERS, *PAGE_PARAMETERS],
        responses={200: SessionPagination().get_paginated_response_schema(
            {"type": "array", "items": {"$ref": "#/components/schemas/SessionRow"}}
        )},
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """List the sessions that fit all filters; unknown parameters are refused."""
        found = filter_sessions(self.actor, request._request.GET, strict=True, also=PAGING)
        if found.errors:
            raise ValidationError(found.errors)
        pages = SessionPagination()
        try:
            with patience():
                rows = pages.paginate_queryset(listed_whole(found.qs), request, self)
        except TooBroadError as error:
            raise Unavailable("This takes too long: narrow your filter.") from error
        return pages.get_paginated_response(SessionRow(rows, many=True).data)

    @extend_schema(request=INTAKE_REQUEST, responses={200: IntakeAnswer})
    def post(self, request: Request) -> Response:
        """Store one session, or all of `{"sessions": [...]}`, or nothing when one is wrong.

        Sending a session again (same source and externalId) changes what differs and appends new
        messages; fields left out keep what is stored.
        """
        return super().post(request)


class SessionView(ScopedAPIView):
    """One session."""

    model = Session
    verbs = {"get": "see"}

    @extend_schema(
        operation_id="get_session",
        summary="One session with its messages and label",
        responses={200: SessionDetail},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Return the session; the ETag is the label's version, for `If-Match` of its PATCH."""
        messages = Prefetch("messages", Message.objects.visible_to(self.actor).order_by("position"))
        rows = self.rows().select_related("source", "label").defer("search")
        session = rows.prefetch_related(messages).filter(pk=pk).first()
        if session is None:
            raise Http404
        return Response(SessionDetail(session).data, headers={"ETag": label_etag(session)})


def listed_whole(rows: Any) -> Any:
    """Return the rows with what an API list says of them."""
    return rows.select_related("source", "label").defer("search", "participant", "session_state")
