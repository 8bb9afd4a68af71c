"""One utterance in a session, with the trace of that moment."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from datasets.models.session import Session
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel


class Message(ScopedModel):
    """`position` is 0-based, unique in the session and never re-sorted."""

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"
        SYSTEM = "system"
        TOOL = "tool"
        UNKNOWN = "unknown"

    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="messages")
    position = models.PositiveIntegerField()
    external_id = models.TextField(blank=True)
    role = models.CharField(max_length=10, choices=Role.choices)
    content = models.TextField(blank=True)
    created_at = models.DateTimeField(null=True)
    model = models.TextField(blank=True)
    tags = ArrayField(models.TextField(), default=list, blank=True)
    comments = ArrayField(models.TextField(), default=list, blank=True)
    prompt_tokens = models.BigIntegerField(null=True)
    completion_tokens = models.BigIntegerField(null=True)
    participant_data = models.JSONField(default=dict, blank=True)
    session_state = models.JSONField(default=dict, blank=True)
    summary = models.TextField(blank=True)

    class Meta(ScopedModel.Meta):
        ordering = ("session", "position")
        constraints = [
            models.UniqueConstraint(
                fields=["session", "position"], name="one_message_per_position"
            ),
            models.CheckConstraint(
                name="message_role_is_known",
                condition=Q(role__in=["user", "assistant", "system", "tool", "unknown"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.position}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """A message is seen by whoever sees its session."""
        team = Q(session__team=actor.team)
        return team if actor.may(Verb.SEE_ALL) else team & Q(session__owner=actor.user)
