"""Admin pages of the evidence: to read; labels and items are changed on pages of their own."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from datasets.models import (
    Attachment,
    Dataset,
    DatasetImport,
    DatasetItem,
    DatasetVersion,
    Message,
    PopulationRule,
    RememberedMapping,
    RulePoll,
    Session,
    SessionImport,
    Source,
)
from evalplatform.scoping.admin import ScopedModelAdmin, ScopedRelatedFilter, actor_of


@admin.register(Source)
class SourceAdmin(ScopedModelAdmin):
    """Where sessions come from; made by intake."""

    fields = ("name", "kind", "created_at")
    list_display = ("name", "kind", "created_at")
    list_filter = ("kind",)
    search_fields = ("name",)


@admin.register(Session)
class SessionAdmin(ScopedModelAdmin):
    """Conversations with what intake brought; nothing about them changes here."""

    fields = (
        "title",
        "external_id",
        "source",
        "owner",
        "project_name",
        "project_path",
        "model",
        "provider",
        "participant_identifier",
        "participant",
        "channel",
        "tags",
        "prompt_tokens",
        "completion_tokens",
        "cost",
        "duration_ms",
        "session_state",
        "started_at",
        "created_at",
        "updated_at",
        "n_messages",
        "n_pairs",
    )
    list_display = ("__str__", "source", "owner", "model", "n_messages", "started_at")
    list_filter = (("source", ScopedRelatedFilter), ("owner", ScopedRelatedFilter), "started_at")
    list_select_related = ("source", "owner", "team")
    search_fields = ("title",)
    search_help_text = "Words of the title or the messages"
    linked_by = ("source__id__exact",)

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Use the full text index, as the pages do."""
        return (queryset.with_text(search_term) if search_term.strip() else queryset), False


@admin.register(Message)
class MessageAdmin(ScopedModelAdmin):
    """What was said; searched through its session's full text."""

    fields = (
        "session",
        "position",
        "role",
        "content",
        "created_at",
        "external_id",
        "model",
        "tags",
        "comments",
        "prompt_tokens",
        "completion_tokens",
        "participant_data",
        "session_state",
        "summary",
    )
    list_display = ("session", "position", "role", "beginning", "created_at")
    list_filter = ("role",)
    list_select_related = ("session",)
    search_fields = ("session__title",)
    search_help_text = "Words of the session"
    linked_by = ("session__id__exact",)
    ordering = ("-id",)

    @admin.display(description="content")
    def beginning(self, row: Message) -> str:
        return row.content if len(row.content) <= 80 else f"{row.content[:79]}…"

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> tuple[Any, bool]:
        if not search_term.strip():
            return queryset, False
        found = Session.objects.visible_to(actor_of(request)).with_text(search_term)
        return queryset.filter(session__in=found.values("pk")), False


@admin.register(SessionImport)
class SessionImportAdmin(ScopedModelAdmin):
    """One's own uploads and what the dry run said of them."""

    fields = (
        "file_name",
        "format",
        "source_name",
        "state",
        "n_bytes",
        "sha256",
        "report",
        "created_at",
        "committed_at",
    )
    list_display = ("file_name", "format", "state", "n_bytes", "created_at", "committed_at")
    list_filter = ("state", "created_at")
    search_fields = ("file_name",)


@admin.register(Dataset)
class DatasetAdmin(ScopedModelAdmin):
    """Datasets with their size; their items are changed on their page, which makes versions."""

    fields = (
        "name",
        "description",
        "level",
        "owner",
        "is_shared",
        "version",
        "n_items",
        "created_at",
        "updated_at",
    )
    list_display = ("name", "level", "owner", "is_shared", "n_items", "version", "updated_at")
    list_filter = ("level", "is_shared", ("owner", ScopedRelatedFilter))
    list_select_related = ("owner", "team")
    search_fields = ("name",)


