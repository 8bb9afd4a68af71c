"""The shapes of the export API, as OpenAPI shows them."""

from __future__ import annotations

from rest_framework import serializers


class ErrorRowSerializer(serializers.Serializer[object]):
    """One row or field to blame."""

    row = serializers.IntegerField(allow_null=True)
    column = serializers.CharField()
    message = serializers.CharField()


class ErrorDetailSerializer(serializers.Serializer[object]):
    """What went wrong."""

    code = serializers.CharField()
    message = serializers.CharField()
    errors = ErrorRowSerializer(many=True, required=False)  # type: ignore[assignment]


class ErrorSerializer(serializers.Serializer[object]):
    """The one shape of every error."""

    error = ErrorDetailSerializer()
