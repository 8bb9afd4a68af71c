"""Webhooks as the API takes and gives them: the secret goes in and never comes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from datasets.api.dataset_serializers import Name, Person
from datasets.api.serializers import Data
from evalplatform.scoping.bodies import Closed, Text, TrueOrFalse
from reviews.models import WebhookDelivery
from reviews.models.webhook import EVENTS, SHORTEST_SECRET

STATES = WebhookDelivery.State.values


class Events(serializers.ListField):
    """Which events are sent."""

    child = serializers.ChoiceField(choices=list(EVENTS))

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_empty=False, max_length=len(EVENTS), **options)


class WebhookChange(Closed):
    """What can be changed; what is left out stays. Another host asks for the secret again."""

    name = Name(required=False)
    url = Text(required=False, max_length=1000)
    secret = Text(required=False, max_length=200, min_length=SHORTEST_SECRET, write_only=True)
    events = Events(required=False)
    enabled = TrueOrFalse(required=False, source="is_enabled")


class NewWebhook(WebhookChange):
    """A webhook to be made; the secret signs what is sent."""

    name = Name()
    url = Text(max_length=1000)
    secret = Text(max_length=200, min_length=SHORTEST_SECRET, write_only=True)
    events = Events()


class WebhookRow(serializers.Serializer[Any]):
    """A webhook; `failures` counts attempts that failed one after the other."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    enabled = serializers.BooleanField(source="is_enabled")
    failures = serializers.IntegerField(source="n_failures")
    disabledAt = serializers.DateTimeField(source="disabled_at", allow_null=True)  # noqa: N815
    owner = Person(read_only=True)
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815


class DeliveryRow(serializers.Serializer[Any]):
    """An event and what became of it; its id is the one that is sent."""

    id = serializers.UUIDField()
    event = serializers.CharField()
    payload = Data()
    state = serializers.ChoiceField(choices=STATES)
    attempts = serializers.IntegerField()
    nextAt = serializers.DateTimeField(source="next_at", allow_null=True)  # noqa: N815
    lastStatus = serializers.IntegerField(source="last_status", allow_null=True)  # noqa: N815
    lastError = serializers.CharField(source="last_error")  # noqa: N815
    createdAt = serializers.DateTimeField(source="created_at")  # noqa: N815


class WebhookTried(serializers.Serializer[Any]):
    """What came of a test."""

    ok = serializers.BooleanField(source="is_delivered")
    status = serializers.IntegerField(allow_null=True)
    error = serializers.CharField()
