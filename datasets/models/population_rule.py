"""A rule that brings new sessions into a dataset, and what each of its polls did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MaxValueValidator, MinLengthValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from datasets.models.dataset import Dataset
from evalplatform.accounts.models.user import new_id, refuse_hidden_characters
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.jobs.models import Job
from evalplatform.notifications.notifying import living_member, notify
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel

KIND = "poll_rule"
BY_HAND = "Disabled by hand."


class PopulationRule(ScopedModel):
    """Takes new sessions that fit `filters` into a dataset of sessions, every five minutes.

    It acts as `created_by`, with what that person sees and may change at that moment. Whoever may
    change the dataset may stop it; what it takes is changed only by its owner and by those who may
    change all evidence, since others would see through it what they may not see.
    `filters` are canonical (datasets.filters). `due_at` is when it is polled next, by the
    database's clock: who moves it on has the poll.
    """

    MOST_FAILURES = 3
    SAID = ("name", "filters", "lookback_days", "quiet_minutes")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="+")
    level = models.CharField(max_length=7, default=Dataset.Level.SESSION, editable=False)
    name = models.CharField(
        max_length=200, validators=[MinLengthValidator(1), refuse_hidden_characters]
    )
    filters = models.JSONField(default=dict, blank=True)
    lookback_days = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(1), MaxValueValidator(365)]
    )
    quiet_minutes = models.PositiveSmallIntegerField(
        default=10, validators=[MaxValueValidator(1440)]
    )
    is_enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    n_failures = models.PositiveSmallIntegerField(default=0)
    disabled_at = models.DateTimeField(null=True, blank=True)
    disabled_reason = models.TextField(blank=True)
    due_at = models.DateTimeField(default=timezone.now)
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta(ScopedModel.Meta):
        ordering = ("dataset", "created_at", "id")
        constraints = [
            models.CheckConstraint(
                name="rules_fill_datasets_of_sessions", condition=Q(level="session")
            ),
            models.CheckConstraint(
                name="rule_has_its_bounds",
                condition=Q(lookback_days__range=(1, 365), quiet_minutes__lte=1440),
            ),
            models.CheckConstraint(
                name="disabled_rule_says_when",
                condition=Q(is_enabled=True, disabled_at=None)
                | Q(is_enabled=False, disabled_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(is_enabled=True), name="rules_to_poll"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("rule", args=[self.dataset.team.slug, self.dataset_id, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """A rule is seen by whoever sees its dataset."""
        return Q(dataset__in=Dataset.objects.visible_to(actor))

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        if actor.may(Verb.EDIT_ALL_EVIDENCE):
            return EVERYBODY
        if not actor.may(Verb.EDIT_EVIDENCE):
            return NOBODY
        return Q(created_by=actor.user, dataset__owner=actor.user)

    # --- by people -----------------------------------------------------------------------

    @classmethod
    def create(cls, dataset: Dataset, *, by: Actor, **values: Any) -> PopulationRule:
        """A rule of the actor, polled soon; ValidationError for a dataset of messages."""
        rule = cls(dataset=dataset, created_by=by.user, **values)
        with transaction.atomic():
            require_editable(dataset, by)
            if dataset.level != Dataset.Level.SESSION:
                raise ValidationError("Rules fill datasets of whole sessions only.")
            rule.full_clean(exclude=["dataset", "created_by", "job"], validate_unique=False)
            rule.save(force_insert=True)
            record(by, "rule.create", rule, changes={"filters": [None, rule.filters]})
        return rule

    def change(self, *, by: Actor, **values: Any) -> None:
        """Save other values of what the rule says; it goes on acting as its owner."""
        assert values.keys() <= set(self.SAID)
        with transaction.atomic():
            row = self._locked(by)
            require_editable(row, by)
            changes = {
                name: [getattr(row, name), value]
                for name, value in values.items()
                if getattr(row, name) != value
            }
            for name, (_, value) in changes.items():
                setattr(row, name, value)
            row.full_clean(exclude=["dataset", "created_by", "job"], validate_unique=False)
            if changes:
                row.save(update_fields=list(changes))
                record(by, "rule.change", row, changes=changes)

    def enable(self, *, by: Actor) -> None:
        """Let it go on, with its failures forgotten; it is polled soon."""
        with transaction.atomic():
            row = self._locked(by)
            require_editable(row, by)
            if not row.is_enabled:
                row.is_enabled, row.n_failures = True, 0
                row.disabled_at, row.disabled_reason = None, ""
                row.due_at = timezone.now()
                row.save()
                record(by, "rule.enable", row, changes={"is_enabled": [False, True]})

    def disable(self, *, by: Actor) -> None:
        """Stop it by hand; what it has brought stays."""
        with transaction.atomic():
            row = self._locked(by)
            require_editable(row.dataset, by)
            if row.is_enabled:
                row._stop(BY_HAND)
                record(by, "rule.disable", row, changes={"is_enabled": [True, False]})

    def remove(self, *, by: Actor) -> None:
        """Delete it with the record of its polls; what it has brought stays."""
        with transaction.atomic():
            row = self._locked(by)
            require_editable(row.dataset, by)
            record(by, "rule.delete", row, changes={"name": [row.name, None]})
            row.delete()

    def poll_now(self, *, by: Actor) -> None:
        """Have it polled at once; nothing happens while a poll is under way."""
        with transaction.atomic():
            row = self._locked(by)
            require_editable(row.dataset, by)
            if row.is_enabled:
                row.enqueue_poll()

    # --- by the platform -----------------------------------------------------------------

    def enqueue_poll(self) -> Job | None:
        """Ask for a poll as the rule's owner, and move on when it is due; stop it without one.

        The caller holds the row's lock.
        """
        self.due_at = Now() + timedelta(seconds=settings.RULE_POLL_SECONDS * 0.9)
        member = living_member(self.created_by, self.dataset.team)
        if member is None:
            self.stop("Its owner is not in the team any more, and a rule acts as its owner.")
            return None
        if self.job is None or not self.job.is_open:
            self.job = Job.enqueue(KIND, {"rule": str(self.pk)}, by=member.act(via="job"))
        self.save(update_fields=["due_at", "job"])
        return self.job

    def note_success(self) -> None:
        """Forget earlier failures: three in a row disable a rule."""
        if self.n_failures:
            self.n_failures = 0
            self.save(update_fields=["n_failures"])

    def note_failure(self, reason: str) -> None:
        """Count a failure; the third in a row disables the rule and tells its owner."""
        self.n_failures += 1
        self.save(update_fields=["n_failures"])
        if self.n_failures >= self.MOST_FAILURES:
            self.stop(f"It failed {self.n_failures} times in a row, the last time so: {reason}")

    def stop(self, reason: str) -> None:
        """Disable it and tell its owner and the dataset's; once."""
        if not self.is_enabled:
            return
        self._stop(reason)
        title, team = f"The rule “{self.name}” was disabled", self.dataset.team
        url = self.get_absolute_url()
        for person in {self.created_by, self.dataset.owner}:
            notify(person, team, "rule-disabled", title, reason, url, key=str(self.pk))

    def _stop(self, reason: str) -> None:
        self.is_enabled, self.disabled_at, self.disabled_reason = False, timezone.now(), reason
        self.save(update_fields=["is_enabled", "disabled_at", "disabled_reason"])

    def _locked(self, by: Actor) -> PopulationRule:
        """The row as it is now, locked, if this person may see it and change datasets at all."""
        if not by.may(Verb.EDIT_EVIDENCE):
            raise PermissionDenied("Your role may not change datasets.")
        rows = PopulationRule.objects.visible_to(by).select_for_update(of=("self",))
        related = rows.select_related("dataset__team", "dataset__owner", "created_by", "job")
        row: PopulationRule = related.get(pk=self.pk)
        return row


class RulePoll(ScopedModel):
    """What one poll of a rule did; kept for thirty days.

    `n_seen` sessions fit: `n_added` came into the dataset, `n_already` had come before, `n_waiting`
    were still being written. `version` is the one that was made; none when nothing was added.
    """

    KEPT_FOR = timedelta(days=30)

    rule = models.ForeignKey(
        PopulationRule, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    at = models.DateTimeField(db_default=Now())
    n_seen = models.PositiveIntegerField(default=0)
    n_added = models.PositiveIntegerField(default=0)
    n_already = models.PositiveIntegerField(default=0)
    n_waiting = models.PositiveIntegerField(default=0)
    n_left_out = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(null=True)
    error = models.TextField(blank=True)

    class Meta(ScopedModel.Meta):
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["rule", "-id"], name="polls_of_rule"),
            models.Index(fields=["at"], name="polls_by_age"),
        ]

    def __str__(self) -> str:
        return self.error or f"{self.n_added} of {self.n_seen} added"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """A poll is seen by whoever sees its rule's dataset."""
        return Q(rule__in=PopulationRule.objects.visible_to(actor))
