"""Admin page of the audit log: to read."""

from __future__ import annotations

from django.contrib import admin

from evalplatform.accounts.roles import Verb
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.admin import ScopedModelAdmin, ScopedRelatedFilter


@admin.register(AuditEvent)
class AuditEventAdmin(ScopedModelAdmin):
    """Who did what, newest first; the database refuses changes."""

    verb = Verb.READ_AUDIT
    fields = (
        "at",
        "actor_email",
        "role",
        "via",
        "verb",
        "object_type",
        "object_id",
        "object_label",
        "changes",
        "request_id",
        "address",
    )
    list_display = ("at", "actor_email", "role", "via", "verb", "object_type", "object_label")
    list_filter = (("actor_user", ScopedRelatedFilter), "at")
    search_fields = ("verb", "object_label", "object_id")
    search_help_text = "Verb, object or id"
