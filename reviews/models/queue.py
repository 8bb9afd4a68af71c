"""A queue: items that people review by a rubric, each a given number of times."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from datasets.models import Dataset
from evalplatform.accounts.models.user import new_id, refuse_hidden_characters
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel
from reviews.models.rubric import RubricVersion
from runs.models import Run


class Queue(ScopedModel):
    """What is reviewed, by whom, how often, and what reviewers are shown meanwhile.

    Draft: set up, nobody reviews. Active: handed out. Paused: nothing is handed out, what is open
    can be saved. Closed: read only, may be opened again. Archived: out of lists and choices.

    `is_blind`: nobody is told what another said until the item is revealed. `hidden_share` of the
    slots hide the auto verdict although `shows_auto_verdict`, drawn by `seed`, so that its pull on
    people can be measured. `sampling` is {"shares": {stratum: share}, "rest", "strata"}; each item
    keeps the probability with which it came in. A queue over a run is that run's only one.
    `floors` is {figure: the least it must be} before the review may be finalised; while it is
    (`is_finalized`, with a Seal), no review is saved. `hides_reviewers`: who adjudicates reads
    letters where the names of reviewers would stand.
    """

    class Target(models.TextChoices):
        SESSION = "session", "Sessions"
        RUN_ITEM = "run_item", "Items of a run"

    class Status(models.TextChoices):
        DRAFT = "draft"
        ACTIVE = "active"
        PAUSED = "paused"
        CLOSED = "closed"
        ARCHIVED = "archived"

    class Order(models.TextChoices):
        ADDED = "added", "As they were added"
        SHUFFLED = "shuffled", "Shuffled by the seed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(
        max_length=200, validators=[MinLengthValidator(1), refuse_hidden_characters]
    )
    instructions = models.TextField(blank=True)
    target = models.CharField(max_length=8, choices=Target.choices)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    dataset = models.ForeignKey(
        Dataset, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    rubric_version = models.ForeignKey(RubricVersion, on_delete=models.PROTECT, related_name="+")
    reviews_auto_evals = models.BooleanField(default=False)
    reviews_per_item = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    is_for_everyone = models.BooleanField(default=True)
    is_blind = models.BooleanField(default=True)
    shows_auto_verdict = models.BooleanField(default=False)
    shows_suggestions = models.BooleanField(default=False)
    hidden_share = models.FloatField(
        default=0, validators=[MinValueValidator(0), MaxValueValidator(1)]
    )
    seed = models.PositiveIntegerField(default=0)
    lease_minutes = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    order = models.CharField(max_length=8, choices=Order.choices, default=Order.ADDED)
    sampling = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT)
    n_items = models.PositiveIntegerField(default=0)
    floors = models.JSONField(default=dict, blank=True)
    is_finalized = models.BooleanField(default=False)
    hides_reviewers = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta(ScopedModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["run"], condition=Q(run__isnull=False), name="one_review_per_run"
            ),
            models.CheckConstraint(
                name="queue_over_a_run_names_it",
                condition=Q(target="session", run=None) | Q(target="run_item", run__isnull=False),
            ),
            models.CheckConstraint(
                name="queue_wants_one_to_ten_reviews", condition=Q(reviews_per_item__range=(1, 10))
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-created_at", "-id"], name="queues_of_team"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("queue", args=[self.team.slug, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """All, or one's own and those one is asked to work on (drafts are their owner's alone)."""
        team = Q(team=actor.team)
        if actor.may(Verb.SEE_ALL):
            return team
        if not actor.may(Verb.REVIEW):
            return team & Q(owner=actor.user)
        asked = Exists(
            QueueReviewer.all_rows.filter(
                queue=OuterRef("pk"), reviewer=actor.user, is_assigned=True
            )
        )
        working = ~Q(status="draft") & (Q(is_for_everyone=True) | Q(asked))
        return team & (Q(owner=actor.user) | working)

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        if not actor.may(Verb.MANAGE_QUEUES):
            return NOBODY
        return EVERYBODY if actor.may(Verb.EDIT_ALL_EVIDENCE) else Q(owner=actor.user)


class QueueReviewer(ScopedModel):
    """One person's place in a queue: whether asked by name, and where their search goes on.

    `cursor` is only a hint: positions up to it were looked at. `n_rounds` counts how often skipped
    items came back.
    """

    queue = models.ForeignKey(Queue, on_delete=models.CASCADE, related_name="+", db_index=False)
    reviewer = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    is_assigned = models.BooleanField(default=False)
    cursor = models.BigIntegerField(default=-1)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta(ScopedModel.Meta):
        ordering = ("queue", "reviewer")
        constraints = [
            models.UniqueConstraint(fields=["queue", "reviewer"], name="one_place_per_reviewer"),
        ]

    def __str__(self) -> str:
        return str(self.reviewer)

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """All places for who may see all or owns the queue; else one's own."""
        mine = Q(reviewer=actor.user) | Q(queue__owner=actor.user)
        team = Q(queue__team=actor.team)
        return team if actor.may(Verb.SEE_ALL) else team & mine
