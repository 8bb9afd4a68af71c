"""Sending what waits: signed, through the one way out, and again later when it did not arrive.

One worker at a time sends for a subscription: it holds a lease on it. An attempt is counted before
it is made and its outcome saved after, so that a killed worker's event is sent again with the same
id. Whoever gets it may tell by the id that it has it already.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from evalplatform.accounts.models import Membership
from evalplatform.accounts.roles import Verb, verbs_of
from evalplatform.notifications.notifying import notify
from reviews.models import WebhookDelivery, WebhookSubscription
from reviews.webhooks.telling import delivery_of

SECONDS = 10.0  # for one attempt, the whole of it
LEASE = timedelta(seconds=120)
BUDGET = 45.0  # seconds that one task works
MOST_AT_ONCE = 20  # events sent to one subscription before others have their turn
MOST_ATTEMPTS = 8
MOST_FAILURES = 20  # attempts one after the other; then it is switched off
FIRST_WAIT = 10.0  # seconds; doubled after each further failure
LONGEST_WAIT = 3600.0
LONGEST_RETRY_AFTER = 24 * 3600.0
KEPT = timedelta(days=30)
TEST = "test"

_random = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one attempt."""

    status: int | None = None
    error: str = ""
    retry_after: float | None = None

    @property
    def is_delivered(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_silent(self) -> bool:
        """Nobody answered: the others would wait as long for nothing."""
        return self.status is None


def send_waiting(seconds: float = BUDGET) -> int:
    """Send what is due, subscription by subscription, for so many seconds; how many attempts."""
    end, n = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        subscription = _take()
        if subscription is None:
            return n
        try:
            n += _send_all(subscription, end)
        finally:
            _let_go(subscription)
    return n


def send_test(subscription: WebhookSubscription) -> Outcome:
    """One attempt at an event of no meaning, at once and whatever the switch says."""
    delivery = delivery_of(subscription, TEST, {"text": "This is a test."})
    delivery.state, delivery.attempts = WebhookDelivery.State.FAILED, 1  # until it is known
    delivery.save(force_insert=True)
    outcome = post(subscription, delivery)
    if outcome.is_delivered:
        delivery.state = WebhookDelivery.State.DELIVERED
    delivery.last_status, delivery.last_error = outcome.status, outcome.error[:500]
    delivery.ended_at = timezone.now()
    delivery.save(update_fields=["state", "last_status", "last_error", "ended_at"])
    return outcome


def due() -> Any:
    """Events to be sent now."""
    return WebhookDelivery.all_rows.filter(state="pending", next_at__lte=Now())


def _take() -> WebhookSubscription | None:
    """A subscription with something due that nobody sends for; leased."""
    waiting = due().filter(subscription=OuterRef("pk"))
    free = Q(busy_until=None) | Q(busy_until__lte=Now())
    with transaction.atomic():
        rows = WebhookSubscription.all_rows.filter(free, Exists(waiting), is_enabled=True)
        oldest = waiting.order_by("next_at").values("next_at")[:1]
        rows = rows.select_for_update(of=("self",), skip_locked=True).order_by(Subquery(oldest))
        found: WebhookSubscription | None = rows.select_related("team", "owner").first()
        if found is None:
            return None
        found.busy_until = timezone.now() + LEASE
        found.save(update_fields=["busy_until"])
    return found


def _let_go(subscription: WebhookSubscription) -> None:
    WebhookSubscription.all_rows.filter(
        pk=subscription.pk, busy_until=subscription.busy_until
    ).update(busy_until=None)


def _send_all(subscription: WebhookSubscription, end: float) -> int:
    """Send its due events, the oldest first; stop when nobody answers or it is switched off."""
    if not _owner_may(subscription):
        _switch_off(subscription, "Who made it administers the team no more.")
        return 0
    rows = due().filter(subscription=subscription).order_by("next_at", "created_at", "id")
    n = 0
    for delivery in rows[:MOST_AT_ONCE]:
        n += 1
        _begin(delivery)
        outcome = _attempt(subscription, delivery)
        subscription.refresh_from_db(fields=["is_enabled"])
        if outcome.is_silent or not subscription.is_enabled or time.monotonic() > end:
            if outcome.is_silent:
                _wait_with(subscription, delivery)
            break
    return n


def _begin(delivery: WebhookDelivery) -> None:
    """Count the attempt before it is made; who is killed in it leaves the event due again."""
    rows = WebhookDelivery.all_rows.filter(pk=delivery.pk)
    rows.update(attempts=F("attempts") + 1)
    delivery.attempts += 1


def _wait_with(subscription: WebhookSubscription, failed: WebhookDelivery) -> None:
    """Let the other due events wait a little for who does not answer; no attempt of theirs."""
    rows = due().filter(subscription=subscription).exclude(pk=failed.pk)
    rows.update(next_at=timezone.now() + timedelta(seconds=FIRST_WAIT))


def _attempt(subscription: WebhookSubscription, delivery: WebhookDelivery) -> Outcome:
    outcome = post(subscription, delivery)
    with transaction.atomic():
        row = WebhookSubscription.all_rows.select_for_update().get(pk=subscription.pk)
        delivery.last_status, delivery.last_error = outcome.status, outcome.error[:500]
        if outcome.is_delivered:
            delivery.state, delivery.ended_at = "delivered", timezone.now()
            row.n_failures = 0
        else:
            row.n_failures += 1
            wait = wait_after(delivery.attempts, outcome.retry_after)
            delivery.next_at = timezone.now() + timedelta(seconds=wait)
            if delivery.attempts >= MOST_ATTEMPTS:
                delivery.state, delivery.ended_at = "failed", timezone.now()
        delivery.save(update_fields=["last_status", "last_error", "state", "ended_at", "next_at"])
        row.save(update_fields=["n_failures"])
        if row.n_failures >= MOST_FAILURES and row.is_enabled:
            _switch_off(row, f"{row.n_failures} attempts failed, the last one: {outcome.error}")
    return outcome


def post(subscription: WebhookSubscription, delivery: WebhookDelivery) -> Outcome:
    """Send one event, signed; never longer than the seconds, to no address that is not public."""
    import httpx2

    from runs.outbound.errors import OutboundError
    from runs.outbound.origins import origin_of
    from runs.outbound.sealing import SealError, open_sealed
    from runs.outbound.transport import client
    from runs.retrying import read_retry_after

    try:
        secret = open_sealed(bytes(subscription.sealed_secret), origin_of(subscription.url))
        body = body_of(delivery)
        headers = headers_of(delivery, secret.reveal(), body)
        answer = client().post(subscription.url, content=body, headers=headers, timeout=SECONDS)
    except (OutboundError, SealError, ValueError) as error:
        return Outcome(error=str(error))
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return Outcome(error=f"The address could not be asked ({type(error).__name__}).")
    status = answer.status_code
    if 200 <= status < 300:
        return Outcome(status)
    after = read_retry_after(answer.headers.get("retry-after", ""))
    return Outcome(status, f"It answered {status}.", after)


def body_of(delivery: WebhookDelivery) -> bytes:
    """The event as it is sent: the same bytes at each attempt."""
    text = json.dumps(delivery.payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def headers_of(delivery: WebhookDelivery, secret: str, body: bytes) -> dict[str, str]:
    """The headers of one attempt."""
    return {
        "Content-Type": "application/json",
        "X-Evalplatform-Event": delivery.event,
        "X-Evalplatform-Delivery": str(delivery.pk),
        "X-Evalplatform-Signature": signature_of(secret, body, int(time.time())),
    }


def signature_of(secret: str, body: bytes, at: int) -> str:
    """`t=<epoch seconds>,v1=<hex of HMAC-SHA256 over "t.body">`."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


def wait_after(attempts: int, retry_after: float | None = None) -> float:
    """Seconds to the next attempt: doubled each time, spread; at least what it asked for."""
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(attempts - 1, 16))
    wait = _random.uniform(longest / 2, longest)
    if retry_after:
        asked = min(retry_after, LONGEST_RETRY_AFTER)
        wait = max(wait, asked * _random.uniform(1.0, 1.1))
    return wait


def _owner_may(subscription: WebhookSubscription) -> bool:
    """Whether who made it may still send the team's events anywhere."""
    living = Membership.all_rows.filter(
        team=subscription.team_id, user=subscription.owner_id, ended_at=None,
        user__is_active=True, team__deleted_at=None,
    )  # fmt: skip
    return any(Verb.MANAGE_WEBHOOKS in verbs_of(each.role) for each in living)


def _switch_off(subscription: WebhookSubscription, why: str) -> None:
    """Send nothing more until somebody switches it on again; its owner is told."""
    with transaction.atomic():
        subscription.is_enabled, subscription.disabled_at = False, timezone.now()
        subscription.save(update_fields=["is_enabled", "disabled_at"])
        team = subscription.team
        notify(
            subscription.owner, team, "webhook-off", f"Webhook {subscription.name} is switched off",
            f"{why} What is not sent yet goes when you switch it on again.",
            reverse("webhook", args=[team.slug, subscription.pk]), key=str(subscription.pk),
        )  # fmt: skip


def send_again(delivery: WebhookDelivery) -> None:
    """Let an event be sent once more, with its id, from the first attempt on."""
    delivery.state, delivery.attempts = WebhookDelivery.State.PENDING, 0
    delivery.next_at, delivery.ended_at = timezone.now(), None
    delivery.save(update_fields=["state", "attempts", "next_at", "ended_at"])


def forget_old() -> int:
    """Delete events that ended long ago; how many."""
    old = WebhookDelivery.all_rows.filter(created_at__lt=timezone.now() - KEPT)
    return int(old.exclude(state="pending").delete()[0])
