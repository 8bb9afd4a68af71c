"""Where sessions come from."""

from __future__ import annotations

from django.db import models
from django.db.models import Exists, OuterRef, Q

from evalplatform.accounts.models.user import new_id, refuse_hidden_characters
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel


class Source(ScopedModel):
    """A chatbot, a coding tool or an API whose conversations are collected; made by intake."""

    class Kind(models.TextChoices):
        CHATBOT = "chatbot"
        CODING_TOOL = "coding_tool", "Coding tool"
        API = "api", "API"
        FILE = "file"
        RUN = "run"  # conversations that a run of this platform held: never taken by rules

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200, validators=[refuse_hidden_characters])
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.API)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(ScopedModel.Meta):
        ordering = ("name",)
        constraints = [
            models.UniqueConstraint(fields=["team", "name"], name="one_source_per_name"),
        ]

    def __str__(self) -> str:
        return self.name

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """A source shows itself to those who see all, and to whoever sees one of its sessions."""
        from datasets.models.session import Session

        team = Q(team=actor.team)
        if actor.may(Verb.SEE_ALL):
            return team
        return team & Q(Exists(Session.objects.visible_to(actor).filter(source=OuterRef("pk"))))

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return EVERYBODY if actor.may(Verb.EDIT_ALL_EVIDENCE) else NOBODY
