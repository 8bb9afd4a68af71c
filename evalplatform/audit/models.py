"""One append-only row per state change."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import NOBODY, ScopedModel


class AuditEvent(ScopedModel):
    """Who (in which role) did what to which object; the database refuses changes to it."""

    at = models.DateTimeField(auto_now_add=True)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    actor_user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    actor_email = models.CharField(max_length=254)
    role = models.CharField(max_length=20)
    via = models.CharField(max_length=10)
    verb = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=60)
    object_label = models.CharField(max_length=200)
    changes = models.JSONField(default=dict)
    request_id = models.CharField(max_length=32, blank=True)
    address = models.GenericIPAddressField(null=True)

    class Meta(ScopedModel.Meta):
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["team", "-id"], name="audit_of_team"),
            models.Index(
                fields=["team", "object_type", "object_id", "-id"], name="audit_of_object"
            ),
            models.Index(fields=["team", "verb", "-id"], name="audit_of_verb"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="audit_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor_email} {self.verb} {self.object_label}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return Q(team=actor.team) if actor.may(Verb.READ_AUDIT) else NOBODY
