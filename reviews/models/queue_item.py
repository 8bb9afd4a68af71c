"""One thing to be reviewed in a queue, and the places that reviewers take on it."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from datasets.models import DatasetItem, Session
from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel
from reviews.models.queue import Queue
from reviews.routing import ReviewState
from runs.models import RunItem


class QueueItem(ScopedModel):
    """A session or a row of a run. `open_slots` = reviews wanted - live leases - counted reviews.

    `open_slots` is what the next item is found by, and never wrong: every change of a slot changes
    it in the same statement or transaction. `inclusion_probability` is the chance with which the
    sampling plan took the item. `state` is where routing has put it.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.UUIDField(default=new_id, editable=False, unique=True)
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+", db_index=False)
    position = models.BigIntegerField()
    session = models.ForeignKey(
        Session, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    run_item = models.ForeignKey(
        RunItem, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    dataset_item = models.ForeignKey(
        DatasetItem, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    stratum = models.CharField(max_length=200, blank=True)
    inclusion_probability = models.FloatField(default=1)
    open_slots = models.PositiveSmallIntegerField()
    n_counted = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(
        max_length=18,
        choices=[
            (state.value, state.value.replace("_", " ").capitalize()) for state in ReviewState
        ],
        default=ReviewState.UNREVIEWED.value,
    )
    is_canon_candidate = models.BooleanField(default=False)
    reasons = models.JSONField(default=list, blank=True)
    revealed_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField(db_default=Now())

    class Meta(ScopedModel.Meta):
        ordering = ("queue", "position", "id")
        constraints = [
            models.UniqueConstraint(fields=["queue", "position"], name="one_item_per_position"),
            models.UniqueConstraint(
                fields=["queue", "session"],
                condition=Q(session__isnull=False),
                name="session_once_in_a_queue",
            ),
            models.UniqueConstraint(
                fields=["queue", "run_item"],
                condition=Q(run_item__isnull=False),
                name="row_once_in_a_queue",
            ),
            models.CheckConstraint(
                name="item_has_one_target",
                condition=Q(session__isnull=True, run_item__isnull=False)
                | Q(session__isnull=False, run_item__isnull=True),
            ),
            models.CheckConstraint(
                name="item_came_in_by_a_chance",
                condition=Q(inclusion_probability__gt=0, inclusion_probability__lte=1),
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "position"], condition=Q(open_slots__gt=0), name="open_queue_items"
            ),
            models.Index(fields=["queue", "state", "position"], name="queue_items_by_state"),
            models.Index(
                fields=["queue"], condition=Q(revealed_at__isnull=True), name="items_not_revealed"
            ),
            models.Index(
                fields=["session"], condition=Q(session__isnull=False), name="reviews_of_session"
            ),
            models.Index(
                fields=["run_item"], condition=Q(run_item__isnull=False), name="reviews_of_row"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue} #{self.position}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """All of a queue for its owner and who sees all; a reviewer sees the items they were given.

        What was given is a slot: leased, saved, skipped or declined.
        """
        team = Q(queue__team=actor.team)
        if actor.may(Verb.SEE_ALL):
            return team
        given = Exists(Slot.all_rows.filter(queue_item=OuterRef("pk"), reviewer=actor.user))
        queues = Queue.objects.visible_to(actor)
        return team & Q(queue__in=queues) & (Q(queue__owner=actor.user) | Q(given))


class Slot(ScopedModel):
    """One reviewer's place on one item; there is one for each of the two, for ever.

    `leased` until `expires_at`, by the database's clock, held by whoever says `token`. A lease that
    ends without a save is `released` and may be had again; `skipped` ones come back after the
    others; `declined` ones never. `is_counted`: the save took one of the item's wanted reviews;
    otherwise it came late and is kept as extra. `hides_auto` was drawn when the slot was made.
    """

    class State(models.TextChoices):
        LEASED = "leased"
        SUBMITTED = "submitted"
        DECLINED = "declined"
        RELEASED = "released"
        SKIPPED = "skipped"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+", db_index=False)
    queue_item = models.ForeignKey(
        QueueItem, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    reviewer = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    state = models.CharField(max_length=9, choices=State.choices)
    token = models.UUIDField(null=True)
    leased_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    is_counted = models.BooleanField(default=False)
    hides_auto = models.BooleanField(default=False)
    reason = models.TextField(blank=True)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta(ScopedModel.Meta):
        ordering = ("queue_item", "reviewer")
        constraints = [
            models.UniqueConstraint(
                fields=["queue_item", "reviewer"], name="one_slot_per_reviewer_and_item"
            ),
            models.CheckConstraint(
                name="lease_has_a_token_and_an_end",
                condition=~Q(state="leased") | Q(token__isnull=False, expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="only_saved_slots_count", condition=Q(is_counted=False) | Q(state="submitted")
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(state="leased"), name="slots_that_expire"
            ),
            models.Index(
                fields=["queue", "reviewer"], condition=Q(state="leased"), name="live_slots"
            ),
            models.Index(
                fields=["queue", "reviewer", "changed_at"],
                condition=Q(state="skipped"),
                name="skipped_slots",
            ),
            models.Index(fields=["reviewer", "queue", "state"], name="slots_of_reviewer"),
        ]

    def __str__(self) -> str:
        return f"{self.reviewer}: {self.state}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """All for who sees all or owns the queue, else one's own."""
        team = Q(queue__team=actor.team)
        if actor.may(Verb.SEE_ALL):
            return team
        return team & (Q(reviewer=actor.user) | Q(queue__owner=actor.user))

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        """Places are taken back by who may change the queue."""
        return Q(queue__in=Queue.objects.editable_by(actor))
