"""/api/v1/sessions."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.intake import SessionIntakeMixin
from datasets.api.schemas import INTAKE_REQUEST, IntakeAnswer
from datasets.models import Session
from evalplatform.scoping.api import ScopedAPIView


class SessionsView(SessionIntakeMixin, ScopedAPIView):
    """Sessions of the team that the caller may see."""

    model = Session
    verbs = {"post": "edit_evidence"}

    @extend_schema(request=INTAKE_REQUEST, responses={200: IntakeAnswer})
    def post(self, request: Request) -> Response:
        """Store one session, or all of `{"sessions": [...]}`, or nothing when one is wrong.

        Sending a session again (same source and externalId) changes what differs and appends new
        messages; fields left out keep what is stored.
        """
        return super().post(request)
