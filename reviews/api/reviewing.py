"""/api/v1/queues/{id}/claim and what is done with the item: keep, save, skip, decline, undo.

Whoever claims holds the item by a token until the lease ends; claiming again on another device
moves it there. What is typed and saved goes by the person: a lost lease loses nothing.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import refuse_unknown
from datasets.attachment_sending import send_attachment
from evalplatform.errors import Conflict
from evalplatform.scoping.api import ScopedAPIView
from reviews.api.desk_telling import desk_told, messages_told
from reviews.api.of_queue import OfGiven, OfQueue
from reviews.api.queue_serializers import OwnRow
from reviews.api.review_serializers import (
    ClaimRow,
    Decline,
    DeskRow,
    MessagesRow,
    SlotRow,
    Token,
)
from reviews.claiming import claim, claim_item, give_back, renew
from reviews.given import item_of
from reviews.material import attachments_of, messages_of, whole_text_of
from reviews.models import Queue, Slot
from reviews.progress import own_progress

REVIEW = {"post": "review"}
HELD = {409: OpenApiResponse(description="The place has ended, or another device of yours has it.")}
START = OpenApiParameter("start", int, description="The position to go on from: `next`.")


class ClaimView(OfQueue, ScopedAPIView):
    """The next item."""

    verbs = REVIEW

    @extend_schema(
        operation_id="claim_item",
        summary="The item that one holds, else the next one; its place is held until `expiresAt`",
        request=None,
        responses={200: ClaimRow},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """`item` is null when nothing is left for the caller, or the queue hands nothing out."""
        slot = claim(self.queue, by=self.actor)
        told = None
        if slot is not None:
            told = desk_told(item_of(slot, self.queue, self.actor), slot, self.actor)
        own = own_progress([self.queue], self.actor)[self.queue.pk]
        return Response({"item": told, "own": OwnRow(own).data})


class GivenView(OfGiven, ScopedAPIView):
    """One item that was given to the caller."""

    verbs = {"get": "review"}

    @extend_schema(
        operation_id="get_given_item",
        summary="An item that was given to the caller: open, skipped or saved",
        responses={200: DeskRow},
    )
    def get(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        return Response(desk_told(self.item, self.slot, self.actor))


class OpenView(OfGiven, ScopedAPIView):
    """An item again: undo of a skip or a save, or on another device."""

    verbs = REVIEW

    @extend_schema(
        operation_id="open_item",
        summary="Take the place again that was skipped or has ended; or go back to a saved item",
        request=None,
        responses={200: DeskRow, **HELD},
    )
    def post(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        """A saved item stays saved until the next save, and needs no place."""
        slot = self.slot
        if slot.state != Slot.State.SUBMITTED:
            if slot.state != Slot.State.LEASED and self.queue.status != Queue.Status.ACTIVE:
                raise Conflict(f"This queue is {self.queue.status}: nothing is handed out.")
            slot = claim_item(self.item, by=self.actor)
        return Response(desk_told(self.item, slot, self.actor))


class HeartbeatView(OfGiven, ScopedAPIView):
    """A sign of life."""

    verbs = REVIEW

    @extend_schema(
        operation_id="renew_lease",
        summary="Make the lease last from now; send it well before `expiresAt`",
        request=Token,
        responses={200: SlotRow, **HELD},
    )
    def post(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        token = read(Token(data=request.data))["token"]
        return Response(SlotRow(renew(self.slot.pk, token, by=self.actor)).data)


class SkipView(OfGiven, ScopedAPIView):
    """Later."""

    verbs = REVIEW

    @extend_schema(
        operation_id="skip_item",
        summary="Put the item behind the others; `open` takes it back",
        request=Token,
        responses={200: SlotRow, **HELD},
    )
    def post(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        token = read(Token(data=request.data))["token"]
        slot = give_back(self.slot.pk, token, Slot.State.SKIPPED, by=self.actor)
        return Response(SlotRow(slot).data)


class DeclineView(OfGiven, ScopedAPIView):
    """Never."""

    verbs = REVIEW

    @extend_schema(
        operation_id="decline_item",
        summary="Give the item away for good, with the reason",
        request=Decline,
        responses={200: SlotRow, **HELD},
    )
    def post(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        said = read(Decline(data=request.data))
        slot = give_back(
            self.slot.pk, said["token"], Slot.State.DECLINED, by=self.actor, reason=said["reason"]
        )
        return Response(SlotRow(slot).data)


class MessagesView(OfGiven, ScopedAPIView):
    """More of a long session."""

    verbs = {"get": "review"}

    @extend_schema(
        operation_id="list_messages_of_item",
        summary="Messages of the item's session from a position on",
        parameters=[START],
        responses={200: MessagesRow},
    )
    def get(self, request: Request, pk: uuid.UUID, key: uuid.UUID) -> Response:
        refuse_unknown(request, ("start",))
        text = request.query_params.get("start", "0")
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise ValidationError({"start": "Write a position: 0, or `next`."})
        if self.item.session_id is None:
            raise Http404
        part = messages_of(self.item, is_raw=True, start=int(text))
        return Response(MessagesRow(messages_told(part)).data)


class TextView(OfGiven, ScopedAPIView):
    """One text."""

    verbs = {"get": "review"}

    @extend_schema(
        operation_id="get_text_of_item",
        summary="The whole of one text: prompt, response ... of a row, 12 = the message there",
        responses={200: {"type": "object", "properties": {"text": {"type": "string"}}}},
    )
    def get(self, request: Request, pk: uuid.UUID, key: uuid.UUID, name: str) -> Response:
        text = whole_text_of(self.item, name)
        if text is None:
            raise Http404
        return Response({"text": text})


class FileView(OfGiven, ScopedAPIView):
    """One file."""

    verbs = {"get": "review"}

    @extend_schema(
        operation_id="download_file_of_item",
        summary="Fetch the bytes of a file that the row asks of",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, pk: uuid.UUID, key: uuid.UUID, file: uuid.UUID) -> FileResponse:
        found = attachments_of(self.item).filter(pk=file).first()
        if found is None:
            raise Http404
        return send_attachment(found, by=self.actor)


def read(asked: Any) -> dict[str, Any]:
    """What a body says. Raises ValidationError."""
    asked.is_valid(raise_exception=True)
    return dict(asked.validated_data)
