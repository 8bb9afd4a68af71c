"""Overrides of the machine's verdicts on the review page: marked when shown, hidden with them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from reviews.claiming import claim
from reviews.models import Queue, QueueItem, Slot
from runs.models import CheckResult
from runs.overriding import override
from tests.cast import Cast
from tests.reviews_made import make_queue_with_verdicts
from tests.runs_made import make_check_result, make_run

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


@pytest.fixture
def queue(cast: Cast) -> Queue:
    """A row whose verdict Adam has put right, under review."""
    run = make_run(owner=cast.eva, n_items=1)
    override(CheckResult.all_rows.get(), by=cast.adam, verdict="fail", feedback="otter-reason")
    return make_queue_with_verdicts(owner=cast.eva, run=run, shows_auto_verdict=True)


def page_of(queue: Queue, client: Client) -> str:
    html = client.get(f"/t/lighthouse/queues/{queue.pk}/review/").content.decode()
    return " ".join(html.split())


@pytest.mark.parametrize("reviews", [True, False])
def test_standing_verdict_is_shown_with_who_overrode_it_and_what_the_machine_said(
    cast: Cast, sign_in: SignIn, queue: Queue, reviews: bool
) -> None:
    Queue.all_rows.update(reviews_auto_evals=reviews)
    html = page_of(queue, sign_in(cast.tess))

    assert "Overridden by <b>Adam</b>" in html
    assert "otter-reason" in html
    assert "The verdict that stands" in html
    assert html.count("What the machine says") == 1


@pytest.mark.parametrize("reviews", [True, False])
@pytest.mark.parametrize("how", ["queue", "slot"])
def test_nothing_of_an_override_is_shown_where_the_verdict_is_hidden(
    cast: Cast, sign_in: SignIn, queue: Queue, reviews: bool, how: str
) -> None:
    Queue.all_rows.update(reviews_auto_evals=reviews, shows_auto_verdict=how == "slot")
    claim(Queue.all_rows.get(), by=cast.tess)
    Slot.all_rows.update(hides_auto=how == "slot")
    html = page_of(queue, sign_in(cast.tess))

    for word in ("Overridden", "otter-reason", "Adam", "verdict that stands", "chip--fail"):
        assert word not in html


@pytest.mark.parametrize("shows", [True, False])
def test_api_marks_the_override_or_gives_nothing_of_the_verdict(
    cast: Cast, call_as: Callable[..., APIClient], queue: Queue, shows: bool
) -> None:
    Queue.all_rows.update(shows_auto_verdict=shows)
    answer = call_as(cast.tess).post(f"/api/v1/queues/{queue.pk}/claim")
    text = answer.content.decode()

    assert answer.status_code == 200
    for word in ("otter-reason", "adam@example.org", '"stands":false'):
        assert (word in text) is shows, text


def test_overrides_are_not_queried_one_by_one(cast: Cast, sign_in: SignIn, queue: Queue) -> None:
    client, counts = sign_in(cast.tess), []
    page_of(queue, client)
    for _ in range(2):
        with CaptureQueriesContext(connection) as found:
            page_of(queue, client)
        counts.append(len(found))
        row = QueueItem.all_rows.get().run_item
        assert row is not None
        for n in range(1 if len(counts) == 1 else 99, 6):
            override(
                make_check_result(row, position=n), by=cast.adam, verdict="fail", feedback="no"
            )

    assert counts[0] == counts[1]
