"""How a review is finished, as the API gives it. Times are ISO 8601."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from datasets.api.dataset_serializers import Person
from datasets.api.serializers import Data
from evalplatform.scoping.bodies import Closed, Text
from reviews.lifecycle import MOST_REASON, STATUSES
from reviews.seal_checking import SealState

STATES = [state.value for state in SealState]


class Reopening(Closed):
    """Why a finalised review is opened again."""

    reason = Text(max_length=MOST_REASON, allow_blank=False, trim_whitespace=True)


class GateRow(serializers.Serializer[Any]):
    """One condition; `blocking` counts the items that do not meet it."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    met = serializers.BooleanField(source="is_met")
    blocking = serializers.IntegerField(source="n_blocking")


class LifecycleRow(serializers.Serializer[Any]):
    """Where a review is; `gates` are null for those who may not finalise it."""

    status = serializers.ChoiceField(choices=STATUSES)
    finalizedAt = serializers.DateTimeField(allow_null=True)  # noqa: N815
    finalizedBy = Person(allow_null=True)  # noqa: N815
    gates = GateRow(many=True, allow_null=True)


class SealRow(serializers.Serializer[Any]):
    """One finalisation: who, when, the numbers then, and the digest over all evidence."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    finalizedAt = serializers.DateTimeField(source="finalized_at")  # noqa: N815
    finalizedBy = Person(source="finalized_by")  # noqa: N815
    items = serializers.IntegerField(source="n_items")
    digest = serializers.CharField()
    previousDigest = serializers.CharField(source="previous_digest")  # noqa: N815
    snapshot = Data()
    reopenedAt = serializers.DateTimeField(source="reopened_at", allow_null=True)  # noqa: N815
    reopenedBy = Person(source="reopened_by", allow_null=True)  # noqa: N815
    reopenReason = serializers.CharField(source="reopen_reason")  # noqa: N815


class DifferingRow(serializers.Serializer[Any]):
    """An item that is not as it was sealed; `key` is null when it is gone."""

    key = serializers.UUIDField(allow_null=True)
    label = serializers.CharField()  # type: ignore[assignment]
    what = serializers.ListField(child=serializers.CharField())


class SealStateRow(serializers.Serializer[Any]):
    """The state of one seal."""

    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=STATES)


class SealVerdictRow(serializers.Serializer[Any]):
    """What is said of the seal; `differingItems` are at most the first hundred of `differing`."""

    state = serializers.ChoiceField(choices=STATES)
    says = serializers.CharField()
    items = serializers.IntegerField()
    differing = serializers.IntegerField()
    differingItems = DifferingRow(many=True)  # noqa: N815
    faults = serializers.ListField(child=serializers.CharField())
    seals = SealStateRow(many=True)
    digest = serializers.CharField(allow_null=True)
