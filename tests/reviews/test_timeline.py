"""The timeline of an item's reviews: who reads what, what changed, and the item as of a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reviews.claiming import claim
from reviews.models import Queue, QueueItem, Review, ReviewRevision
from reviews.review_history import state_at, timeline_of
from reviews.saving import note_shown, save
from tests.cast import Cast
from tests.reviews_made import NO, YES, make_queue

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
TOLD = YES | {"feedback": "otter-told"}


def given(queue: Queue, by: Any) -> QueueItem:
    slot = claim(queue, by=by)
    assert slot is not None
    item: QueueItem = slot.queue_item
    return item


def url(item: QueueItem, query: str = "") -> str:
    return f"/t/lighthouse/queues/{item.queue_id}/review/{item.key}/history/{query}"


@pytest.fixture
def item(cast: Cast) -> QueueItem:
    """An item of Eva's queue that two review; Tess has saved twice, shown the verdict between."""
    item = given(make_queue(owner=cast.eva, n_items=1, reviews_per_item=2), cast.tess)
    review = save(item, TOLD, by=cast.tess)
    note_shown(review, "auto_verdict")
    save(item, NO, by=cast.tess)
    return item


def test_timeline_says_what_changed_who_when_via_and_what_had_been_shown(
    cast: Cast, item: QueueItem
) -> None:
    first, second = timeline_of(item, cast.tess)

    assert [change.label for change in first.changes] == [
        "Is the answer good enough?", "Anything else",
    ]  # fmt: skip
    assert [(c.label, c.before, c.after) for c in second.changes] == [
        ("Is the answer good enough?", first.changes[0].after, second.changes[0].after),
        ("Anything else", "otter-told", ""),
    ]
    assert (first.shown, second.shown) == ([], ["the machine’s verdicts"])
    assert (first.n_first, second.n_first) == (1, 0)
    assert [change.is_first for change in first.changes] == [True, False]
    assert (first.via, first.reviewer) == ("on the page", cast.tess.user)


def test_page_shows_ones_own_saves_and_leads_there_from_review_and_queue(
    cast: Cast, sign_in: SignIn, item: QueueItem
) -> None:
    client = sign_in(cast.tess)
    html = client.get(url(item)).content.decode()

    assert "otter-told" in html
    assert "Had been shown the machine’s verdicts." in html
    assert "first unexposed one" in html
    assert f'href="{url(item)}"' in client.get(url(item)[: -len("history/")]).content.decode()
    queue = client.get(f"/t/lighthouse/queues/{item.queue_id}/").content.decode()
    assert "saved 2 times" in queue


@pytest.mark.parametrize(("name", "status", "reads"), [
    ("olga", 200, True),  # sees all, has no place on it
    ("eva", 200, False),  # runs the queue
    ("emil", 404, False),
    ("otto", 404, False),
])  # fmt: skip
def test_before_reveal_only_who_sees_all_reads_a_colleagues_saves(
    cast: Cast, sign_in: SignIn, item: QueueItem, name: str, status: int, reads: bool
) -> None:
    response = sign_in(cast.actor(name)).get(url(item))

    assert response.status_code == status
    assert ("otter-told" in response.content.decode()) is reads


@pytest.mark.parametrize("name", ["olga", "emil"])
def test_who_has_a_place_reads_nothing_before_their_own_save_and_all_after_reveal(
    cast: Cast, sign_in: SignIn, item: QueueItem, name: str
) -> None:
    reviewer = cast.actor(name)
    given(item.queue, reviewer)
    client = sign_in(reviewer)
    before = client.get(url(item)).content.decode()
    save(item, YES, by=reviewer)
    after = client.get(url(item)).content.decode()

    assert "otter-told" not in before
    assert "Tess" not in before
    assert "otter-told" in after
    assert "colleagues" in Review.all_rows.get(reviewer=reviewer.user).shown


def test_who_looks_first_and_reviews_later_is_known_to_be_exposed(
    cast: Cast, sign_in: SignIn, item: QueueItem
) -> None:
    sign_in(cast.olga).get(url(item))
    given(item.queue, cast.olga)
    save(item, YES, by=cast.olga)

    revision = ReviewRevision.all_rows.get(saved_by=cast.olga.user)
    assert revision.exposure["colleagues"] is True
    assert revision.is_exposed


def test_as_of_a_moment_or_a_save_shows_what_was_said_by_then(
    cast: Cast, sign_in: SignIn, item: QueueItem
) -> None:
    steps = timeline_of(item, cast.tess)
    client = sign_in(cast.tess)
    early = (steps[0].at - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")

    assert state_at(steps, steps[0].at) == [steps[0]]
    assert [step.number for step in client.get(url(item, "?step=1")).context["state"]] == [1]
    assert [step.number for step in client.get(url(item)).context["state"]] == [2]
    nothing = client.get(url(item, f"?at={early}"))
    assert nothing.context["state"] == []
    assert "Nothing was saved by then." in nothing.content.decode()


@pytest.mark.parametrize("at", ["yesterday", "2026-13-45T99:99", "2026-02-30T10:00", "1"])
def test_a_moment_that_is_none_is_refused_at_the_field(
    cast: Cast, sign_in: SignIn, item: QueueItem, at: str
) -> None:
    response = sign_in(cast.tess).get(url(item, f"?at={at}"))

    assert response.status_code == 422
    assert "Write a moment like" in response.content.decode()


def test_timeline_does_not_query_per_save(cast: Cast, sign_in: SignIn, item: QueueItem) -> None:
    client, counts = sign_in(cast.tess), []
    client.get(url(item))
    for _ in range(2):
        with CaptureQueriesContext(connection) as found:
            client.get(url(item))
        counts.append(len(found))
        for _ in range(3):
            save(item, YES, by=cast.tess)

    assert counts[0] == counts[1]
