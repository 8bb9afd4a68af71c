"""Behavioral labels as the API takes and gives them (formats.md 3.5). Times are ISO 8601."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from datasets.api.serializers import Data
from evalplatform.scoping.bodies import Closed
from reviews.behaviour import MOST_NOTES
from reviews.models import BehavioralLabel
from reviews.models.behavioral_label import AFFECTS, INTENTS, STRATEGIES

STATUSES = BehavioralLabel.Status.values


@extend_schema_field(OpenApiTypes.STR)
class Said(serializers.Field[Any, Any, Any, Any]):
    """A value as it was sent, null for none; the label knows what it may be."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, allow_null=True, **options)

    def to_internal_value(self, data: Any) -> Any:
        return data


def one_of(values: tuple[str, ...]) -> Any:
    """How OpenAPI shows one of these, or null."""
    return extend_schema_field({"type": "string", "enum": ["", *values], "nullable": True})


@one_of(INTENTS)
class Intent(Said):
    """What the guest wants."""


@one_of(AFFECTS)
class Affect(Said):
    """How the guest feels."""


@one_of(STRATEGIES)
class Strategy(Said):
    """What the response does."""


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": 7, "nullable": True})
class Humanness(Said):
    """From 1, like a machine, to 7, like a person."""


@extend_schema_field({"type": "string", "maxLength": MOST_NOTES, "nullable": True})
class Notes(Said):
    """Free text."""


class LabelInput(Closed):
    """One's own label, as a draft or saved; what is left out stays. `number` is that of the label
    that was seen last, 0 for none: a newer one is a conflict.
    """

    status = serializers.ChoiceField(choices=STATUSES)
    intent = Intent()
    guestAffect = Affect(source="guest_affect")  # noqa: N815
    responseStrategy = Strategy(source="response_strategy")  # noqa: N815
    humanness = Humanness()
    notes = Notes()
    number = serializers.IntegerField(required=False, min_value=0)


class LabelRow(serializers.Serializer[Any]):
    """A label; `draft` is what its author typed over a saved one, null for colleagues'."""

    runId = serializers.UUIDField(source="run_id")  # noqa: N815
    runItemId = serializers.UUIDField(source="run_item_id")  # noqa: N815
    ownerUserId = serializers.UUIDField(source="run.owner_id")  # noqa: N815
    reviewerUserId = serializers.UUIDField(source="reviewer_id")  # noqa: N815
    intent = serializers.CharField()
    guestAffect = serializers.CharField(source="guest_affect")  # noqa: N815
    responseStrategy = serializers.CharField(source="response_strategy")  # noqa: N815
    humanness = serializers.IntegerField(allow_null=True)
    notes = serializers.CharField()
    status = serializers.ChoiceField(choices=STATUSES)
    payload = Data()
    number = serializers.IntegerField()
    draft = Data(allow_null=True)
    savedAt = serializers.DateTimeField(source="saved_at", allow_null=True)  # noqa: N815
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815
    updatedAt = serializers.DateTimeField(source="updated_at")  # noqa: N815


class SpreadRow(serializers.Serializer[Any]):
    """How many of `n` saved labels say each value; labels that leave it open do not count."""

    name = serializers.CharField()
    n = serializers.IntegerField()
    counts = serializers.DictField(child=serializers.IntegerField())
    mean = serializers.FloatField(allow_null=True)


class DistributionRow(serializers.Serializer[Any]):
    """How the saved labels of a run are spread."""

    labels = serializers.IntegerField(source="n_labels")
    items = serializers.IntegerField(source="n_items")
    runItems = serializers.IntegerField(source="n_run_items")  # noqa: N815
    reviewers = serializers.IntegerField(source="n_reviewers")
    spreads = SpreadRow(many=True)