@admin.register(DatasetVersion)
class DatasetVersionAdmin(ScopedModelAdmin):
    """What each version of a dataset changed, and who made it."""

    fields = (
        "dataset",
        "number",
        "kind",
        "title",
        "created_by",
        "created_at",
        "touched_at",
        "is_open",
        "restores",
        "n_items",
        "n_created",
        "n_updated",
        "n_removed",
        "global_checks",
    )
    list_display = ("dataset", "number", "kind", "created_by", "n_items", "created_at")
    list_filter = ("kind", "created_at")
    list_select_related = ("dataset", "created_by")
    search_fields = ("title",)
    linked_by = ("dataset__id__exact",)


@admin.register(DatasetItem)
class DatasetItemAdmin(ScopedModelAdmin):
    """Items in every revision; a row without an end is what the dataset holds now."""

    fields = (
        "dataset",
        "level",
        "public_id",
        "position",
        "input",
        "output",
        "expected_output",
        "context",
        "history",
        "participant_data",
        "session_state",
        "summary",
        "tags",
        "created_at",
        "checks",
        "files",
        "session",
        "user_message",
        "assistant_message",
        "origin",
        "arrived",
        "created_by",
        "added_at",
        "from_version",
        "until_version",
    )
    list_display = ("public_id", "dataset", "beginning", "arrived", "from_version", "until_version")
    list_filter = ("arrived",)
    list_select_related = ("dataset",)
    search_fields = ("public_id",)
    search_help_text = "Words of the item"
    linked_by = ("dataset__id__exact",)
    ordering = ("-id",)

    @admin.display(description="input")
    def beginning(self, row: DatasetItem) -> str:
        return row.input if len(row.input) <= 80 else f"{row.input[:79]}…"

    def get_search_results(self, request: Any, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """Use the full text index, as the pages do."""
        return (queryset.with_text(search_term) if search_term.strip() else queryset), False


@admin.register(Attachment)
class AttachmentAdmin(ScopedModelAdmin):
    """Files of items; downloaded on the item's page."""

    fields = ("dataset", "name", "n_bytes", "media_type", "sha256", "created_at")
    list_display = ("name", "dataset", "n_bytes", "created_at")
    list_select_related = ("dataset",)
    search_fields = ("name",)
    linked_by = ("dataset__id__exact",)


@admin.register(DatasetImport)
class DatasetImportAdmin(ScopedModelAdmin):
    """One's own uploads of items and what the dry run said of them."""

    fields = (
        "file_name",
        "format",
        "dataset",
        "new_name",
        "options",
        "title",
        "version",
        "state",
        "n_bytes",
        "sha256",
        "report",
        "created_at",
        "committed_at",
    )
    list_display = ("file_name", "format", "dataset", "state", "created_at", "committed_at")
    list_filter = ("state", "created_at")
    list_select_related = ("dataset",)
    search_fields = ("file_name",)


@admin.register(RememberedMapping)
class RememberedMappingAdmin(ScopedModelAdmin):
    """How one mapped the columns of headers."""

    fields = ("mapping", "saved_at")
    list_display = ("__str__", "saved_at")


@admin.register(PopulationRule)
class PopulationRuleAdmin(ScopedModelAdmin):
    """Rules that bring sessions into datasets; they are changed on the dataset's page."""

    fields = (
        "dataset",
        "name",
        "filters",
        "lookback_days",
        "quiet_minutes",
        "is_enabled",
        "created_by",
        "created_at",
        "n_failures",
        "disabled_at",
        "disabled_reason",
        "due_at",
    )
    list_display = ("name", "dataset", "is_enabled", "n_failures", "created_by", "due_at")
    list_filter = ("is_enabled",)
    list_select_related = ("dataset__team", "created_by")
    search_fields = ("name",)
    linked_by = ("dataset__id__exact",)


@admin.register(RulePoll)
class RulePollAdmin(ScopedModelAdmin):
    """What each poll of a rule did, for thirty days."""

    fields = (
        "rule",
        "at",
        "n_seen",
        "n_added",
        "n_already",
        "n_waiting",
        "n_left_out",
        "version",
        "error",
    )
    list_display = ("rule", "at", "n_seen", "n_added", "n_already", "n_waiting", "error")
    list_filter = ("at",)
    list_select_related = ("rule",)
    linked_by = ("rule__id__exact",)
