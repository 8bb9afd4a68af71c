"""Sessions as the API gives them: names of formats.md 1.6, times in epoch milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NO_LABEL = "none"
STATUSES = ("golden", "correct", "incorrect", "needs_review")


@extend_schema_field(OpenApiTypes.INT64)
class EpochMilliseconds(serializers.Field[datetime, Any, int, Any]):
    """A moment as whole milliseconds since 1970."""

    def to_representation(self, value: datetime) -> int:
        return (value - EPOCH) // timedelta(milliseconds=1)


@extend_schema_field({"type": "object", "additionalProperties": True})
class Data(serializers.Field[Any, Any, Any, Any]):
    """JSON as it is stored."""

    def to_representation(self, value: Any) -> Any:
        return value


class LabelField(serializers.Field[Any, Any, Any, Any]):
    """One field of the session's label, or what a session without a label says."""

    def __init__(self, name: str, absent: Any = None, **kwargs: Any) -> None:
        self.name, self.absent = name, absent
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, session: Any) -> Any:
        label = label_or_none(session)
        value = self.absent if label is None else getattr(label, self.name)
        return (
            (value - EPOCH) // timedelta(milliseconds=1) if isinstance(value, datetime) else value
        )


@extend_schema_field(OpenApiTypes.BOOL)
class LabelFlag(LabelField):
    pass


@extend_schema_field({"type": "string", "enum": [*STATUSES, None], "nullable": True})
class LabelStatus(LabelField):
    pass


@extend_schema_field(OpenApiTypes.STR)
class LabelText(LabelField):
    pass


@extend_schema_field({"type": "string", "nullable": True})
class LabelOptionalText(LabelField):
    pass


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class LabelTexts(LabelField):
    pass


@extend_schema_field({"type": "integer", "format": "int64", "nullable": True})
class LabelMoment(LabelField):
    pass


class SessionRow(serializers.Serializer[Any]):
    """A session in a list, with its label; empty texts say that nothing was sent."""

    id = serializers.UUIDField()
    externalId = serializers.CharField(source="external_id")  # noqa: N815 - the contract's names
    source = serializers.CharField(source="source.name")  # type: ignore[assignment]
    title = serializers.CharField()
    projectPath = serializers.CharField(source="project_path")  # noqa: N815
    projectName = serializers.CharField(source="project_name")  # noqa: N815
    model = serializers.CharField()
    provider = serializers.CharField()
    channel = serializers.CharField()
    participant = serializers.CharField(source="participant_identifier")
    tags = serializers.ListField(child=serializers.CharField())
    promptTokens = serializers.IntegerField(source="prompt_tokens", allow_null=True)  # noqa: N815
    completionTokens = serializers.IntegerField(  # noqa: N815
        source="completion_tokens", allow_null=True
    )
    cost = serializers.FloatField(allow_null=True)
    durationMs = serializers.IntegerField(source="duration_ms", allow_null=True)  # noqa: N815
    createdAt = EpochMilliseconds(source="started_at")  # noqa: N815
    updatedAt = EpochMilliseconds(source="updated_at")  # noqa: N815
    messageCount = serializers.IntegerField(source="n_messages")  # noqa: N815
    testCaseCount = serializers.IntegerField(source="n_pairs")  # noqa: N815
    evalReady = LabelFlag("is_eval_ready", absent=False)  # noqa: N815
    evalStatus = LabelStatus("status")  # noqa: N815
    evalNotes = LabelText("notes", absent="")  # noqa: N815
    evalTags = LabelTexts("tags", absent=[])  # noqa: N815
    expectedOutput = LabelOptionalText("expected_output")  # noqa: N815
    reviewedAt = LabelMoment("reviewed_at")  # noqa: N815


class MessageRow(serializers.Serializer[Any]):
    """A message; `position` counts from 0 in the order given."""

    position = serializers.IntegerField()
    externalId = serializers.CharField(source="external_id")  # noqa: N815
    role = serializers.ChoiceField(choices=["user", "assistant", "system", "tool", "unknown"])
    content = serializers.CharField()
    createdAt = EpochMilliseconds(source="created_at", allow_null=True)  # noqa: N815
    model = serializers.CharField()
    promptTokens = serializers.IntegerField(source="prompt_tokens", allow_null=True)  # noqa: N815
    completionTokens = serializers.IntegerField(  # noqa: N815
        source="completion_tokens", allow_null=True
    )
    tags = serializers.ListField(child=serializers.CharField())
    comments = serializers.ListField(child=serializers.CharField())
    participantData = Data(source="participant_data")  # noqa: N815
    sessionState = Data(source="session_state")  # noqa: N815
    summary = serializers.CharField()


class SessionDetail(SessionRow):
    """A session with all of its messages and what it carries along."""

    participantData = Data(source="participant")  # noqa: N815
    sessionState = Data(source="session_state")  # noqa: N815
    messages = MessageRow(many=True)


def label_or_none(session: Any) -> Any:
    """Return the session's label, None without one; no query when it was selected along."""
    return getattr(session, "label", None)


def label_etag(session: Any) -> str:
    """Return the ETag that `If-Match` of a label's PATCH takes."""
    label = label_or_none(session)
    return f'"{label.version if label else NO_LABEL}"'
