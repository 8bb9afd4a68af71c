"""Rubrics as the API takes and gives them. Times are ISO 8601."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.api.dataset_serializers import Name, Person
from datasets.api.serializers import Data
from evalplatform.scoping.bodies import Closed, Text
from reviews.models import Rubric

LONGEST = 10_000


@extend_schema_field(OpenApiTypes.OBJECT)
class ShapeField(serializers.Field[Any, Any, Any, Any]):
    """{"sections": [{"key", "label", "criteria": [{"key", "label", "kind", ...}]}]}"""

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, dict):
            raise serializers.ValidationError('Write {"sections": [...]}.')
        return data


class RubricChange(Closed):
    """What can be changed of a rubric; what is left out stays."""

    name = Name(required=False)
    description = Text(required=False, max_length=LONGEST)
    shape = ShapeField(required=False)


class NewRubric(RubricChange):
    """A rubric to be made."""

    name = Name()
    shape = ShapeField()


class RubricRow(serializers.Serializer[Any]):
    """A rubric in a list; `version` is the newest one. `slug` names those of the product."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    slug = serializers.CharField()
    version = serializers.IntegerField()
    owner = Person(read_only=True, allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    updatedAt = serializers.DateTimeField(source="updated_at")  # noqa: N815


class RubricVersionRow(serializers.Serializer[Any]):
    """What a rubric asked at one time. Once frozen by the first saved answer it never changes."""

    number = serializers.IntegerField()
    shape = Data()
    createdBy = Person(source="created_by", read_only=True, allow_null=True)  # noqa: N815
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    frozenAt = serializers.DateTimeField(source="frozen_at", allow_null=True)  # noqa: N815


class RubricDetail(RubricRow):
    """A rubric with what its newest version asks."""

    shape = Data()
    frozenAt = serializers.DateTimeField(allow_null=True)  # noqa: N815


def rubric_etag(rubric: Rubric) -> str:
    """The ETag that `If-Match` of changes takes."""
    return f'"{rubric.updated_at.timestamp():.6f}"'
