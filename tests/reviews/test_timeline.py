"""The timeline of an item's reviews: who reads what, what changed, and the item as of a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reviews.adjudicating import adjudicate, answer_contest, contest
from reviews.claiming import claim
from reviews.lifecycle import finalise, reopen
from reviews.models import Queue, QueueItem, Review, ReviewRevision, Slot
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


# --- what was settled and sealed -----------------------------------------------------------------


@pytest.fixture
def settled(cast: Cast) -> QueueItem:
    """Reviewed by two who differ, decided, contested, answered, sealed, reopened and saved anew."""
    queue = make_queue(owner=cast.olga, n_items=1, reviews_per_item=2)
    for who, what in ((cast.eva, YES), (cast.emil, NO)):
        save(given(queue, who), what, by=who)
    item = QueueItem.all_rows.get(queue=queue)
    labels = {"guestIntent": "Noise", "followThroughRequired": True}
    told = NO | {"cause": "reviewer_slip", "reason": "otter-date", "labels": labels}
    contested = contest(adjudicate(item, told, by=cast.adam), "otter-word", by=cast.eva)
    answer_contest(contested, "otter-answer", by=cast.adam)
    finalise(queue, by=cast.olga)
    reopen(queue, "otter-reopen", by=cast.adam)
    save(item, YES | {"feedback": "Still."}, by=cast.eva)
    return item


def test_timeline_tells_what_was_settled_contested_sealed_and_opened_again(
    cast: Cast, sign_in: SignIn, settled: QueueItem
) -> None:
    page = sign_in(cast.olga).get(url(settled))

    events = list(reversed(page.context["events"]))
    assert [(event.kind, event.by and event.by.name) for event in events] == [
        ("adjudicated", "Adam"), ("contested", "Eva"), ("answered", "Adam"), ("sealed", "Olga"),
        ("unsealed", "Adam"), ("reopened", None),
    ]  # fmt: skip
    assert events[0].answers[1:] == (
        ("Guest intent", "Noise"), ("Follow-through required", "Yes"),
    )  # fmt: skip
    html = page.content.decode()
    for said in ("otter-date", "Slip of a reviewer", "otter-word", "otter-answer", "otter-reopen"):
        assert said in html
    order = [entry["at"] for entry in page.context["entries"]]
    assert order == sorted(order, reverse=True)
    assert len(order) == 3 + 6


def test_as_of_any_moment_has_the_decision_and_the_seal_that_held_then(
    cast: Cast, sign_in: SignIn, settled: QueueItem
) -> None:
    client = sign_in(cast.olga)
    events = list(reversed(client.get(url(settled)).context["events"]))
    held = []
    for event in (None, *events):
        moment = event.at if event else events[0].at - timedelta(microseconds=1)
        page = client.get(url(settled, f"?at={moment:%Y-%m-%dT%H:%M:%S.%f}"))
        final, seal = page.context["final"], page.context["seal"]
        held.append((final and final.number, seal and seal.number))
        assert ("decision 1" in page.content.decode().split("What happened")[0]) is bool(final)

    assert held == [(None, None), (1, None), (1, None), (1, None), (1, 1), (1, None), (None, None)]


def test_a_reviewer_reads_the_decision_on_their_item_and_is_known_to_have_seen_it(
    cast: Cast, sign_in: SignIn, settled: QueueItem
) -> None:
    emil = sign_in(cast.emil).get(url(settled))

    kinds = {event.kind for event in emil.context["events"]}
    assert kinds == {"adjudicated", "reopened"}
    assert "otter-word" not in emil.content.decode()
    assert "final" in Review.all_rows.get(queue_item=settled, reviewer=cast.emil.user).shown


def test_who_still_has_to_say_theirs_reads_no_decision(
    cast: Cast, sign_in: SignIn, settled: QueueItem
) -> None:
    Slot.all_rows.create(
        queue=settled.queue, queue_item=settled, reviewer=cast.olga.user, state="skipped"
    )

    page = sign_in(cast.olga).get(url(settled)).content.decode()

    assert "otter-date" not in page
    assert "otter-word" not in page
