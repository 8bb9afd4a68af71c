"""Admin pages of what was settled and sealed: to read alone, it is changed on the pages."""

from __future__ import annotations

from django.contrib import admin

from evalplatform.scoping.admin import ScopedModelAdmin
from reviews.models import Adjudication, Contest, Seal, SealedItem


@admin.register(Adjudication)
class AdjudicationAdmin(ScopedModelAdmin):
    """Every adjudication, the ones that were replaced among them."""

    fields = (
        *("queue", "queue_item", "number", "adjudicator", "answers", "checks", "labels"),
        *("reason", "cause", "adjudicated_at", "is_current", "reopened_at", "via"),
    )
    list_display = ("queue_item", "number", "adjudicator", "cause", "is_current", "adjudicated_at")
    list_filter = ("cause", "is_current")
    list_select_related = ("queue_item__queue", "adjudicator")
    linked_by = ("queue__id__exact",)
    ordering = ("-adjudicated_at", "-id")


@admin.register(Contest)
class ContestAdmin(ScopedModelAdmin):
    """What reviewers said against adjudications, and what was answered."""

    fields = (
        *("adjudication", "reviewer", "note", "contested_at"),
        *("answer", "answered_by", "answered_at"),
    )
    list_display = ("adjudication", "reviewer", "contested_at", "answered_at")
    list_select_related = ("adjudication__queue_item__queue", "reviewer")
    linked_by = ("adjudication__id__exact",)
    ordering = ("-contested_at", "-id")


@admin.register(Seal)
class SealAdmin(ScopedModelAdmin):
    """Who finalised which review, with which figures, and who opened it again."""

    fields = (
        *("queue", "number", "finalized_by", "finalized_at", "snapshot", "n_items", "digest"),
        *("previous_digest", "reopened_by", "reopened_at", "reopen_reason"),
    )
    list_display = ("queue", "number", "finalized_by", "finalized_at", "reopened_at")
    list_select_related = ("queue", "finalized_by")
    linked_by = ("queue__id__exact",)
    ordering = ("-finalized_at", "-id")


@admin.register(SealedItem)
class SealedItemAdmin(ScopedModelAdmin):
    """The digest of each item as it was sealed."""

    fields = ("seal", "queue_item", "digest")
    list_display = ("queue_item", "seal", "digest")
    list_select_related = ("queue_item__queue", "seal__queue")
    linked_by = ("seal__id__exact",)
    ordering = ("-id",)
