"""Adjudications and contests as the API takes and gives them. Times are ISO 8601."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from datasets.api.dataset_serializers import Person
from datasets.api.serializers import Data
from evalplatform.scoping.bodies import Closed, Text
from reviews.adjudicable import KINDS
from reviews.api.review_serializers import Object
from reviews.models import Adjudication
from reviews.routing import ReviewState

CAUSES = Adjudication.Cause.values
STATES = [each.value for each in ReviewState]
REASONS = list(KINDS)
LONGEST = 10_000


class NewAdjudication(Closed):
    """The final answers, whole like a review; `number` is that of the item as it was seen."""

    number = serializers.IntegerField(min_value=0)
    answers = Object(required=False)
    checks = Object(required=False)
    labels = Object(required=False)
    cause = serializers.ChoiceField(choices=CAUSES)
    reason = Text(required=False, max_length=LONGEST)


class NewContest(Closed):
    """Why a final answer is not right."""

    note = Text(max_length=LONGEST, allow_blank=False)


class NewAnswer(Closed):
    """What the adjudicator says to it."""

    answer = Text(max_length=LONGEST, allow_blank=False)


class WaitingRow(serializers.Serializer[Any]):
    """An item that waits; `apart` is the number of questions on which its reviewers differ."""

    key = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=REASONS), source="kinds")
    questions = serializers.ListField(child=serializers.CharField())
    reviews = serializers.IntegerField(source="n_reviews")
    apart = serializers.FloatField()


class WaitingList(serializers.Serializer[Any]):
    """What waits, the most decisive first; `waiting` counts by reason, items with two twice."""

    settled = serializers.IntegerField()
    waiting = serializers.DictField(child=serializers.IntegerField())
    results = WaitingRow(many=True)


class ContestRow(serializers.Serializer[Any]):
    """What a reviewer said against an adjudication; `reviewer` is null where names are hidden."""

    id = serializers.UUIDField()
    adjudication = serializers.UUIDField(source="adjudication_id")
    reviewer = Person(read_only=True, allow_null=True)
    note = serializers.CharField()
    contestedAt = serializers.DateTimeField(source="contested_at")  # noqa: N815
    answer = serializers.CharField()
    answeredBy = Person(read_only=True, source="answered_by", allow_null=True)  # noqa: N815
    answeredAt = serializers.DateTimeField(source="answered_at", allow_null=True)  # noqa: N815


class AdjudicationRow(serializers.Serializer[Any]):
    """The final answers of an item; `current` until an edit of a review or a later one ends it."""

    id = serializers.UUIDField()
    number = serializers.IntegerField()
    adjudicator = Person(read_only=True)
    adjudicatedAt = serializers.DateTimeField(source="adjudicated_at")  # noqa: N815
    answers = Data()
    checks = Data()
    labels = Data()
    reason = serializers.CharField()
    cause = serializers.ChoiceField(choices=CAUSES)
    current = serializers.BooleanField(source="holds")
    reopenedAt = serializers.DateTimeField(source="reopened_at", allow_null=True)  # noqa: N815


class SaidRow(serializers.Serializer[Any]):
    """What a reviewer said; `reviewer` is null and `name` a letter where names are hidden."""

    name = serializers.CharField()
    reviewer = Person(read_only=True, allow_null=True)
    counted = serializers.BooleanField()
    revision = serializers.IntegerField()
    savedAt = serializers.DateTimeField(source="saved_at")  # noqa: N815
    answers = Data()
    checks = Data()
    feedback = serializers.CharField()


class ItemSettled(serializers.Serializer[Any]):
    """The adjudications of an item, the newest first.

    `number`, `state`, `reviews` and `majority` are null for those who do not adjudicate.
    """

    key = serializers.UUIDField()
    number = serializers.IntegerField(allow_null=True)
    state = serializers.ChoiceField(choices=STATES, allow_null=True)
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=REASONS), allow_null=True)
    reviews = SaidRow(many=True, allow_null=True)
    majority = Data(allow_null=True)
    adjudications = AdjudicationRow(many=True)
