"""What one reviewer said of one item: the draft, the saved answers, and every revision of them."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel
from reviews.models.queue import Queue
from reviews.models.queue_item import QueueItem
from runs.models import CheckResult


def whose(actor: Actor, path: str) -> Q:
    """The rule of all that a review holds.

    One's own always; a colleague's for who sees all, and for everybody else when the item is
    revealed or the queue is not blind, on items that they were given. `path` leads to the review.
    """
    own = Q(**{f"{path}reviewer": actor.user})
    team = Q(**{f"{path}queue__team": actor.team})
    if actor.may(Verb.SEE_ALL):
        return team
    given = QueueItem.objects.visible_to(actor)
    open_items = Q(**{f"{path}queue_item__in": given}) & (
        Q(**{f"{path}queue_item__revealed_at__isnull": False})
        | Q(**{f"{path}queue__is_blind": False})
    )
    return team & (own | open_items)


class Review(ScopedModel):
    """One for each reviewer and item. Dirty: `draft` is not null. Complete: saved and not dirty.

    `draft` is {"answers": {criterion: answer}, "checks": {result id: answer}, "feedback"} as it was
    typed; `draft_number` rises with each autosave, so that a second device cannot overwrite what it
    has not seen. `is_counted` says whether it took one of the item's wanted reviews.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+", db_index=False)
    queue_item = models.ForeignKey(
        QueueItem, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    reviewer = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    reviewer_kind = models.CharField(
        max_length=5, choices=[("human", "Person"), ("ai", "Machine")], default="human"
    )
    started_at = models.DateTimeField(db_default=Now())
    draft = models.JSONField(null=True)
    draft_number = models.PositiveIntegerField(default=0)
    draft_at = models.DateTimeField(null=True)
    saved_at = models.DateTimeField(null=True)
    n_revisions = models.PositiveIntegerField(default=0)
    is_counted = models.BooleanField(default=False)
    shown = models.JSONField(default=dict, blank=True)  # {"auto_verdict": time, ...} so far

    class Meta(ScopedModel.Meta):
        ordering = ("queue_item", "saved_at", "id")
        constraints = [
            models.UniqueConstraint(
                fields=["queue_item", "reviewer"], name="one_review_per_reviewer_and_item"
            ),
            models.CheckConstraint(
                name="saved_review_has_a_revision",
                condition=Q(saved_at=None, n_revisions=0)
                | Q(saved_at__isnull=False, n_revisions__gt=0),
            ),
        ]
        indexes = [
            models.Index(fields=["queue", "reviewer", "saved_at"], name="reviews_of_reviewer"),
            models.Index(
                fields=["queue"],
                condition=Q(saved_at__isnull=False, draft__isnull=False),
                name="dirty_reviews",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer} on {self.queue_item}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own; a colleague's after reveal (see `whose`). A colleague's draft is nobody's."""
        return whose(actor, "") & (Q(reviewer=actor.user) | Q(saved_at__isnull=False))

    @property
    def is_dirty(self) -> bool:
        """Whether something was typed that is not saved."""
        return self.draft is not None

    @property
    def is_complete(self) -> bool:
        return self.saved_at is not None and not self.is_dirty


class ReviewRevision(ScopedModel):
    """A save of a review, whole: what was said, and what its author had been shown before.

    `exposure` is {"auto_verdict", "suggestions", "colleagues", "final": true | false}. The rows are
    never changed or deleted by themselves.
    """

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    saved_at = models.DateTimeField(db_default=Now())
    saved_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField()
    checks = models.JSONField(default=dict)
    feedback = models.TextField(blank=True)
    exposure = models.JSONField(default=dict)
    is_exposed = models.BooleanField(default=False)
    via = models.CharField(max_length=10)
    request_id = models.CharField(max_length=32, blank=True)

    class Meta(ScopedModel.Meta):
        ordering = ("review", "number")
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="one_revision_per_number"),
        ]
        triggers = [pgtrigger.Protect(name="revision_is_final", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return f"{self.review} v{self.number}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Seen with its review."""
        return Q(review__in=Review.objects.visible_to(actor))


class ReviewAnswer(ScopedModel):
    """One answer of one revision, as statistics need it: a criterion's or a check's, never both.

    `value` is text for every kind (sets in `labels`), `number` when it is one. `is_latest` marks
    the answers of the newest revision, `is_first_unexposed` those that were given first before
    anything was shown; both may be the same row. `is_rating` marks those that agreement is counted
    from: of the newest revision made before colleagues' answers or the final one were shown;
    `is_exposed` says that anything else was in view, the auto verdict or a suggestion, or they.
    """

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="+", db_index=False)
    revision = models.ForeignKey(
        ReviewRevision, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+", db_index=False)
    queue_item = models.ForeignKey(
        QueueItem, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    reviewer = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    criterion = models.CharField(max_length=60, blank=True)
    check_result = models.ForeignKey(
        CheckResult, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    value = models.TextField(null=True)
    number = models.FloatField(null=True)
    labels = ArrayField(models.TextField(), null=True)
    flagged = models.BooleanField(default=False)
    note = models.TextField(blank=True)
    is_latest = models.BooleanField(default=True)
    is_first_unexposed = models.BooleanField(default=False)
    is_rating = models.BooleanField(default=False, db_default=False)
    is_exposed = models.BooleanField(default=False, db_default=False)
    is_counted = models.BooleanField(default=True)

    class Meta(ScopedModel.Meta):
        ordering = ("review", "id")
        constraints = [
            models.CheckConstraint(
                name="answer_to_a_criterion_or_a_check",
                condition=Q(criterion="", check_result__isnull=False)
                | (~Q(criterion="") & Q(check_result=None)),
            ),
            models.UniqueConstraint(
                fields=["revision", "criterion"],
                condition=~Q(criterion=""),
                name="one_answer_per_criterion",
            ),
            models.UniqueConstraint(
                fields=["revision", "check_result"],
                condition=Q(check_result__isnull=False),
                name="one_answer_per_check",
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "criterion", "queue_item"],
                condition=Q(is_latest=True),
                name="latest_answers",
            ),
            models.Index(
                fields=["queue", "criterion", "queue_item"],
                condition=Q(is_first_unexposed=True),
                name="independent_answers",
            ),
            models.Index(
                fields=["queue", "criterion", "queue_item"],
                condition=Q(is_rating=True),
                name="ratings_of_queue",
            ),
            models.Index(
                fields=["queue"], condition=Q(is_rating=False), name="answers_that_do_not_rate"
            ),
            models.Index(fields=["queue_item", "reviewer"], name="answers_of_item"),
            models.Index(
                fields=["queue", "queue_item"],
                condition=Q(is_latest=True, is_counted=True, flagged=True),
                name="flagged_answers",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.criterion or self.check_result_id}: {self.value}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Seen with its review."""
        return Q(review__in=Review.objects.visible_to(actor))
