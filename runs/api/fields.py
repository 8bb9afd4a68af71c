"""What bodies of calls about runs name: rows the caller sees, several of them, parameters."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from rest_framework import serializers

from evalplatform.scoping.actor import Actor
from evalplatform.scoping.bodies import Closed, Text, TrueOrFalse
from evalplatform.scoping.fields import ScopedRelatedField
from runs.models import Evaluator
from runs.models.configuration import PARAMETERS

NOT_THERE = "This is not there. Choose another."
MOST_EVALUATORS = 50
LONGEST_TEXT = 100_000  # characters of a prompt
OTHERWISE = {"is_shared": "shared"}


class Seen(ScopedRelatedField):
    """The id of a row that the caller sees."""

    default_error_messages = {"does_not_exist": NOT_THERE}

    def __init__(self, model: type[models.Model] | None = None, **options: Any) -> None:
        options.setdefault("pk_field", serializers.UUIDField())
        super().__init__(model, **options)


class EvaluatorIds(serializers.ListField):
    """Ids of evaluators in their order, each once."""

    child = serializers.UUIDField()

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MOST_EVALUATORS, **options)

    def to_internal_value(self, data: Any) -> list[uuid.UUID]:
        ids: list[uuid.UUID] = super().to_internal_value(data)
        if len(set(ids)) < len(ids):
            raise serializers.ValidationError("An evaluator is named twice. Name each once.")
        return ids


class Parameters(Closed):
    """How rows are judged; what is left out stays as it is."""

    usesChecks = TrueOrFalse(required=False, source="uses_checks")  # noqa: N815
    comparesRightAnswer = TrueOrFalse(required=False, source="compares_right_answer")  # noqa: N815
    heavyweightFactor = serializers.IntegerField(  # noqa: N815
        required=False, source="heavyweight_factor", min_value=1, max_value=15
    )


class ParametersRow(serializers.Serializer[Any]):
    """How rows are judged."""

    usesChecks = serializers.BooleanField(source="uses_checks")  # noqa: N815
    comparesRightAnswer = serializers.BooleanField(source="compares_right_answer")  # noqa: N815
    heavyweightFactor = serializers.IntegerField(source="heavyweight_factor")  # noqa: N815

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return dict(super().to_representation(PARAMETERS | instance))


class Prompt(Text):
    """A prompt of people."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": LONGEST_TEXT} | options)


class Named(serializers.Serializer[Any]):
    """Something the caller may look up."""

    id = serializers.UUIDField()
    name = serializers.CharField()


def evaluators_of(ids: list[uuid.UUID], actor: Actor) -> list[Evaluator]:
    """The evaluators of these ids, in this order. Raises ValidationError for one not seen."""
    found = Evaluator.objects.visible_to(actor).select_related("endpoint").in_bulk(ids)
    if any(pk not in found for pk in ids):
        raise ValidationError({"evaluators": NOT_THERE})
    return [found[pk] for pk in ids]


def their_name(name: str) -> str:
    """What the API calls a field of ours: `is_shared` is `shared`, `base_url` is `baseUrl`."""
    return OTHERWISE.get(name) or re.sub(r"_(\w)", lambda found: found[1].upper(), name)


@contextmanager
def in_their_names(besides: Mapping[str, str] | None = None) -> Iterator[None]:
    """Raise what a model refuses under the names that the API gives its fields."""
    try:
        yield
    except ValidationError as error:
        if not hasattr(error, "error_dict"):
            raise
        told = {
            (besides or {}).get(name) or their_name(name): texts
            for name, texts in error.message_dict.items()
        }
        raise ValidationError(told) from error


def camel(told: Any) -> Any:
    """Numbers as they are stored, under the names of the API."""
    if isinstance(told, dict):
        return {their_name(name): camel(value) for name, value in told.items()}
    return [camel(each) for each in told] if isinstance(told, list) else told
