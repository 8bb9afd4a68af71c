"""/api/v1/jobs: how far a job of the caller's is; and the key by which asking twice asks once."""

from __future__ import annotations

import uuid
from hashlib import sha256
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from evalplatform.accounts.roles import Verb
from evalplatform.jobs.models import Job
from evalplatform.scoping.api import ScopedAPIView

LONGEST_KEY = 200
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description=f"The same key gives the job there is; at most {LONGEST_KEY} characters.",
)


class JobSerializer(serializers.ModelSerializer[Job]):
    """One job: how far it is, and what it has done so far. Times are ISO 8601."""

    done = serializers.IntegerField(source="n_done")
    expected = serializers.IntegerField(source="n_expected", allow_null=True)
    result = serializers.DictField(allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    finishedAt = serializers.DateTimeField(source="finished_at", allow_null=True)  # noqa: N815

    class Meta:
        model = Job
        fields = (
            "id", "kind", "state", "done", "expected", "result", "error", "createdAt", "finishedAt"
        )  # fmt: skip
        read_only_fields = fields


class JobView(ScopedAPIView):
    """One job that the caller asked for."""

    model = Job
    verbs = {"get": Verb.SEE}

    @extend_schema(
        operation_id="v1_jobs_retrieve",
        summary="See how far a job is",
        responses={200: JobSerializer},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(JobSerializer(self.get_row(pk=pk)).data)


def idempotency_key(request: Request) -> str | None:
    """Return the caller's key, None without one; 400 for one that cannot be kept."""
    key: str | None = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if not key.strip() or len(key) > LONGEST_KEY or not key.isprintable():
        problem: Any = {"Idempotency-Key": f"Write 1 to {LONGEST_KEY} printable characters."}
        raise ValidationError(problem)
    return f"api:{sha256(key.encode()).hexdigest()}"  # pages have keys of their own
