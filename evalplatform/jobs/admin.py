"""Admin page of one's jobs."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from evalplatform.accounts.roles import Verb
from evalplatform.jobs.models import Job
from evalplatform.scoping.admin import ScopedModelAdmin, actor_of


@admin.register(Job)
class JobAdmin(ScopedModelAdmin):
    """State, progress and outcome; open ones can be cancelled."""

    act_verb = Verb.SEE
    fields = (
        "kind",
        "state",
        "requested_by",
        "attempt",
        "n_errors",
        "lease_until",
        "n_done",
        "n_expected",
        "note",
        "result",
        "error",
        "created_at",
        "started_at",
        "finished_at",
    )
    list_display = ("kind", "state", "n_done", "n_expected", "note", "created_at", "finished_at")
    list_filter = ("state", "created_at")
    search_fields = ("kind", "note")
    actions = ("cancel",)

    def get_queryset(self, request: Any) -> Any:
        """Leave out what a job was told: it may be long, and no column shows it."""
        return super().get_queryset(request).defer("arguments")

    @admin.action(description="Cancel", permissions=["act"])
    def cancel(self, request: Any, rows: Any) -> None:
        actor = actor_of(request)
        self.each(request, rows, lambda row: row.cancel(by=actor), "Cancelled, or ended before")
