"""Admin pages of reviews: places, what was said, behavioral labels; to read, and to release."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.admin import ScopedModelAdmin, actor_of
from reviews.confirming import Confirmed
from reviews.models import BehavioralLabel, Review, ReviewAnswer, ReviewRevision, Slot
from reviews.releasing import release


@admin.register(Slot)
class SlotAdmin(Confirmed):
    """The places of reviewers on items; live ones can be released in bulk."""

    act_verb = Verb.MANAGE_QUEUES
    actions = ("release_places",)

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

    @admin.action(description="Release", permissions=["act"])
    def release_places(self, request: Any, rows: Any) -> Any:
        return self.confirmed(
            request,
            rows,
            lambda row: release(row, by=actor_of(request)),
            "Released",
            action="release_places",
            title="Release these places",
            says="The items can be given to others at once. What their reviewers typed stays with "
            "them, and a late save is kept; it counts when there is room.",
        )


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
