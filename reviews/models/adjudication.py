"""What was settled where reviewers disagreed, and what a reviewer has to say against it."""

from __future__ import annotations

import pgtrigger
from django.core.validators import MinLengthValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel
from reviews.models.queue import Queue
from reviews.models.queue_item import QueueItem
from reviews.models.review import Review


class Adjudication(ScopedModel):
    """The final answers of one item, who gave them, why, and what the disagreement came from.

    It overwrites no review. A later one of the same item takes its place (`is_current`); an edit of
    a review after it notes `reopened_at`, and the item waits for an adjudicator again. `answers`
    and `checks` are held as a revision holds them; `labels` are those of formats.md 3.1.
    """

    class Cause(models.TextChoices):
        GUIDELINE_GAP = "guideline_gap", "Gap in the guidelines"
        REVIEWER_SLIP = "reviewer_slip", "Slip of a reviewer"
        AMBIGUOUS_ITEM = "ambiguous_item", "Ambiguous item"
        OTHER = "other", "Other"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+")
    queue_item = models.ForeignKey(
        QueueItem, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    number = models.PositiveIntegerField()
    adjudicator = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField()
    checks = models.JSONField(default=dict)
    labels = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    cause = models.CharField(max_length=14, choices=Cause.choices)
    adjudicated_at = models.DateTimeField(db_default=Now())
    is_current = models.BooleanField(default=True)
    reopened_at = models.DateTimeField(null=True)
    via = models.CharField(max_length=10)
    request_id = models.CharField(max_length=32, blank=True)

    class Meta(ScopedModel.Meta):
        ordering = ("queue_item", "number")
        constraints = [
            models.UniqueConstraint(
                fields=["queue_item", "number"], name="one_adjudication_per_number"
            ),
            models.UniqueConstraint(
                fields=["queue_item"],
                condition=Q(is_current=True),
                name="one_current_adjudication_per_item",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="adjudication_is_said_once",
                operation=pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    *("answers", "checks", "labels", "reason", "cause", "adjudicator_id"),
                    "adjudicated_at",
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.queue_item}, adjudication {self.number}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """All for who adjudicates or owns the queue; a reviewer's of items that they saved.

        And only when the item is revealed: before, the final answer would tell what others said.
        """
        team = Q(queue__team=actor.team)
        if actor.may(Verb.ADJUDICATE):
            return team
        saved = Review.all_rows.filter(
            queue_item=OuterRef("queue_item"), reviewer=actor.user, saved_at__isnull=False
        )
        told = Q(queue_item__revealed_at__isnull=False) & Q(Exists(saved))
        seen = Q(queue__in=Queue.objects.visible_to(actor))
        return team & seen & (Q(queue__owner=actor.user) | told)


class Contest(ScopedModel):
    """A reviewer's word against an adjudication, and what the adjudicator answered."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    adjudication = models.ForeignKey(
        Adjudication, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    reviewer = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    note = models.TextField(validators=[MinLengthValidator(1)])
    contested_at = models.DateTimeField(db_default=Now())
    answer = models.TextField(blank=True)
    answered_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(null=True)

    class Meta(ScopedModel.Meta):
        ordering = ("contested_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["adjudication", "reviewer"], name="one_contest_per_reviewer"
            ),
        ]
        indexes = [
            models.Index(
                fields=["adjudication"], condition=Q(answered_at=None), name="open_contests"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer} on {self.adjudication}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """All for who adjudicates, else one's own."""
        team = Q(adjudication__queue__team=actor.team)
        return team if actor.may(Verb.ADJUDICATE) else team & Q(reviewer=actor.user)
