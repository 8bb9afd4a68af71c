"""What the intake takes and answers, as OpenAPI shows it; validation is the file readers' own."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

TEXT = {"type": "string"}
COUNT = {"type": "integer", "minimum": 0, "nullable": True}
TAGS = {"type": "array", "items": {"type": "string", "maxLength": 200}, "maxItems": 100}
DATA = {"type": "object", "additionalProperties": True}
MOMENT = {
    "oneOf": [{"type": "string", "format": "date-time"}, {"type": "number"}],
    "nullable": True,
    "description": "ISO 8601, or epoch milliseconds.",
}
MESSAGE = {
    "type": "object",
    "required": ["role", "content"],
    "properties": {
        "role": {"type": "string", "enum": ["user", "assistant", "system", "tool"]},
        "content": TEXT,
        "externalId": TEXT,
        "createdAt": MOMENT,
        "model": TEXT,
        "tokens": {
            "oneOf": [
                {"type": "integer", "minimum": 0},
                {"type": "object", "properties": {"prompt": COUNT, "completion": COUNT}},
            ]
        },
        "tags": TAGS,
        "comments": {"type": "array", "items": TEXT},
        "participantData": DATA,
        "sessionState": DATA,
        "summary": TEXT,
    },
}
SESSION: dict[str, Any] = {
    "type": "object",
    "required": ["externalId", "source", "messages"],
    "properties": {
        "externalId": {"type": "string", "minLength": 1, "maxLength": 256},
        "source": {"type": "string", "minLength": 1, "maxLength": 200},
        "messages": {"type": "array", "items": MESSAGE},
        "title": TEXT,
        "projectPath": TEXT,
        "projectName": TEXT,
        "model": TEXT,
        "provider": TEXT,
        "promptTokens": COUNT,
        "completionTokens": COUNT,
        "cost": {"type": "number", "minimum": 0, "nullable": True},
        "durationMs": COUNT,
        "tags": TAGS,
        "participant": {"oneOf": [TEXT, DATA]},
        "channel": TEXT,
        "sessionState": DATA,
        "createdAt": MOMENT,
    },
}
INTAKE_REQUEST = {
    "application/json": {
        "oneOf": [
            SESSION,
            {
                "type": "object",
                "required": ["sessions"],
                "properties": {"sessions": {"type": "array", "items": SESSION}},
                "additionalProperties": False,
            },
        ]
    }
}


class IntakeCounts(serializers.Serializer[Any]):
    """How many were made, changed, and left as they are."""

    inserted = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class IntakeResult(serializers.Serializer[Any]):
    """What became of one session, in the order given."""

    id = serializers.UUIDField()
    externalId = serializers.CharField()  # noqa: N815 - the name in the contract
    status = serializers.ChoiceField(choices=["inserted", "updated", "unchanged"])


class IntakeWarning(serializers.Serializer[Any]):
    """What to know although the session was taken; row is the element, from 1."""

    row = serializers.IntegerField(allow_null=True)
    column = serializers.CharField()
    message = serializers.CharField()


class IntakeAnswer(serializers.Serializer[Any]):
    """The answer of POST /api/v1/sessions."""

    sessions = IntakeCounts()
    messages = IntakeCounts()
    results = IntakeResult(many=True)
    warnings = IntakeWarning(many=True)
