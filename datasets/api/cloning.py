"""/api/v1/datasets/{id}/clone: sessions become items of a dataset."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.clone_writing import Wanted
from datasets.cloning import request_clone
from datasets.cloning_forms import MOST_IDS, MOST_TAGS
from datasets.filters import as_params, filter_sessions
from datasets.models import Dataset, Session
from evalplatform.accounts.roles import Verb
from evalplatform.jobs.api import IDEMPOTENCY_KEY, JobSerializer, idempotency_key
from evalplatform.scoping.api import ScopedAPIView


class MessageFilterInput(serializers.Serializer[Any]):
    """Which messages: with one of the tags, and with the text (letters as they stand, any case)."""

    tags = serializers.ListField(
        child=serializers.CharField(max_length=500), required=False, max_length=MOST_TAGS
    )
    text = serializers.CharField(required=False, max_length=500, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs.get("tags") and not attrs.get("text"):
            raise serializers.ValidationError("Name tags or a text, or leave messageFilter out.")
        return attrs


class CloneInput(serializers.Serializer[Any]):
    """Either `sessionIds` or `filter` (the parameters of the sessions list; {} is every visible
    session). With `messageFilter` only exchanges are taken of which either half fits.
    """

    sessionIds = serializers.ListField(  # noqa: N815 - the contract's names
        child=serializers.UUIDField(), required=False, max_length=MOST_IDS, allow_empty=False
    )
    filter = serializers.DictField(required=False)
    messageFilter = MessageFilterInput(required=False)  # noqa: N815

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("sessionIds" in attrs) == ("filter" in attrs):
            raise serializers.ValidationError("Give either sessionIds or filter.")
        return attrs

    @property
    def wanted(self) -> Wanted | None:
        """The message filter, None for all messages."""
        asked = self.validated_data.get("messageFilter")
        return Wanted(tuple(asked.get("tags", ())), asked.get("text", "")) if asked else None


class CloneView(ScopedAPIView):
    """Items of a dataset, made of sessions."""

    model = Dataset
    verbs = {"post": Verb.EDIT_EVIDENCE}

    @extend_schema(
        operation_id="clone_sessions",
        summary="Clone sessions into a dataset",
        request=CloneInput,
        parameters=[IDEMPOTENCY_KEY],
        responses={
            202: JobSerializer,
            409: OpenApiResponse(description="The Idempotency-Key was used for another clone."),
        },
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Clone the sessions that fit at this moment, as a job whose result counts `sessions`
        read, items `created` and those there `already`. What is in the dataset is not repeated.
        """
        dataset = self.get_row(pk=pk)
        asked = CloneInput(data=request.data)
        asked.is_valid(raise_exception=True)
        job = request_clone(
            dataset,
            self._sessions(asked.validated_data),
            wanted=asked.wanted,
            by=self.actor,
            key=idempotency_key(request),
            asked=[str(pk), request.data],
        )
        where = {"Location": reverse("api-job", args=[job.pk])}
        return Response(JobSerializer(job).data, status=202, headers=where)

    def _sessions(self, asked: dict[str, Any]) -> Any:
        if "sessionIds" in asked:
            return Session.objects.visible_to(self.actor).filter(pk__in=asked["sessionIds"])
        found = filter_sessions(self.actor, as_params(asked["filter"]), strict=True)
        if found.errors:
            raise ValidationError({f"filter.{name}": text for name, text in found.errors.items()})
        return found.qs
