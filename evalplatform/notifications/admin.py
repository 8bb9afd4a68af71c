"""Admin page of one's own inbox: to read."""

from __future__ import annotations

from django.contrib import admin

from evalplatform.notifications.models import Notification
from evalplatform.scoping.admin import ScopedModelAdmin


@admin.register(Notification)
class NotificationAdmin(ScopedModelAdmin):
    """What one was told, newest first."""

    fields = ("kind", "title", "body", "url", "created_at", "read_at", "mailed_at")
    list_display = ("title", "kind", "created_at", "read_at")
    list_filter = ("created_at", "read_at")
    search_fields = ("title", "body", "kind")
