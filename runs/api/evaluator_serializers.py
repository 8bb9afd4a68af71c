"""Evaluators as the API takes and gives them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.api.dataset_serializers import MAX_NAME, Name, Person
from datasets.dataset_forms import MAX_DESCRIPTION
from datasets.models import Dataset
from evalplatform.accounts.models.user import refuse_hidden_characters
from evalplatform.scoping.bodies import Closed, Text, TrueOrFalse
from runs.api.fields import Prompt, Seen
from runs.judging.output_schema import MOST_CHOICES, TYPES
from runs.models import Evaluator, ModelEndpoint

KINDS = Evaluator.Kind.values
SCHEMA = {
    "type": "object",
    "description": "How the reply is read. `passes` are labels of `choices`, or a bound of a "
    "number; without it a number or label counts in no pass rate.",
    "properties": {
        "type": {"type": "string", "enum": list(TYPES)},
        "choices": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_CHOICES},
        "passes": {
            "oneOf": [
                {"type": "array", "items": {"type": "string"}},
                {
                    "type": "object",
                    "properties": {"at_least": {"type": "number"}, "at_most": {"type": "number"}},
                },
            ]
        },
    },
}


@extend_schema_field(SCHEMA)
class OutputSchema(serializers.Field[dict[str, Any], Any, Any, Any]):
    """An object; the model says what is wrong with one."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise serializers.ValidationError('Write an object, as {"type": "binary"}.')
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class EvaluatorChange(Closed):
    """What can be changed of an evaluator; what is left out stays. Its level never changes."""

    name = Name(required=False)
    description = Text(required=False, max_length=MAX_DESCRIPTION)
    kind = serializers.ChoiceField(required=False, choices=KINDS)
    prompt = Prompt(required=False)
    outputSchema = OutputSchema(required=False, source="output_schema")  # noqa: N815
    endpoint = Seen(ModelEndpoint, required=False, allow_null=True)
    category = Text(required=False, max_length=MAX_NAME, validators=[refuse_hidden_characters])
    weight = serializers.IntegerField(required=False, min_value=0, max_value=1000)
    shared = TrueOrFalse(required=False, source="is_shared")


class NewEvaluator(EvaluatorChange):
    """An evaluator to be made."""

    name = Name()
    level = serializers.ChoiceField(choices=Dataset.Level.values)


class EvaluatorRow(serializers.Serializer[Any]):
    """An evaluator; `endpoint` null is the judge of the configuration."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)
    description = serializers.CharField(read_only=True)
    level = serializers.ChoiceField(choices=Dataset.Level.values, read_only=True)
    kind = serializers.ChoiceField(choices=KINDS, read_only=True)
    prompt = serializers.CharField(read_only=True)
    outputSchema = OutputSchema(source="output_schema", read_only=True)  # noqa: N815
    endpoint = serializers.UUIDField(source="endpoint_id", allow_null=True, read_only=True)
    category = serializers.CharField(read_only=True)
    weight = serializers.IntegerField(read_only=True)
    shared = serializers.BooleanField(source="is_shared", read_only=True)
    owner = Person(read_only=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)  # noqa: N815
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)  # noqa: N815
