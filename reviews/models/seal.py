"""The seal on a finished review: who closed it, with which numbers, over exactly which evidence."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from evalplatform.accounts.models.user import new_id
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.models import ScopedModel
from reviews.models.queue import Queue
from reviews.models.queue_item import QueueItem


class Seal(ScopedModel):
    """One finalisation of a queue's review. The next one of the queue names the digest of this one.

    `digest` is SHA-256 over the items' digests in order, the snapshot and `previous_digest`, in
    lower-case hexadecimal. Reopening notes who, when and why; what was sealed stays as it is.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    finalized_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    finalized_at = models.DateTimeField(db_default=Now())
    snapshot = models.JSONField()
    n_items = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    previous_digest = models.CharField(max_length=64, blank=True)
    reopened_by = models.ForeignKey(
        "accounts.User", null=True, on_delete=models.PROTECT, related_name="+"
    )
    reopened_at = models.DateTimeField(null=True)
    reopen_reason = models.TextField(blank=True)

    class Meta(ScopedModel.Meta):
        ordering = ("queue", "-number")
        constraints = [
            models.UniqueConstraint(fields=["queue", "number"], name="one_seal_per_number"),
            models.UniqueConstraint(
                fields=["queue"], condition=Q(reopened_at=None), name="one_seal_holds"
            ),
            models.CheckConstraint(
                name="reopening_says_who_and_why",
                condition=Q(reopened_at=None, reopened_by=None, reopen_reason="")
                | (Q(reopened_at__isnull=False, reopened_by__isnull=False) & ~Q(reopen_reason="")),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="seal_is_not_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="seal_is_final",
                operation=pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    *(
                        "queue_id",
                        "number",
                        "finalized_by_id",
                        "finalized_at",
                        "snapshot",
                        "n_items",
                    ),
                    *("digest", "previous_digest"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.queue}, seal {self.number}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Those of queues or of runs that one owns, or all for who sees all."""
        team = Q(queue__team=actor.team)
        own = Q(queue__owner=actor.user) | Q(queue__run__owner=actor.user)
        return team if actor.may(Verb.SEE_ALL) else team & own


class SealedItem(ScopedModel):
    """The digest of one item's evidence as it was sealed, so that a broken seal names the item.

    `parts` are the digests of the parts of that evidence, so that it says which part differs.
    """

    seal = models.ForeignKey(Seal, on_delete=models.CASCADE, related_name="+", db_index=False)
    queue_item = models.ForeignKey(
        QueueItem, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    digest = models.CharField(max_length=64)
    parts = models.JSONField(default=dict)

    class Meta(ScopedModel.Meta):
        ordering = ("seal", "queue_item")
        constraints = [
            models.UniqueConstraint(fields=["seal", "queue_item"], name="item_sealed_once"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="sealed_item_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            )
        ]

    def __str__(self) -> str:
        return f"{self.queue_item} in {self.seal}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Seen with its seal."""
        return Q(seal__in=Seal.objects.visible_to(actor))
