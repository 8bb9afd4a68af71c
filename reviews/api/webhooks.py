"""/api/v1/webhooks: who is told of what happens in queues, for who administers the team."""

from __future__ import annotations

import uuid
from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from datasets.api.of_dataset import PAGE_PARAMETERS, PAGING, SAME_MADE, paged, refuse_unknown
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination
from evalplatform.scoping.managers import get_visible
from reviews.api.making import made_once
from reviews.api.webhook_serializers import (
    DeliveryRow,
    NewWebhook,
    WebhookChange,
    WebhookRow,
    WebhookTried,
)
from reviews.models import WebhookDelivery, WebhookSubscription
from reviews.webhooks.sending import send_again, send_test

MANAGE = "manage_webhooks"


class NewestFirst(ApiKeysetPagination):
    """Pages of rows, the newest first."""

    keys = ("created_at", "id")


class OfWebhooks(ScopedAPIView):
    """A view of webhooks: 403 for who does not administer the team."""

    model = WebhookSubscription
    verbs = {"get": MANAGE, "post": MANAGE, "patch": MANAGE, "delete": MANAGE}


class WebhooksView(OfWebhooks):
    """Webhooks of the team."""

    @extend_schema(
        operation_id="list_webhooks",
        summary="List webhooks, the newest first",
        parameters=PAGE_PARAMETERS,
        responses={200: paged(WebhookRow)},
    )
    def get(self, request: Request) -> Response:
        refuse_unknown(request, PAGING)
        pages = NewestFirst()
        rows = pages.paginate_queryset(self.rows().select_related("owner"), request, self)
        return pages.get_paginated_response(WebhookRow(rows, many=True).data)

    @extend_schema(
        operation_id="create_webhook",
        summary="Have events sent to an address, signed with a secret",
        request=NewWebhook,
        parameters=[SAME_MADE],
        responses={201: WebhookRow, 200: WebhookRow},
    )
    def post(self, request: Request) -> Response:
        """An address that is not on the public internet is refused unless the operator lists it."""
        asked = NewWebhook(data=request.data)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data

        def make(**pk: Any) -> WebhookSubscription:
            return WebhookSubscription.create(by=self.actor, **said, **pk)

        made, is_new = made_once(request, self.rows(), make, self.actor, url=said["url"].strip())
        where = {"Location": reverse("api-webhook", args=[made.pk])}
        return Response(WebhookRow(made).data, status=201 if is_new else 200, headers=where)


class WebhookView(OfWebhooks):
    """One webhook."""

    @extend_schema(operation_id="get_webhook", summary="One webhook", responses={200: WebhookRow})
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(WebhookRow(self.get_row(pk=pk)).data)

    @extend_schema(
        operation_id="change_webhook",
        summary="Change a webhook; switched on again, it sends what waits",
        request=WebhookChange,
        responses={200: WebhookRow},
    )
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        webhook = self.get_row(pk=pk)
        asked = WebhookChange(data=request.data)
        asked.is_valid(raise_exception=True)
        webhook.change(by=self.actor, **asked.validated_data)
        return Response(WebhookRow(self.get_row(pk=pk)).data)

    @extend_schema(
        operation_id="delete_webhook",
        summary="Delete a webhook, its secret, and what was not sent yet",
        request=None,
        responses={204: None},
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        self.get_row(pk=pk).remove(by=self.actor)
        return Response(status=204)


class WebhookTestView(OfWebhooks):
    """The test of one webhook."""

    verbs = {"post": MANAGE}

    @extend_schema(
        operation_id="test_webhook",
        summary="Send an event of no meaning at once, and say what came of it",
        request=None,
        responses={200: WebhookTried},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        return Response(WebhookTried(send_test(self.get_row(pk=pk))).data)


class DeliveriesView(OfWebhooks):
    """What was sent."""

    verbs = {"get": MANAGE}

    @extend_schema(
        operation_id="list_deliveries",
        summary="List the events of a webhook and what became of them, the newest first",
        parameters=PAGE_PARAMETERS,
        responses={200: paged(DeliveryRow)},
    )
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        refuse_unknown(request, PAGING)
        rows = WebhookDelivery.objects.visible_to(self.actor).filter(
            subscription=self.get_row(pk=pk)
        )
        pages = NewestFirst()
        found = pages.paginate_queryset(rows, request, self)
        return pages.get_paginated_response(DeliveryRow(found, many=True).data)


class AgainView(OfWebhooks):
    """An event again."""

    verbs = {"post": MANAGE}

    @extend_schema(
        operation_id="send_delivery_again",
        summary="Send an event once more, with the same id",
        request=None,
        responses={202: DeliveryRow},
    )
    def post(self, request: Request, pk: uuid.UUID, delivery: uuid.UUID) -> Response:
        webhook = self.get_row(pk=pk)
        found = get_visible(WebhookDelivery, self.actor, pk=delivery, subscription=webhook)
        send_again(found)
        return Response(DeliveryRow(found).data, status=202)
