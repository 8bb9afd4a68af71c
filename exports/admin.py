"""Admin page of one's exports: to read; files are downloaded from their pages."""

from __future__ import annotations

from django.contrib import admin

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.admin import ScopedModelAdmin
from exports.models import Export


@admin.register(Export)
class ExportAdmin(ScopedModelAdmin):
    """What was asked for, what came of it, and until when the file is kept."""

    verb = Verb.EXPORT
    fields = (
        "format",
        "format_version",
        "filters",
        "options",
        "dataset",
        "dataset_version",
        "run",
        "is_bundle",
        "queue",
        "n_sessions",
        "n_rows",
        "n_bytes",
        "sha256",
        "manifest",
        "created_at",
        "built_at",
        "expires_at",
        "deleted_at",
    )
    list_display = ("format", "n_rows", "n_bytes", "created_at", "built_at", "expires_at")
    list_filter = ("created_at",)
    search_fields = ("sha256", "format")
    search_help_text = "SHA-256 of the file, or its format"
