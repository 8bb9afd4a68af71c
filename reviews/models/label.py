"""What a team says about a session: eval-ready or not, and how good it is."""

from __future__ import annotations

from typing import Any, ClassVar

import pghistory
import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from datasets.models import Session
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import FrontDoor
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel
from reviews.changes import LabelState


class EvalLabel(ScopedModel):
    """One label per session, made the first time somebody marks or judges it.

    `reviewed_at` and `reviewed_by` are set by every save of status, notes, tags or expected
    output, and never cleared. Marking eval-ready sets needs_review when there is no status.
    """

    class Status(models.TextChoices):
        GOLDEN = "golden"
        CORRECT = "correct"
        INCORRECT = "incorrect"
        NEEDS_REVIEW = "needs_review", "Needs review"

    session = models.OneToOneField(
        Session, primary_key=True, on_delete=models.CASCADE, related_name="label"
    )
    is_eval_ready = models.BooleanField(default=False)
    status = models.CharField(max_length=12, choices=Status.choices, null=True, blank=True)
    notes = models.TextField(blank=True)
    tags = ArrayField(models.TextField(), default=list, blank=True)
    expected_output = models.TextField(null=True, blank=True)
    marked_at = models.DateTimeField(null=True)
    marked_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta(ScopedModel.Meta):
        constraints = [
            models.CheckConstraint(
                name="label_status_is_known",
                condition=Q(status=None)
                | Q(status__in=["golden", "correct", "incorrect", "needs_review"]),
            ),
            models.CheckConstraint(
                name="reviewed_label_has_a_when_and_a_who",
                condition=Q(reviewed_at=None, reviewed_by=None)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["status"], condition=Q(is_eval_ready=True), name="eval_ready_by_status"
            ),
            models.Index(
                fields=["session"],
                include=["status"],
                condition=Q(is_eval_ready=True),
                name="eval_ready_sessions",
            ),
            GinIndex(fields=["tags"], name="labels_by_tag"),
        ]

    def __str__(self) -> str:
        return f"{self.status or 'unset'}: {self.session}"

    @property
    def version(self) -> str:
        """Return by what a later save knows which label it was based on."""
        return LabelState.of(self).version

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """A label is seen by whoever sees its session."""
        team = Q(session__team=actor.team)
        return team if actor.may(Verb.SEE_ALL) else team & Q(session__owner=actor.user)

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        if not actor.may(Verb.LABEL):
            return NOBODY
        return EVERYBODY if actor.may(Verb.EDIT_ALL_EVIDENCE) else Q(session__owner=actor.user)


class EvalLabelRevision(
    ScopedModel,
    pghistory.create_event_model(  # type: ignore[misc]
        EvalLabel,
        context_field=None,
        abstract=True,
        obj_field=pghistory.ObjForeignKey(
            related_name="+", on_delete=models.DO_NOTHING, db_constraint=False, db_index=True
        ),
    ),
):
    """Every state a label was ever in, written by the database itself and never changed."""

    objects: ClassVar[FrontDoor[Any]] = FrontDoor()

    class Meta(ScopedModel.Meta):
        abstract = False
        triggers = [
            pgtrigger.Protect(
                name="label_history_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.status or 'unset'} at {self.pgh_created_at}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """A revision is seen by whoever sees the session."""
        team = Q(session__team=actor.team)
        return team if actor.may(Verb.SEE_ALL) else team & Q(session__owner=actor.user)
