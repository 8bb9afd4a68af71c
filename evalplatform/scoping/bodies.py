"""What the bodies of API calls are declared with: nothing undeclared, no kind taken for another."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class Closed(serializers.Serializer[Any]):
    """Refuses keys that are not declared."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := set(data) - set(self.fields)):
            known = ", ".join(self.fields)
            raise serializers.ValidationError(
                {str(key)[:60]: f"There is no such key; known: {known}." for key in sorted(unknown)}
            )
        return super().to_internal_value(data)


@extend_schema_field(OpenApiTypes.BOOL)
class TrueOrFalse(serializers.Field[bool, Any, bool, Any]):
    """true or false, and no other word for it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            raise serializers.ValidationError("Write true or false.")
        return data


class Text(serializers.CharField):
    """Text as it was sent: no number becomes text, no space is cut off."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"trim_whitespace": False, "allow_blank": True} | kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            raise serializers.ValidationError("Write text.")
        return str(super().to_internal_value(data))
