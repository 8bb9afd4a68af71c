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
    actor_user = models.ForeignKey(  # None: an operator, from the command line
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_email = models.CharField(max_length=254, blank=True)
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
        ordering = ("-at", "-id")
        indexes = [
            models.Index(fields=["team", "-at", "-id"], name="audit_by_time"),
            models.Index(
                fields=["team", "object_type", "object_id", "-at", "-id"], name="audit_by_object"
            ),
            models.Index(fields=["team", "verb", "-at", "-id"], name="audit_by_verb"),
            models.Index(fields=["team", "actor_user", "-at", "-id"], name="audit_by_person"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="audit_is_append_only", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor_email or 'operator'} {self.verb} {self.object_label}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        return Q(team=actor.team) if actor.may(Verb.READ_AUDIT) else NOBODY
