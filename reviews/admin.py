"""Admin pages of the judgement: labels and their history."""

from __future__ import annotations

from django.contrib import admin

from evalplatform.scoping.admin import ScopedModelAdmin, ScopedRelatedFilter
from reviews.models import EvalLabel, EvalLabelRevision


@admin.register(EvalLabel)
class EvalLabelAdmin(ScopedModelAdmin):
    """What the team says of a session."""

    fields = (
        "session",
        "is_eval_ready",
        "status",
        "notes",
        "tags",
        "expected_output",
        "marked_at",
        "marked_by",
        "reviewed_at",
        "reviewed_by",
    )
    list_display = ("session", "is_eval_ready", "status", "tags", "reviewed_by", "reviewed_at")
    list_filter = ("is_eval_ready", "status", ("reviewed_by", ScopedRelatedFilter), "reviewed_at")
    list_select_related = ("session", "reviewed_by", "marked_by")
    search_fields = ("session__title", "notes")
    ordering = ("-reviewed_at", "-session_id")


@admin.register(EvalLabelRevision)
class EvalLabelRevisionAdmin(ScopedModelAdmin):
    """Every state a label was in, written by the database."""

    fields = (
        "session",
        "pgh_created_at",
        "is_eval_ready",
        "status",
        "notes",
        "tags",
        "expected_output",
        "reviewed_at",
        "reviewed_by",
    )
    list_display = ("session", "pgh_created_at", "is_eval_ready", "status", "reviewed_by")
    list_filter = ("is_eval_ready", "status")
    list_select_related = ("session", "reviewed_by")
    linked_by = ("session__id__exact",)
    ordering = ("-pgh_id",)
