"""Webhooks: written with what happened, signed, sent again until they arrive, telling nothing."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from evalplatform.accounts.models import Membership
from evalplatform.audit.models import AuditEvent
from evalplatform.notifications.models import Notification
from evalplatform.scoping.actor import Actor
from reviews.claiming import claim
from reviews.models import Queue, WebhookDelivery, WebhookSubscription
from reviews.models.webhook import EVENTS
from reviews.queueing import set_status
from reviews.saving import save
from reviews.webhooks import sending
from reviews.webhooks.sending import forget_old, send_waiting, wait_after
from tests.cast import Cast, make_cast
from tests.faults.workers import environment
from tests.reviews_made import NO, YES, make_queue
from tests.webhook_server import WebhookServer

SECRET = "a-secret-of-both-sides-7"
CallAs = Callable[..., APIClient]
SignIn = Callable[..., Client]
API = "/api/v1/webhooks"


@pytest.fixture
def server(settings: Any) -> Iterator[WebhookServer]:
    """A server on loopback that the operator lists."""
    with WebhookServer() as running:
        settings.OUTBOUND_ALLOWED = [running.place]
        yield running


def subscribe(by: Actor, url: str, *events: str) -> WebhookSubscription:
    return WebhookSubscription.create(
        name="Chat", url=url, secret=SECRET, events=list(events or EVENTS), by=by
    )


def review(queue: Queue, *people: Actor, said: Any = YES) -> None:
    """Let these people save the next item."""
    for actor in people:
        slot = claim(queue, by=actor)
        assert slot is not None
        save(slot.queue_item, said | {"feedback": "otter-words"}, by=actor)


def told() -> list[str]:
    return list(
        WebhookDelivery.all_rows.order_by("created_at", "id").values_list("event", flat=True)
    )


def make_due(**changes: Any) -> None:
    """Let what waits be due now, and nobody be busy with it."""
    now = timezone.now() - timedelta(seconds=1)
    WebhookDelivery.all_rows.filter(state="pending").update(next_at=now, **changes)
    WebhookSubscription.all_rows.update(busy_until=None)


# --- what is told --------------------------------------------------------------------------------


@pytest.mark.django_db
def test_events_of_a_blind_queue_say_where_an_item_went_at_its_reveal_and_never_what_was_said(
    cast: Cast,
) -> None:
    subscribe(cast.olga, "https://203.0.112.9/hook")
    queue = make_queue(owner=cast.eva, n_items=1, reviews_per_item=2, status="draft")
    Queue.all_rows.update(n_items=1)
    queue.refresh_from_db()
    set_status(queue, "active", by=cast.eva)

    review(queue, cast.tess, said=NO)
    before = told()
    review(queue, cast.emil, said=YES)

    assert before == ["queue.status", "review.saved"]
    assert sorted(told()) == [
        "item.needs_adjudication", "queue.finished", "queue.status", "review.saved",
        "review.saved",
    ]  # fmt: skip
    texts = json.dumps(list(WebhookDelivery.all_rows.values_list("payload", flat=True)))
    for secret in ("otter-words", "pass", "fail", "verdict"):
        assert secret not in texts
    saved = WebhookDelivery.all_rows.filter(event="review.saved")
    assert {each.payload["data"]["review"]["reviewer"] for each in saved} == {
        str(cast.tess.user.pk), str(cast.emil.user.pk),
    }  # fmt: skip
    assert all(each.payload["id"] == str(each.pk) for each in saved)


@pytest.mark.django_db
def test_settled_items_are_told_once_and_the_finish_after_the_last(cast: Cast) -> None:
    subscribe(cast.olga, "https://203.0.112.9/hook", "item.settled", "queue.finished")
    queue = make_queue(owner=cast.eva, n_items=2)

    review(queue, cast.tess)
    first = told()
    slot = claim(queue, by=cast.tess)
    assert slot is not None
    save(slot.queue_item, YES, by=cast.tess)
    save(slot.queue_item, YES, by=cast.tess)

    assert first == ["item.settled"]
    assert told() == ["item.settled", "item.settled", "queue.finished"]


@pytest.mark.django_db
def test_event_is_written_with_what_happened_or_not_at_all(cast: Cast) -> None:
    subscribe(cast.olga, "https://203.0.112.9/hook")
    subscribe(cast.otto, "https://203.0.112.9/hook")
    off = subscribe(cast.olga, "https://203.0.112.9/off")
    off.change(is_enabled=False, by=cast.olga)
    queue = make_queue(owner=cast.eva, n_items=2)

    with transaction.atomic():
        review(queue, cast.tess)
        transaction.set_rollback(True)
    assert told() == []
    review(queue, cast.tess)

    owners = WebhookDelivery.all_rows.values_list("subscription__team", flat=True)
    assert set(owners) == {cast.team.pk}
    assert not WebhookDelivery.all_rows.filter(subscription=off).exists()


# --- sending -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_event_is_signed_over_time_and_body_and_sent_by_post(
    cast: Cast, server: WebhookServer
) -> None:
    subscribe(cast.olga, server.url, "review.saved")
    review(make_queue(owner=cast.eva, n_items=1), cast.tess)

    assert send_waiting() == 1

    (got,) = server.got
    delivery = WebhookDelivery.all_rows.get()
    t, v1 = (part.split("=")[1] for part in got.headers["X-Evalplatform-Signature"].split(","))
    expected = hmac.new(SECRET.encode(), f"{t}.".encode() + got.body, hashlib.sha256).hexdigest()
    assert v1 == expected
    assert got.headers["X-Evalplatform-Delivery"] == got.payload["id"] == str(delivery.pk)
    assert got.headers["X-Evalplatform-Event"] == "review.saved"
    assert (delivery.state, delivery.last_status, delivery.attempts) == ("delivered", 200, 1)
    assert send_waiting() == 0


@pytest.mark.django_db
def test_failures_are_tried_again_later_with_the_same_id_and_given_up_in_the_end(
    cast: Cast, server: WebhookServer
) -> None:
    webhook = subscribe(cast.olga, server.url, "review.saved")
    review(make_queue(owner=cast.eva, n_items=1), cast.tess)
    server.answers = [500, (429, {"Retry-After": "600"}), (302, {"Location": "http://x.test/"})]

    waits = []
    for _ in range(3):
        make_due()
        assert send_waiting() == 1
        assert send_waiting() == 0
        delivery = WebhookDelivery.all_rows.get()
        waits.append((delivery.next_at - timezone.now()).total_seconds())
    make_due()
    send_waiting()

    assert 4 < waits[0] <= 10
    assert 590 < waits[1] <= 660
    assert 15 < waits[2] <= 40
    assert {each.payload["id"] for each in server.got} == {str(delivery.pk)}
    delivery.refresh_from_db()
    webhook.refresh_from_db()
    assert (delivery.state, delivery.attempts, webhook.n_failures) == ("delivered", 4, 0)

    sending.send_again(delivery)
    server.answers = [500]
    make_due(attempts=sending.MOST_ATTEMPTS - 1)
    send_waiting()
    delivery.refresh_from_db()
    assert (delivery.state, delivery.last_error) == ("failed", "It answered 500.")


@pytest.mark.django_db
def test_server_that_hangs_is_left_after_the_time_and_the_others_wait_without_an_attempt(
    cast: Cast, server: WebhookServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.3)
    subscribe(cast.olga, server.url, "review.saved")
    review(make_queue(owner=cast.eva, n_items=2), cast.tess)
    review(Queue.all_rows.get(), cast.tess)
    server.answers = ["hang"]

    assert send_waiting() == 1

    first, second = WebhookDelivery.all_rows.order_by("-attempts")
    assert (first.attempts, first.last_status) == (1, None)
    assert "did not answer in time" in first.last_error
    assert (second.attempts, second.state) == (0, "pending")
    assert second.next_at > timezone.now()
    make_due()
    assert send_waiting() == 2


@pytest.mark.django_db
def test_webhook_that_only_fails_is_switched_off_and_its_owner_told(
    cast: Cast, server: WebhookServer
) -> None:
    webhook = subscribe(cast.olga, server.url, "review.saved")
    WebhookSubscription.all_rows.update(n_failures=sending.MOST_FAILURES - 1)
    review(make_queue(owner=cast.eva, n_items=1), cast.tess)
    server.answers = [500]

    send_waiting()
    make_due()
    assert send_waiting() == 0

    webhook.refresh_from_db()
    assert (webhook.is_enabled, webhook.disabled_at is None) == (False, False)
    notice = Notification.all_rows.get(user=cast.olga.user)
    assert (notice.kind, notice.url) == ("webhook-off", webhook.get_absolute_url())
    webhook.change(is_enabled=True, by=cast.adam)
    assert (webhook.n_failures, webhook.disabled_at) == (0, None)
    assert send_waiting() == 1
    assert WebhookDelivery.all_rows.get().state == "delivered"


@pytest.mark.django_db
def test_nothing_is_sent_for_one_who_administers_the_team_no_more(
    cast: Cast, server: WebhookServer
) -> None:
    subscribe(cast.adam, server.url)
    review(make_queue(owner=cast.eva, n_items=1), cast.tess)
    Membership.all_rows.filter(user=cast.adam.user).update(role="tester")

    assert send_waiting() == 0

    assert server.got == []
    assert WebhookSubscription.all_rows.get().is_enabled is False


@pytest.mark.django_db
def test_secret_is_not_sent_to_an_address_that_was_changed_in_the_database(
    cast: Cast, server: WebhookServer
) -> None:
    webhook = subscribe(cast.olga, "https://203.0.112.9/hook", "review.saved")
    WebhookSubscription.all_rows.update(url=server.url)
    review(make_queue(owner=cast.eva, n_items=1), cast.tess)

    send_waiting()

    assert server.got == []
    delivery = WebhookDelivery.all_rows.filter(subscription=webhook).first()
    assert delivery is not None
    assert "is not sent anywhere else" in delivery.last_error


def test_waits_double_are_spread_and_end_at_an_hour() -> None:
    for n, longest in ((1, 10), (2, 20), (5, 160), (30, 3600)):
        waits = [wait_after(n) for _ in range(20)]
        assert all(longest / 2 <= wait <= longest for wait in waits)
        assert len(set(waits)) > 1
    assert wait_after(1, 1e9) <= sending.LONGEST_RETRY_AFTER * 1.1


@pytest.mark.django_db
def test_old_events_are_forgotten_but_those_that_wait(cast: Cast) -> None:
    subscribe(cast.olga, "https://203.0.112.9/hook", "review.saved")
    review(make_queue(owner=cast.eva, n_items=2), cast.tess)
    review(Queue.all_rows.get(), cast.tess)
    old = timezone.now() - timedelta(days=31)
    WebhookDelivery.all_rows.update(created_at=old)
    kept = WebhookDelivery.all_rows.first()
    WebhookDelivery.all_rows.exclude(pk=kept.pk).update(state="delivered")

    assert forget_old() == 1
    assert WebhookDelivery.all_rows.get() == kept


@pytest.mark.django_db(transaction=True)
def test_worker_killed_between_sending_and_noting_sends_the_same_event_again(
    server: WebhookServer, settings: Any
) -> None:
    cast = make_cast()
    subscribe(cast.olga, server.url, "review.saved")
    review(make_queue(owner=cast.eva, n_items=1), cast.tess)
    code = "import django; django.setup(); from reviews.tasks import send_webhooks; send_webhooks()"
    told = environment() | {"EVALPLATFORM_OUTBOUND_ALLOWED": server.place}
    workers: list[subprocess.Popen[bytes]] = []
    server.on_request = lambda: os.kill(workers[0].pid, signal.SIGKILL)
    workers.append(subprocess.Popen([sys.executable, "-c", code], env=told))
    server.wait_for(1)
    assert workers[0].wait(20) == -signal.SIGKILL
    server.on_request = lambda: None

    delivery = WebhookDelivery.all_rows.get()
    assert (delivery.state, delivery.attempts) == ("pending", 1)
    assert send_waiting() == 0  # the dead worker's lease
    WebhookSubscription.all_rows.update(busy_until=timezone.now() - timedelta(seconds=1))
    assert send_waiting() == 1

    first, second = server.got
    assert first.body == second.body
    assert first.payload["id"] == second.payload["id"] == str(delivery.pk)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("delivered", 2)


# --- setting up ----------------------------------------------------------------------------------

PRIVATE = (
    "http://127.0.0.1:8000/", "http://localhost/", "http://169.254.169.254/latest",
    "http://10.0.0.5/x", "http://[::1]/", "http://2130706433/",
)  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("url", [*PRIVATE, "ftp://example.org/", "https://a:b@example.org/", "x"])
def test_addresses_that_are_not_on_the_public_internet_are_refused(
    cast: Cast, call_as: CallAs, url: str
) -> None:
    body = {"name": "Chat", "url": url, "secret": SECRET, "events": ["review.saved"]}
    refused = call_as(cast.olga).post(API, body, format="json")

    assert refused.status_code == 400
    assert [each["column"] for each in refused.json()["error"]["errors"]] == ["url"]


@pytest.mark.django_db
def test_webhook_is_set_up_over_http_and_its_secret_is_never_read_back(
    cast: Cast, call_as: CallAs, server: WebhookServer
) -> None:
    client = call_as(cast.olga)
    body = {"name": "Chat", "url": server.url, "secret": SECRET, "events": ["review.saved"]}
    made = client.post(API, body, format="json")
    url = f"{API}/{made.json()['id']}"
    moved = client.patch(url, {"url": "https://203.0.112.9/else"}, format="json")
    short = client.patch(url, {"secret": "short"}, format="json")
    unknown = client.patch(url, {"events": ["review.read"]}, format="json")
    tested = client.post(f"{url}/test").json()
    server.answers = [500]
    failed = client.post(f"{url}/test").json()
    listed = client.get(f"{url}/deliveries").json()["results"]
    again = client.post(f"{url}/deliveries/{listed[0]['id']}/again")

    assert made.status_code == 201
    told = [each.json()["error"]["errors"][0]["column"] for each in (moved, short, unknown)]
    assert told == ["secret", "secret", "events.0"]
    assert (tested["ok"], failed["ok"], failed["status"]) == (True, False, 500)
    assert [each["state"] for each in listed] == ["failed", "delivered"]
    assert again.status_code == 202
    assert send_waiting() == 1
    assert len(server.got) == 3
    for answer in (made, client.get(API), client.get(url), client.get(f"{url}/deliveries")):
        assert SECRET not in answer.content.decode()
    changes = json.dumps(list(AuditEvent.all_rows.values_list("changes", flat=True)))
    assert SECRET not in changes
    assert client.delete(url).status_code == 204
    assert WebhookDelivery.all_rows.count() == 0


@pytest.mark.django_db
def test_webhook_is_set_up_tested_and_sent_again_on_its_pages(
    cast: Cast, sign_in: SignIn, server: WebhookServer
) -> None:
    client, base = sign_in(cast.adam), "/t/lighthouse/webhooks/"
    form = {"name": "Chat", "url": server.url, "events": ["review.saved"], "is_enabled": "on"}
    without = client.post(f"{base}new/", form)
    made = client.post(f"{base}new/", form | {"secret": SECRET})
    page = made["Location"]
    server.answers = [503]
    tested = client.post(f"{page}test/").content.decode()
    html = client.get(page).content.decode()
    delivery = WebhookDelivery.all_rows.get()
    again = client.post(f"{page}again/{delivery.pk}/")
    send_waiting()

    assert without.status_code == 422
    assert "Write the secret for this host." in without.content.decode()
    assert made.status_code == 302
    assert "It answered 503." in tested
    assert "Given up" in html
    assert SECRET not in html
    assert again.status_code == 302
    assert WebhookDelivery.all_rows.get().state == "delivered"
    assert "Chat" in client.get(base).content.decode()
    assert sign_in(cast.eva).get(base).status_code == 403
    assert client.post(f"{page}delete/").status_code == 302
    assert not WebhookSubscription.all_rows.exists()
