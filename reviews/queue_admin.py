"""Admin pages of queues and reviews: to read; each says what its reader may see."""

from __future__ import annotations

from django.contrib import admin

from evalplatform.scoping.admin import ScopedModelAdmin
from reviews.models import (
    BehavioralLabel,
    Queue,
    QueueItem,
    QueueReviewer,
    Review,
    ReviewAnswer,
    ReviewRevision,
    Rubric,
    RubricVersion,
    Slot,
)


@admin.register(Rubric)
class RubricAdmin(ScopedModelAdmin):
    """What reviewers are asked."""

    fields = (
        "name",
        "description",
        "slug",
        "version",
        "owner",
        "created_at",
    )
    list_display = (
        "name",
        "version",
        "owner",
    )
    list_select_related = ("owner",)
    search_fields = ("name",)


@admin.register(RubricVersion)
class RubricVersionAdmin(ScopedModelAdmin):
    """What a rubric asked at one time."""

    fields = (
        "rubric",
        "number",
        "shape",
        "created_by",
        "created_at",
        "frozen_at",
    )
    list_display = (
        "rubric",
        "number",
        "frozen_at",
    )
    list_select_related = ("rubric",)
    linked_by = ("rubric__id__exact",)


@admin.register(Queue)
class QueueAdmin(ScopedModelAdmin):
    """Queues and how they are set up."""

    fields = (
        "name",
        "target",
        "run",
        "dataset",
        "rubric_version",
        "status",
        "reviews_per_item",
        "reviews_auto_evals",
        "is_for_everyone",
        "is_blind",
        "shows_auto_verdict",
        "shows_suggestions",
        "hidden_share",
        "seed",
        "lease_minutes",
        "order",
        "sampling",
        "n_items",
        "owner",
        "created_at",
    )
    list_display = (
        "name",
        "target",
        "status",
        "reviews_per_item",
        "n_items",
        "owner",
    )
    list_filter = (
        "status",
        "target",
    )
    list_select_related = (
        "owner",
        "team",
    )
    search_fields = ("name",)


@admin.register(QueueReviewer)
class QueueReviewerAdmin(ScopedModelAdmin):
    """Who reviews in which queue."""

    fields = (
        "queue",
        "reviewer",
        "is_assigned",
        "added_at",
    )
    list_display = (
        "queue",
        "reviewer",
        "is_assigned",
    )
    list_filter = ("is_assigned",)
    list_select_related = (
        "queue",
        "reviewer",
    )
    linked_by = ("queue__id__exact",)


@admin.register(QueueItem)
class QueueItemAdmin(ScopedModelAdmin):
    """What is reviewed, and where routing has put it."""

    fields = (
        "queue",
        "position",
        "session",
        "run_item",
        "stratum",
        "inclusion_probability",
        "open_slots",
        "n_counted",
        "state",
        "is_canon_candidate",
        "reasons",
        "revealed_at",
        "added_at",
    )
    list_display = (
        "__str__",
        "state",
        "n_counted",
        "open_slots",
    )
    list_filter = ("state",)
    list_select_related = ("queue",)
    linked_by = ("queue__id__exact",)
    ordering = ("-id",)


@admin.register(Slot)
class SlotAdmin(ScopedModelAdmin):
    """The places of reviewers on items."""

    fields = (
        "queue",
        "queue_item",
        "reviewer",
        "state",
        "leased_at",
        "expires_at",
        "is_counted",
        "hides_auto",
        "reason",
        "changed_at",
    )
    list_display = (
        "queue_item",
        "reviewer",
        "state",
        "expires_at",
    )
    list_filter = ("state",)
    list_select_related = (
        "queue_item__queue",
        "reviewer",
    )
    linked_by = ("queue__id__exact",)
    ordering = ("-changed_at",)


@admin.register(Review)
class ReviewAdmin(ScopedModelAdmin):
    """What reviewers said; what they are still typing is for nobody else."""

    fields = (
        "queue",
        "queue_item",
        "reviewer",
        "started_at",
        "saved_at",
        "n_revisions",
        "is_counted",
    )
    list_display = (
        "queue_item",
        "reviewer",
        "saved_at",
        "is_counted",
    )
    list_filter = ("is_counted",)
    list_select_related = (
        "queue_item__queue",
        "reviewer",
    )
    linked_by = ("queue__id__exact",)
    ordering = (
        "-saved_at",
        "-id",
    )


@admin.register(ReviewRevision)
class ReviewRevisionAdmin(ScopedModelAdmin):
    """Every save, whole, with what had been shown before it."""

    fields = (
        "review",
        "number",
        "saved_at",
        "saved_by",
        "answers",
        "checks",
        "feedback",
        "exposure",
        "is_exposed",
        "via",
    )
    list_display = (
        "review",
        "number",
        "saved_at",
        "is_exposed",
    )
    list_filter = ("is_exposed",)
    list_select_related = (
        "review__queue_item__queue",
        "review__reviewer",
    )
    linked_by = ("review__id__exact",)
    ordering = ("-id",)


@admin.register(ReviewAnswer)
class ReviewAnswerAdmin(ScopedModelAdmin):
    """Single answers, as statistics count them."""

    fields = (
        "review",
        "revision",
        "criterion",
        "check_result",
        "value",
        "flagged",
        "note",
        "is_latest",
        "is_first_unexposed",
        "is_counted",
    )
    list_display = (
        "__str__",
        "review",
        "is_latest",
        "is_first_unexposed",
    )
    list_filter = (
        "is_latest",
        "is_first_unexposed",
    )
    list_select_related = (
        "review__queue_item__queue",
        "review__reviewer",
    )
    linked_by = ("review__id__exact",)
    ordering = ("-id",)


@admin.register(BehavioralLabel)
class BehavioralLabelAdmin(ScopedModelAdmin):
    """How responses behave, as reviewers label them."""

    fields = (
        "run",
        "run_item",
        "reviewer",
        "intent",
        "guest_affect",
        "response_strategy",
        "humanness",
        "notes",
        "status",
        "created_at",
        "updated_at",
    )
    list_display = (
        "run_item",
        "reviewer",
        "intent",
        "status",
    )
    list_filter = ("status",)
    list_select_related = (
        "run_item",
        "reviewer",
    )
    linked_by = ("run__id__exact",)
    ordering = ("-updated_at",)
