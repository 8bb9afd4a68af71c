"""Admin pages of webhooks: to read, for who administers the team."""

from __future__ import annotations

from django.contrib import admin

from evalplatform.scoping.admin import ScopedModelAdmin
from reviews.models import WebhookDelivery, WebhookSubscription


@admin.register(WebhookSubscription)
class WebhookSubscriptionAdmin(ScopedModelAdmin):
    """Who is told of what happens."""

    fields = (
        *("name", "url", "events", "is_enabled", "n_failures", "disabled_at"),
        *("owner", "created_at"),
    )
    list_display = ("name", "url", "is_enabled", "n_failures", "owner")
    list_filter = ("is_enabled",)
    list_select_related = ("owner",)
    search_fields = ("name",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ScopedModelAdmin):
    """What became of each event."""

    fields = (
        *("subscription", "event", "payload", "state", "attempts", "next_at"),
        *("last_status", "last_error", "created_at", "ended_at"),
    )
    list_display = ("event", "subscription", "state", "attempts", "created_at")
    list_filter = ("state",)
    list_select_related = ("subscription",)
    linked_by = ("subscription__id__exact",)
