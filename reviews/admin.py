"""Admin pages of the judgement: labels, their history, and labelling of sessions in bulk."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.core.exceptions import ValidationError

from datasets.admin import SessionAdmin
from datasets.models import Session
from evalplatform.accounts.roles import Verb
from evalplatform.jobs.models import Job
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.admin import ScopedModelAdmin, ScopedRelatedFilter, actor_of
from reviews import (  # noqa: F401  they register their pages
    queue_admin,
    review_admin,
    settled_admin,
    webhook_admin,
)
from reviews.bulk import label_many
from reviews.changes import LabelChange
from reviews.forms import SEPARATORS
from reviews.labelling import ids_of, label_session
from reviews.models import EvalLabel, EvalLabelRevision


class LabelActionForm(ActionForm):
    """The action, and what two of them need: a status, tags."""

    status = forms.ChoiceField(
        required=False, label="Status:", choices=[("", "none"), *EvalLabel.Status.choices]
    )
    tags = forms.CharField(required=False, label="Tags:", help_text="Separated by commas")


class LabelsInBulk(ScopedModelAdmin):
    """Bulk actions over sessions or their labels; they call what the pages call."""

    act_verb = Verb.LABEL
    action_form = LabelActionForm
    actions = ("mark_eval_ready", "unmark_eval_ready", "set_status", "add_tags")

    @admin.action(description="Mark eval-ready", permissions=["act"])
    def mark_eval_ready(self, request: Any, rows: Any) -> None:
        self.label(request, rows, is_eval_ready=True)

    @admin.action(description="Take the eval-ready mark away", permissions=["act"])
    def unmark_eval_ready(self, request: Any, rows: Any) -> None:
        self.label(request, rows, is_eval_ready=False)

    @admin.action(description="Set the status", permissions=["act"])
    def set_status(self, request: Any, rows: Any) -> None:
        self.label(request, rows, status=request.POST.get("status") or None)

    @admin.action(description="Add the tags", permissions=["act"])
    def add_tags(self, request: Any, rows: Any) -> None:
        tags = [tag for tag in SEPARATORS.split(request.POST.get("tags", "")) if tag.strip()]
        if not tags:
            messages.error(request, "Type the tags first, beside the action.")
            return
        self.label(request, rows, add_tags=tags)

    def label(self, request: Any, rows: Any, **said: Any) -> None:
        """Label the sessions of these rows, as a job when they are many, one event each."""
        actor = actor_of(request)
        chosen = rows.order_by().values("pk")  # the key of a label is its session's
        sessions = Session.objects.visible_to(actor).filter(pk__in=chosen)
        n_chosen = sessions.count()
        try:
            change = LabelChange.cleaned(**said)
            outcome = label_many(lambda: ids_of(sessions, by=actor), change, by=actor)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return
        if isinstance(outcome, Job):
            n = outcome.arguments["n"]
            messages.success(request, f"{n:,} sessions are being labelled: see your jobs.")
            return
        refusals = Counter(one["message"] for one in outcome.failed)
        self.report(request, f"Labelled: {outcome.updated:,} of {n_chosen:,}.", refusals)


admin.site.unregister(Session)  # the evidence cannot import the judgement that acts on it


@admin.register(Session)
class LabelledSessionAdmin(LabelsInBulk, SessionAdmin):
    """Sessions as datasets/admin.py shows them, with labelling in bulk."""


@admin.register(EvalLabel)
class EvalLabelAdmin(LabelsInBulk):
    """What the team says of a session; saving it is labelling, as on the pages."""

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
    writable = ("is_eval_ready", "status", "notes", "expected_output")
    list_display = ("session", "is_eval_ready", "status", "tags", "reviewed_by", "reviewed_at")
    list_filter = ("is_eval_ready", "status", ("reviewed_by", ScopedRelatedFilter), "reviewed_at")
    list_select_related = ("session", "reviewed_by", "marked_by")
    search_fields = ("session__title", "notes")
    ordering = ("-reviewed_at", "-session_id")

    def save_row(self, row: EvalLabel, values: dict[str, Any], actor: Actor) -> None:
        label_session(row.session, LabelChange.cleaned(**values), by=actor)


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
