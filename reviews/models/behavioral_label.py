"""How a response behaves, as one reviewer labels it: apart from reviews."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel
from runs.models import Run, RunItem

INTENTS = (
    "Booking Help", "Check-In", "Checkout", "Billing", "Noise", "Room Issue", "Concierge", "Other",
)  # fmt: skip
AFFECTS = ("Neutral", "Mildly Upset", "Upset", "Grateful")
STRATEGIES = ("Acknowledge", "Apology", "Offer", "Escalation")
SAID = ("intent", "guest_affect", "response_strategy", "humanness", "notes")


class BehavioralLabel(ScopedModel):
    """One for each reviewer and row of a run; saving again updates it (formats.md 3.5).

    Only saved ones feed distributions. A colleague's is for those who see analysis alone. What is
    typed over a saved label waits in `draft` and changes nothing until it is saved. `number` rises
    with every draft and save, so that a second device cannot overwrite what it has not seen.
    `payload` is {"shown": what its author had been shown before the last save}.
    """

    class Status(models.TextChoices):
        DRAFT = "draft"
        SAVED = "saved"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    run_item = models.ForeignKey(
        RunItem, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    reviewer = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    intent = models.CharField(max_length=20, blank=True, choices=[(v, v) for v in INTENTS])
    guest_affect = models.CharField(max_length=20, blank=True, choices=[(v, v) for v in AFFECTS])
    response_strategy = models.CharField(
        max_length=20, blank=True, choices=[(v, v) for v in STRATEGIES]
    )
    humanness = models.PositiveSmallIntegerField(null=True, blank=True)
    notes = models.TextField(blank=True)
    status = models.CharField(max_length=5, choices=Status.choices, default=Status.DRAFT)
    payload = models.JSONField(default=dict, blank=True)
    draft = models.JSONField(null=True, blank=True)
    number = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(ScopedModel.Meta):
        ordering = ("run_item", "created_at")
        constraints = [
            models.UniqueConstraint(
                fields=["run_item", "reviewer"], name="one_behavioral_label_per_reviewer"
            ),
            models.CheckConstraint(
                name="humanness_is_one_to_seven",
                condition=Q(humanness=None) | Q(humanness__range=(1, 7)),
            ),
            models.CheckConstraint(
                name="only_saved_labels_have_a_draft_beside_them",
                condition=Q(draft__isnull=True) | Q(status="saved"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.intent or 'no intent'} by {self.reviewer}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own; all of the team's for who sees analysis."""
        team = Q(run__team=actor.team)
        return team if actor.may(Verb.SEE_ANALYSIS) else team & Q(reviewer=actor.user)

    @property
    def is_saved(self) -> bool:
        return self.status == self.Status.SAVED

    @property
    def saved_values(self) -> dict[str, Any]:
        """What the columns hold, by name."""
        return {name: getattr(self, name) for name in SAID}

    @property
    def newest_values(self) -> dict[str, Any]:
        """What its author said last: the draft over what is saved."""
        return {**self.saved_values, **(self.draft or {})}
