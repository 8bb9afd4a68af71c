"""Two requests of one person at the same moment over HTTP: one object, nothing overwritten."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from evalplatform.audit.models import AuditEvent
from reviews.claiming import claim
from reviews.models import Queue, QueueItem, Review, ReviewAnswer, ReviewRevision, Slot
from tests.cast import Cast, make_cast
from tests.reviews_made import NO, YES, make_queue
from tests.servers import WebServer

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
TOKEN = "t" * 32
Sent = tuple[str, str, str]  # method, act, body


class Tabs:
    """Two tabs of Tess on one item, that send at the same moment."""

    def __init__(self, server: WebServer, cast: Cast, client: Client) -> None:
        self.server, self.cast = server, cast
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        self.cookie = f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={TOKEN}"

    def open(self, **fields: Any) -> Slot:
        queue = make_queue(owner=self.cast.eva, **fields)
        slot = claim(queue, by=self.cast.tess)
        assert slot is not None
        self.url = f"/t/lighthouse/queues/{queue.pk}/review/{slot.queue_item.key}/"
        return slot

    def send(self, *sent: Sent) -> list[tuple[int, dict[str, Any]]]:
        together = threading.Barrier(len(sent))
        with ThreadPoolExecutor(len(sent)) as pool:
            return list(pool.map(lambda each: self._send(together, *each), sent))

    def _send(
        self, together: threading.Barrier, method: str, act: str, body: str
    ) -> tuple[int, dict[str, Any]]:
        kind = "application/x-www-form-urlencoded" if act == "decline" else "application/json"
        headers = {"Cookie": self.cookie, "X-CSRFToken": TOKEN, "Content-Type": kind}
        request = urllib.request.Request(
            f"{self.server.url}{self.url}{act}/", body.encode(), headers, method=method
        )
        together.wait(30)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as refusal:
            with refusal:
                said = refusal.read()
            is_json = refusal.headers["Content-Type"].startswith("application/json")
            return refusal.code, json.loads(said) if is_json else {}


@pytest.fixture
def tabs(sign_in: Callable[..., Client]) -> Iterator[Tabs]:
    cast = make_cast()
    with WebServer() as server:
        yield Tabs(server, cast, sign_in(cast.tess))


def body(said: dict[str, Any]) -> str:
    return json.dumps({"number": 0, "draft": said})


def verdict_in(draft: dict[str, Any] | None) -> Any:
    return draft["answers"]["verdict"]["value"] if draft else None


def exact(queue: Queue) -> bool:
    items = QueueItem.all_rows.filter(queue=queue)
    return all(
        row.open_slots
        == queue.reviews_per_item
        - Slot.all_rows.filter(queue_item=row, state="leased").count()
        - Slot.all_rows.filter(queue_item=row, is_counted=True).count()
        for row in items
    )


def test_of_two_tabs_that_save_at_once_one_wins_and_the_other_is_told(tabs: Tabs) -> None:
    for _ in range(5):
        slot = tabs.open(n_items=2)
        answers = tabs.send(("POST", "save", body(YES)), ("POST", "save", body(NO)))

        assert sorted(status for status, _ in answers) == [200, 409]
        won = 0 if answers[0][0] == 200 else 1
        value = ("pass", "fail")[won]
        review = Review.all_rows.get(queue_item=slot.queue_item_id)
        revision = ReviewRevision.all_rows.get(review=review)
        assert (review.n_revisions, revision.answers["verdict"]["value"]) == (1, value)
        told = answers[1 - won][1]
        assert told["is_stale"]
        assert told["draft"]["answers"]["verdict"]["value"] == value
        assert exact(slot.queue)


def test_a_draft_and_a_save_at_once_lose_neither(tabs: Tabs) -> None:
    for _ in range(5):
        slot = tabs.open(n_items=1)
        drafted, saved = tabs.send(("PUT", "draft", body(NO)), ("POST", "save", body(YES)))

        review = Review.all_rows.get(queue_item=slot.queue_item_id)
        assert sorted((drafted[0], saved[0])) == [200, 409]
        expected = (1, None) if saved[0] == 200 else (0, "fail")
        assert (review.n_revisions, verdict_in(review.draft)) == expected


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        (("POST", "save", body(YES)), {(200, 409)}),
        (("PUT", "draft", body(YES)), {(200, 409)}),
        (("POST", "skip", ""), {(200, 200), (200, 409)}),
        (("POST", "decline", "reason=mine"), {(200, 404), (200, 409)}),
        (("POST", "renew", ""), {(200, 200)}),
        (("DELETE", "draft", ""), {(200, 200)}),
    ],
    ids=lambda each: each[1] if each and isinstance(each, tuple) else "",
)
def test_what_is_sent_twice_is_done_once(
    tabs: Tabs, sent: Sent, statuses: set[tuple[int, int]]
) -> None:
    for _ in range(3):
        slot = tabs.open(n_items=3)
        answers = tabs.send(sent, sent)

        found = sorted(status for status, _ in answers)
        assert (found[0], found[1]) in statuses
        act = sent[1]
        review = Review.all_rows.filter(queue_item=slot.queue_item_id).first()
        n_saved = review.n_revisions if review else 0
        assert n_saved == (act == "save")
        assert ReviewAnswer.all_rows.filter(queue=slot.queue_id).count() == n_saved
        if act == "draft" and sent[0] == "PUT":
            assert review is not None
            assert (verdict_in(review.draft), review.draft_number) == ("pass", 1)
        events = AuditEvent.all_rows.filter(verb="review.save", object_id=review and review.pk)
        assert events.count() == n_saved
        states = list(Slot.all_rows.filter(queue=slot.queue_id).values_list("state", flat=True))
        after = {"save": "submitted", "skip": "skipped", "decline": "declined"}.get(act)
        assert sorted(states) == sorted(filter(None, [after, "leased"]))
        assert exact(slot.queue)
