"""One thing that a person is told: what happened, and where to look."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.validators import validate_slug
from django.db import models
from django.db.models import Q
from django.utils import timezone

from evalplatform.accounts.models.user import new_id
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import FrontDoor, ScopedQuerySet
from evalplatform.scoping.models import EVERYBODY, ScopedModel

COUNTED = 99


class NotificationQuerySet(ScopedQuerySet["Notification"]):
    """Narrowing of an inbox."""

    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)

    def mark_read(self) -> int:
        """Mark these read, now; those read before keep their time. Returns how many were not."""
        return self.unread().update(read_at=timezone.now())


class Notification(ScopedModel):
    """For one person in one team, and nobody else; made by `notify()`.

    Reading is no act on the team's work: it is not in the audit log.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40, validators=[validate_slug])
    title = models.CharField(max_length=200)
    body = models.TextField(max_length=2000, blank=True)
    url = models.CharField(max_length=500, blank=True)  # a path of the team: /t/<slug>/...
    key = models.CharField(max_length=200, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    objects: ClassVar[FrontDoor[Any]] = FrontDoor(NotificationQuerySet)

    class Meta(ScopedModel.Meta):
        ordering = ("-created_at", "-id")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "team", "kind", "key"],
                condition=Q(read_at=None, key__isnull=False),
                name="one_unread_notification_per_key",
            )
        ]
        indexes = [
            models.Index(fields=["user", "team", "-created_at", "-id"], name="inbox_by_time"),
            models.Index(fields=["user", "team"], condition=Q(read_at=None), name="inbox_unread"),
            models.Index(
                fields=["read_at"], condition=Q(read_at__isnull=False), name="inbox_read_by_age"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """One's own, in this team; no role sees a colleague's."""
        return Q(user=actor.user, team=actor.team)

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return EVERYBODY

    @classmethod
    def n_unread(cls, actor: Actor) -> int:
        """Return how many wait for this person, counted to COUNTED + 1; one index scan."""
        waiting = cls.objects.visible_to(actor).unread().order_by()
        return int(waiting.values("pk")[: COUNTED + 1].count())

    def mark_read(self, *, by: Actor) -> None:
        """Note that its recipient has seen it; twice is the same as once."""
        Notification.objects.editable_by(by).filter(pk=self.pk).mark_read()
