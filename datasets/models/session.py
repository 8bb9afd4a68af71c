"""A captured conversation."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.urls import reverse

from datasets.querysets import SessionQuerySet
from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import FrontDoor
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel


class Session(ScopedModel):
    """One conversation, as intake brought it; unique by external_id in its source.

    `n_messages`, `n_pairs` (user message with a reply, formats.md 1.1) are counted by intake in the
    transaction that changes the messages. `search` is filled by a job after intake (null: waiting).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey("datasets.Source", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=256)
    title = models.TextField(blank=True)
    project_path = models.TextField(blank=True)
    project_name = models.TextField(blank=True)
    model = models.TextField(blank=True)
    provider = models.TextField(blank=True)
    participant_identifier = models.TextField(blank=True)
    participant = models.JSONField(default=dict, blank=True)
    channel = models.TextField(blank=True)
    tags = ArrayField(models.TextField(), default=list, blank=True)
    prompt_tokens = models.BigIntegerField(null=True, blank=True)
    completion_tokens = models.BigIntegerField(null=True, blank=True)
    cost = models.DecimalField(max_digits=20, decimal_places=10, null=True, blank=True)
    duration_ms = models.BigIntegerField(null=True, blank=True)
    session_state = models.JSONField(default=dict, blank=True)
    started_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    n_messages = models.PositiveIntegerField(default=0)
    n_pairs = models.PositiveIntegerField(default=0)
    search = SearchVectorField(null=True, editable=False)

    objects: ClassVar[FrontDoor[Any]] = FrontDoor(SessionQuerySet)

    class Meta(ScopedModel.Meta):
        ordering = ("-started_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="one_session_per_external_id"
            ),
            models.CheckConstraint(
                name="session_numbers_are_not_negative",
                condition=(Q(prompt_tokens=None) | Q(prompt_tokens__gte=0))
                & (Q(completion_tokens=None) | Q(completion_tokens__gte=0))
                & (Q(cost=None) | Q(cost__gte=0))
                & (Q(duration_ms=None) | Q(duration_ms__gte=0)),
            ),
        ]
        indexes = [
            models.Index(fields=["team", "-started_at", "-id"], name="sessions_of_team"),
            models.Index(fields=["team", "owner", "-started_at", "-id"], name="sessions_of_owner"),
            models.Index(fields=["source", "-started_at", "-id"], name="sessions_of_source"),
            GinIndex(fields=["tags"], name="sessions_by_tag"),
            GinIndex(fields=["search"], name="sessions_by_text"),
            models.Index(fields=["team", "id"], condition=Q(search=None), name="sessions_to_index"),
            # Counts join sessions with labels by it, without reading a row of either.
            models.Index(fields=["team", "id"], name="sessions_by_id_of_team"),
        ]

    def __str__(self) -> str:
        """The title; after `with_opening`, how an untitled one begins, in one line."""
        return title_of(self.title, getattr(self, "opening", None))

    def get_absolute_url(self) -> str:
        return reverse("session", args=[self.team.slug, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """All of the team's for those who see all, else one's own."""
        team = Q(team=actor.team)
        return team if actor.may(Verb.SEE_ALL) else team & Q(owner=actor.user)

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        if actor.may(Verb.EDIT_ALL_EVIDENCE):
            return EVERYBODY
        return Q(owner=actor.user) if actor.may(Verb.EDIT_EVIDENCE) else NOBODY


def title_of(title: str, opening: str | None) -> str:
    """Return what a session is called: its title, else how it begins, in one line."""
    return title or " ".join((opening or "").split()) or "Untitled"
