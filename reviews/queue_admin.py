"""Admin pages of rubrics and queues: to read, and to pause, close and assign queues in bulk."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Min, OuterRef, Q, Subquery

from evalplatform.accounts.roles import Verb
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.admin import ScopedModelAdmin, actor_of
from reviews.confirming import Confirmed
from reviews.models import (
    Queue,
    QueueItem,
    QueueReviewer,
    Rubric,
    RubricVersion,
    Slot,
)
from reviews.queueing import ask_too, set_status
from reviews.reviewers import who_may_review


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
class QueueAdmin(Confirmed):
    """Queues and how they are set up; bulk acts call what the pages call."""

    act_verb = Verb.MANAGE_QUEUES
    actions = ("pause", "close", "ask_people")

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
        "hides_reviewers",
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

    @admin.action(description="Pause", permissions=["act"])
    def pause(self, request: Any, rows: Any) -> Any:
        return self.confirmed(
            request,
            rows,
            lambda row: bring(row, "paused", by=actor_of(request)),
            "Paused",
            action="pause",
            title="Pause these queues",
            says="Nothing is handed out any more; what reviewers hold can still be saved.",
        )

    @admin.action(description="Close", permissions=["act"])
    def close(self, request: Any, rows: Any) -> Any:
        return self.confirmed(
            request,
            rows,
            lambda row: bring(row, "closed", by=actor_of(request)),
            "Closed",
            action="close",
            title="Close these queues",
            says="Nothing can be saved any more; drafts stay, and a queue can be opened again.",
        )

    @admin.action(description="Ask people to review", permissions=["act"])
    def ask_people(self, request: Any, rows: Any) -> Any:
        people = [member.user for member in who_may_review(actor_of(request))]
        chosen = [each for each in people if str(each.pk) in request.POST.getlist("people")]
        return self.confirmed(
            request,
            rows,
            lambda row: ask_too(row, chosen, by=actor_of(request)),
            "Asked",
            action="ask_people",
            title="Ask people to review",
            says="They are asked beside those who are asked already. A queue that was for "
            "everybody is for the people asked from then on.",
            people=people,
            is_said=bool(chosen),
        )


def bring(queue: Queue, status: str, *, by: Actor) -> None:
    """Bring a queue to a status; a step that is none is said as the form's own fault."""
    try:
        set_status(queue, status, by=by)
    except Conflict as refused:
        raise ValidationError(str(refused.detail)) from refused


@admin.register(QueueReviewer)
class QueueReviewerAdmin(ScopedModelAdmin):
    """Who reviews in which queue, and how much they have in hand and done there."""

    fields = (
        "queue",
        "reviewer",
        "is_assigned",
        "added_at",
    )
    list_display = (
        "reviewer",
        "queue",
        "is_assigned",
        "held",
        "oldest_lease",
        "saved",
        "skipped",
        "declined",
    )
    list_filter = ("is_assigned",)
    list_select_related = (
        "queue",
        "reviewer",
    )
    linked_by = ("queue__id__exact", "reviewer__id__exact")

    def get_queryset(self, request: Any) -> Any:
        """The visible places, each with the counts of its reviewer's slots in the queue."""
        slots = Slot.objects.visible_to(actor_of(request)).filter(
            queue=OuterRef("queue"), reviewer=OuterRef("reviewer")
        )
        of_one = slots.order_by().values("queue", "reviewer")

        def n(state: str) -> Subquery:
            counted = of_one.annotate(n=Count("pk", filter=Q(state=state)))
            return Subquery(counted.values("n"))

        leased = Min("leased_at", filter=Q(state="leased"))
        return (
            super()
            .get_queryset(request)
            .annotate(
                n_leased=n("leased"),
                n_submitted=n("submitted"),
                n_skipped=n("skipped"),
                n_declined=n("declined"),
                oldest=Subquery(of_one.annotate(at=leased).values("at")),
            )
        )

    @admin.display(description="held")
    def held(self, row: Any) -> int:
        return row.n_leased or 0

    @admin.display(description="oldest lease")
    def oldest_lease(self, row: Any) -> Any:
        return row.oldest

    @admin.display(description="saved")
    def saved(self, row: Any) -> int:
        return row.n_submitted or 0

    @admin.display(description="skipped")
    def skipped(self, row: Any) -> int:
        return row.n_skipped or 0

    @admin.display(description="declined")
    def declined(self, row: Any) -> int:
        return row.n_declined or 0


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
