"""/api/v1/notifications: the caller's inbox in this team, and marking it read."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from evalplatform.accounts.roles import Verb
from evalplatform.notifications.models import Notification
from evalplatform.scoping.api import ScopedAPIView
from evalplatform.scoping.keyset import ApiKeysetPagination


class NotificationSerializer(serializers.Serializer[Any]):
    """One notification; `url` is a path of the platform, empty when it is about no page."""

    id = serializers.UUIDField(read_only=True)
    kind = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)
    body = serializers.CharField(read_only=True)
    url = serializers.CharField(read_only=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)  # noqa: N815
    readAt = serializers.DateTimeField(  # noqa: N815
        source="read_at", read_only=True, allow_null=True
    )


class NotificationPageSerializer(serializers.Serializer[Any]):
    """A page of them; `next` and `previous` are tokens to pass as `page`."""

    results = NotificationSerializer(many=True, read_only=True)
    next = serializers.CharField(read_only=True, allow_null=True)
    previous = serializers.CharField(read_only=True, allow_null=True)


class MarkedSerializer(serializers.Serializer[Any]):
    """How many were unread until now."""

    marked = serializers.IntegerField(read_only=True)


class InboxView(ScopedAPIView):
    """The inbox."""

    model = Notification
    verbs = {"get": Verb.SEE}

    @extend_schema(
        operation_id="list_notifications",
        summary="List your notifications, newest first",
        parameters=[
            OpenApiParameter("unread", str, enum=["1", "0"], description="1: what waits only."),
            OpenApiParameter("page", str),
            OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": 200}),
        ],
        responses={200: NotificationPageSerializer},
    )
    def get(self, request: Request) -> Response:
        wanted = request.query_params.get("unread", "0")
        if wanted not in ("1", "0"):
            raise ValidationError({"unread": "Write 1 or 0."})
        paginator = ApiKeysetPagination()
        rows = self.rows().unread() if wanted == "1" else self.rows()
        page = paginator.paginate_queryset(rows, request, view=self)
        return paginator.get_paginated_response(NotificationSerializer(page, many=True).data)


class ReadView(ScopedAPIView):
    """One of them."""

    model = Notification
    verbs = {"post": Verb.SEE}

    @extend_schema(
        operation_id="read_notification",
        summary="Mark one notification read",
        request=None,
        responses={200: NotificationSerializer},
    )
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        self.get_row(pk=pk).mark_read(by=self.actor)
        return Response(NotificationSerializer(self.get_row(pk=pk)).data)


class ReadAllView(ScopedAPIView):
    """All of them."""

    model = Notification
    verbs = {"post": Verb.SEE}

    @extend_schema(
        operation_id="read_notifications",
        summary="Mark all your notifications read",
        request=None,
        responses={200: MarkedSerializer},
    )
    def post(self, request: Request) -> Response:
        n_marked = Notification.objects.editable_by(self.actor).mark_read()
        return Response({"marked": n_marked})
