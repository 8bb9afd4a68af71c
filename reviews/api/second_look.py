"""What is worth a second look in a queue, and sending it to adjudication."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import refuse_unknown
from evalplatform.scoping.api import ScopedAPIView
from reviews.adjudicable import adjudicable, kinds_of
from reviews.adjudicating import send_to_adjudication
from reviews.api.adjudication_serializers import STATES
from reviews.api.of_queue import OfQueue
from reviews.models import QueueItem
from reviews.second_look import position_of, worth_a_look
from reviews.second_look_signs import SIGNS

SIGN_NAMES = list(SIGNS)
SIGN = OpenApiParameter("sign", str, enum=SIGN_NAMES, description="Only items with this sign.")
AFTER = OpenApiParameter("after", int, description="Only items behind this position.")
REFUSED = {409: OpenApiResponse(description="It waits already, is settled, or has no sign.")}


class SignRow(serializers.Serializer[Any]):
    """One reason for a second look, and where it was seen."""

    sign = serializers.ChoiceField(choices=SIGN_NAMES, source="name")
    because = serializers.CharField()


class LookRow(serializers.Serializer[Any]):
    """An item that reviewers agree on and that is worth a second look."""

    key = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    position = serializers.IntegerField()
    signs = SignRow(many=True)
    reviews = serializers.IntegerField(source="n_reviews")


class LookList(serializers.Serializer[Any]):
    """One page; `counts` and `lookedAt` are of what was looked at for it, `after` leads on."""

    counts = serializers.DictField(child=serializers.IntegerField())
    lookedAt = serializers.IntegerField(source="n_looked")  # noqa: N815
    after = serializers.IntegerField(allow_null=True)
    results = LookRow(many=True, source="items")


class SentItem(serializers.Serializer[Any]):
    """An item that was sent to adjudication."""

    key = serializers.UUIDField()
    state = serializers.ChoiceField(choices=STATES)
    reasons = serializers.ListField(child=serializers.ChoiceField(choices=SIGN_NAMES))


class SecondLookView(OfQueue, ScopedAPIView):
    """What is worth a second look."""

    verbs = {"get": "adjudicate"}

    @extend_schema(
        operation_id="list_second_look",
        summary="What nobody disagrees on and is worth a second look, in the queue's order",
        parameters=[SIGN, AFTER],
        responses={200: LookList},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """These items are reviewed and block nothing; `send` makes one wait for a decision."""
        refuse_unknown(request, ("sign", "after"))
        sign = request.query_params.get("sign", "")
        if sign and sign not in SIGNS:
            raise ValidationError({"sign": f"Write one of: {', '.join(SIGNS)}."})
        looks = worth_a_look(self.queue, by=self.actor, sign=sign, after=self.after)
        counts = dict(looks.counts)
        told = {"counts": {"all": counts.pop("")} | counts, "items": looks.items}
        return Response(LookList(told | {"n_looked": looks.n_looked, "after": looks.after}).data)

    @property
    def after(self) -> int | None:
        """The position that is asked for."""
        asked = self.request.query_params.get("after", "")
        if not asked:
            return None
        after = position_of(asked)
        if after is None:
            raise ValidationError({"after": "Write a position: a whole number from 0."})
        return after


class SendView(OfQueue, ScopedAPIView):
    """One item, made to wait for a decision."""

    verbs = {"post": "adjudicate"}

    @extend_schema(
        operation_id="send_item_to_adjudication",
        summary="Make an item that is worth a second look wait for a decision",
        request=None,
        responses={200: SentItem, **REFUSED},
    )
    def post(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        rows = adjudicable(self.queue, by=self.actor)
        found: QueueItem | None = rows.filter(key=key).first()
        if found is None:
            raise Http404
        sent = send_to_adjudication(found, by=self.actor)
        reasons = kinds_of(sent.reasons, is_reopened=False)
        return Response(SentItem({"key": sent.key, "state": sent.state, "reasons": reasons}).data)
