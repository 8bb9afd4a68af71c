"""Endpoints as the API takes and gives them: the key goes in and never comes out."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.api.dataset_serializers import Name, Person
from evalplatform.scoping.bodies import Closed, Text, TrueOrFalse
from runs.answer_files import answers_of
from runs.models import ModelEndpoint

KINDS = ModelEndpoint.Kind.values
# What the API calls our fields.
IN_THEIR_NAMES = {
    "base_url": "baseUrl",
    "timeout_seconds": "timeoutSeconds",
    "max_attempts": "maxAttempts",
    "max_parallel": "maxParallel",
    "per_minute": "perMinute",
    "is_shared": "shared",
}


@extend_schema_field(OpenApiTypes.OBJECT)
class Parameters(serializers.Field[dict[str, Any], Any, Any, Any]):
    """An object; the model knows which parameters are sent."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError('Write an object, as {"temperature": 0}.')
        return data


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class Answers(serializers.Field[dict[str, str], Any, Any, Any]):
    """{"question": "answer"}: what a replay answers."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        if not isinstance(data, dict) or not all(isinstance(text, str) for text in data.values()):
            raise serializers.ValidationError('Write {"question": "answer"}.')
        pairs = enumerate(data.items(), start=1)
        return answers_of((place, question, answer) for place, (question, answer) in pairs)


class EndpointChange(Closed):
    """What can be changed of an endpoint; what is left out stays. An empty key removes it."""

    name = Name(required=False)
    baseUrl = Text(source="base_url", required=False, max_length=500)  # noqa: N815
    model = Text(required=False, max_length=200)
    key = Text(required=False, max_length=1000, write_only=True)
    parameters = Parameters(required=False)
    answers = Answers(required=False, write_only=True)
    timeoutSeconds = serializers.IntegerField(  # noqa: N815
        source="timeout_seconds", required=False, min_value=1, max_value=600
    )
    maxAttempts = serializers.IntegerField(  # noqa: N815
        source="max_attempts", required=False, min_value=1, max_value=10
    )
    maxParallel = serializers.IntegerField(  # noqa: N815
        source="max_parallel", required=False, min_value=1, max_value=64
    )
    perMinute = serializers.IntegerField(  # noqa: N815
        source="per_minute", required=False, allow_null=True, min_value=1, max_value=100_000
    )
    shared = TrueOrFalse(required=False, source="is_shared")


class NewEndpoint(EndpointChange):
    """An endpoint to be made; its kind is not changed here later."""

    name = Name()
    kind = serializers.ChoiceField(choices=KINDS)


class EndpointRow(serializers.Serializer[Any]):
    """An endpoint; of its key only whether there is one, for which origin, and its last letters."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    kind = serializers.ChoiceField(choices=KINDS, read_only=True)
    baseUrl = serializers.CharField(source="base_url", read_only=True)  # noqa: N815
    model = serializers.CharField(read_only=True)
    hasKey = serializers.SerializerMethodField()  # noqa: N815
    keyOrigin = serializers.CharField(source="key_origin", read_only=True)  # noqa: N815
    keyHint = serializers.CharField(source="key_hint", read_only=True)  # noqa: N815
    parameters = serializers.DictField(read_only=True)
    answerCount = serializers.SerializerMethodField()  # noqa: N815
    timeoutSeconds = serializers.IntegerField(source="timeout_seconds", read_only=True)  # noqa: N815
    maxAttempts = serializers.IntegerField(source="max_attempts", read_only=True)  # noqa: N815
    maxParallel = serializers.IntegerField(source="max_parallel", read_only=True)  # noqa: N815
    perMinute = serializers.IntegerField(  # noqa: N815
        source="per_minute", allow_null=True, read_only=True
    )
    shared = serializers.BooleanField(source="is_shared", read_only=True)
    owner = Person(read_only=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)  # noqa: N815
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)  # noqa: N815

    def get_hasKey(self, endpoint: ModelEndpoint) -> bool:  # noqa: N802
        return bool(endpoint.sealed_key)

    def get_answerCount(self, endpoint: ModelEndpoint) -> int:  # noqa: N802
        return len(endpoint.answers)


class TriedRow(serializers.Serializer[Any]):
    """What came of a test: an answer, or why there is none."""

    ok = serializers.BooleanField(source="is_ok", read_only=True)
    question = serializers.CharField(read_only=True)
    answer = serializers.CharField(read_only=True)
    error = serializers.CharField(read_only=True)
    seconds = serializers.FloatField(read_only=True)


def endpoint_etag(endpoint: ModelEndpoint) -> str:
    """The ETag that `If-Match` of changes takes."""
    return f'"{endpoint.updated_at.timestamp():.6f}"'
