"""Webhooks: who is told of what happens in queues, and what became of each telling."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import MinLengthValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from evalplatform.accounts.models.user import new_id, refuse_hidden_characters
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import require_editable
from evalplatform.scoping.models import EVERYBODY, NOBODY, ScopedModel
from runs.outbound.origins import origin_of

EVENTS = {
    "review.saved": "A review is saved",
    "item.settled": "All reviews of an item are there, and agree",
    "item.needs_adjudication": "An item needs adjudication",
    "queue.status": "A queue is opened, paused, closed or archived",
    "queue.finished": "Every item of a queue has its reviews",
}
SHORTEST_SECRET = 16


def known_events(events: list[str]) -> None:
    """Refuse an event that there is not, and none at all."""
    if not events or set(events) - EVENTS.keys():
        raise ValidationError(f"Choose from {', '.join(EVENTS)}.")


def refuse_private(url: str) -> None:
    """Refuse an address that is not public and not listed by the operator, as sending does too.

    One that cannot be looked up now may be there later.
    """
    from runs.outbound.allowing import allowed
    from runs.outbound.errors import OutboundRefusedError, OutboundUnreachableError
    from runs.outbound.resolving import checked_places, system_resolve

    try:
        host, _, port = origin_of(url).partition("://")[2].rpartition(":")
        checked_places(
            host.strip("[]"), int(port), allowed=allowed(), resolve=system_resolve, seconds=3
        )
    except OutboundUnreachableError:
        return
    except (OutboundRefusedError, ValueError) as error:
        raise ValidationError({"url": str(error)}) from None


class WebhookSubscription(ScopedModel):
    """An address that is sent events of the team, signed with a secret that nobody reads back.

    The secret is sealed for `secret_origin`: another host asks for it again. `n_failures` counts
    attempts that failed one after the other; too many switch it off (`disabled_at`).
    `busy_until` is the lease of the worker that sends for it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    team = models.ForeignKey("accounts.Team", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(
        max_length=200, validators=[MinLengthValidator(1), refuse_hidden_characters]
    )
    url = models.CharField(max_length=1000)
    events = ArrayField(models.CharField(max_length=40), validators=[known_events])
    sealed_secret = models.BinaryField(editable=False)
    secret_origin = models.CharField(max_length=300, editable=False)
    is_enabled = models.BooleanField(default=True)
    n_failures = models.PositiveIntegerField(default=0)
    disabled_at = models.DateTimeField(null=True, blank=True)
    busy_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta(ScopedModel.Meta):
        ordering = ("name", "id")
        indexes = [
            models.Index(fields=["team"], condition=Q(is_enabled=True), name="enabled_webhooks"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("webhook", args=[self.team.slug, self.pk])

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Those of the team, for who administers it."""
        return Q(team=actor.team) if actor.may(Verb.MANAGE_WEBHOOKS) else NOBODY

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return EVERYBODY

    @classmethod
    def create(
        cls, *, name: str, url: str, secret: str, events: list[str], by: Actor, **said: Any
    ) -> WebhookSubscription:
        """A subscription of the actor's; ValidationError at the field for what is wrong."""
        if not by.may(Verb.MANAGE_WEBHOOKS):
            raise PermissionDenied("Your role may not send events anywhere.")
        assert said.keys() <= {"is_enabled", "pk"}
        row = cls(team=by.team, owner=by.user, name=name.strip(), events=events, **said)
        row._aim(url.strip(), secret)
        row._check()
        refuse_private(row.url)
        with transaction.atomic():
            row.save(force_insert=True)
            record(by, "webhook.create", row, changes={"url": [None, row.url]})
        return row

    def change(self, *, by: Actor, **said: Any) -> None:
        """Save other values; another host needs the secret again. Switched on, it starts anew."""
        assert said.keys() <= {"name", "url", "secret", "events", "is_enabled"}
        if said.get("url", self.url) != self.url:
            refuse_private(said["url"])
        with transaction.atomic():
            row = self._locked(by)
            url, secret = said.pop("url", row.url).strip(), said.pop("secret", "")
            before = {name: getattr(row, name) for name in ("url", "name", "events", "is_enabled")}
            for name, value in said.items():
                setattr(row, name, value)
            row._aim(url, secret)
            row._check()
            if row.is_enabled and not before["is_enabled"]:
                row.n_failures, row.disabled_at = 0, None
            changes = {n: [v, getattr(row, n)] for n, v in before.items() if getattr(row, n) != v}
            if secret:
                changes["secret"] = ["hidden", "hidden"]
            if changes:
                row.updated_at = timezone.now()
                row.save()
                record(by, "webhook.change", row, changes=changes)
        self.refresh_from_db()

    def remove(self, *, by: Actor) -> None:
        """Delete it, its secret, and what was not sent yet."""
        with transaction.atomic():
            row = self._locked(by)
            record(by, "webhook.delete", row, changes={"url": [row.url, None]})
            row.delete()

    def _locked(self, by: Actor) -> WebhookSubscription:
        rows = WebhookSubscription.objects.visible_to(by).select_for_update(of=("self",))
        row: WebhookSubscription = rows.get(pk=self.pk)
        require_editable(row, by)
        return row

    def _check(self) -> None:
        self.full_clean(exclude=["team", "owner", "sealed_secret"], validate_unique=False)

    def _aim(self, url: str, secret: str) -> None:
        """Take an address and, when it is said, the secret sealed for its host."""
        from runs.outbound.sealing import seal
        from runs.outbound.secret import Secret

        try:
            origin = origin_of(url)
        except ValueError as error:
            raise ValidationError({"url": str(error)}) from None
        if "@" in url.split("//", 1)[1].split("/", 1)[0] or "#" in url or not url.isprintable():
            raise ValidationError({"url": "Write the address without a password, # and spaces."})
        if secret:
            if len(secret) < SHORTEST_SECRET or not secret.isascii() or not secret.isprintable():
                least = f"at least {SHORTEST_SECRET} letters, digits and signs"
                raise ValidationError({"secret": f"A secret has {least}, made at random."})
            self.sealed_secret, self.secret_origin = seal(Secret(secret), origin), origin
        elif origin != self.secret_origin:
            raise ValidationError({"secret": "Write the secret for this host."})
        self.url = url


class WebhookDelivery(ScopedModel):
    """One event for one subscription, written with what happened and sent afterwards.

    The id is the event's and is sent with it: whoever gets it twice can tell. `next_at` is when it
    is tried next, by the database's clock.
    """

    class State(models.TextChoices):
        PENDING = "pending", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    subscription = models.ForeignKey(
        WebhookSubscription, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    event = models.CharField(max_length=40)
    payload = models.JSONField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now())
    last_status = models.PositiveSmallIntegerField(null=True)
    last_error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True)

    class Meta(ScopedModel.Meta):
        ordering = ("-created_at", "-id")
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="pending"), name="webhooks_to_send"),
            models.Index(
                fields=["subscription", "-created_at", "-id"], name="deliveries_of_webhook"
            ),
            models.Index(
                fields=["created_at"], condition=~Q(state="pending"), name="ended_deliveries"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.pk}"

    @classmethod
    def visibility(cls, actor: Actor) -> Q:
        """Seen with its subscription."""
        return Q(subscription__in=WebhookSubscription.objects.visible_to(actor))

    @classmethod
    def editability(cls, actor: Actor) -> Q:
        return EVERYBODY
