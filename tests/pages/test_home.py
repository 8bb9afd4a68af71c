"""Home: what is next for a reviewer, what needs whom, and that it asks no more as teams grow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from datasets.models import Dataset, PopulationRule
from evalplatform.accounts.models import ApiKey
from evalplatform.home import needs_of
from evalplatform.jobs.models import Job
from evalplatform.scoping.actor import Actor
from reviews.adjudicating import adjudicate
from reviews.claiming import claim
from reviews.home_parts import next_up
from reviews.models import Queue, QueueItem
from reviews.saving import save
from tests.cast import Cast, make_key
from tests.counting import queries_of
from tests.reviews_made import NO, YES, make_queue
from tests.runs_made import make_run

pytestmark = pytest.mark.django_db


def titles(actor: Actor) -> list[str]:
    return [need.title for need in needs_of(actor)]


def make_dispute(cast: Cast, name: str = "Morning") -> Queue:
    """A queue with one item on which Emil and Tess disagree."""
    queue = make_queue(
        owner=cast.eva, n_items=1, reviewers=[cast.emil, cast.tess], reviews_per_item=2, name=name
    )
    for reviewer, said in ((cast.emil, YES), (cast.tess, NO)):
        slot = claim(queue, by=reviewer)
        assert slot is not None
        save(slot.queue_item, said, by=reviewer)
    return queue


def test_a_reviewer_sees_their_queues_what_they_hold_and_what_was_settled(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    queue = make_dispute(cast)
    item = QueueItem.all_rows.get(queue=queue)
    adjudicate(item, YES | {"cause": "other"}, by=cast.olga)
    make_queue(owner=cast.eva, n_items=3, name="For all")
    mine = make_queue(owner=cast.eva, n_items=2, reviewers=[cast.tess], name="By name")
    claim(mine, by=cast.tess)
    told = next_up(cast.tess)
    assert [row["queue"].name for row in told["to_review"]] == ["By name", "For all"]
    assert [(row["own"].n_open, row["is_asked"]) for row in told["to_review"]] == [
        (2, True), (3, False),
    ]  # fmt: skip
    assert [held["name"] for held in told["holding"]] == ["By name"]
    (settled,) = told["settled"]
    assert (settled["n"], settled["name"]) == (1, "Morning")
    assert settled["url"].endswith(f"/queues/{queue.pk}/differences/")
    page = sign_in(cast.tess).get("/t/lighthouse/").content.decode()
    for text in ("Next for you", "You hold an item", "1 item of yours settled", "asked by name"):
        assert text in page
    assert "How quality moves" not in page
    assert "adjudicate" not in page


def test_an_owner_sees_what_needs_them_the_most_urgent_first(cast: Cast) -> None:
    make_dispute(cast)
    rule = PopulationRule.create(
        Dataset.create(name="All", level="session", by=cast.eva), by=cast.eva, name="Chats"
    )
    PopulationRule.all_rows.filter(pk=rule.pk).update(
        is_enabled=False, disabled_at=timezone.now(), disabled_reason="It failed 3 times in a row."
    )
    make_key(cast.eva)
    ApiKey.all_rows.update(expires_at=timezone.now() + timedelta(days=3, minutes=5))
    make_run(owner=cast.eva, title="Nightly", status="error")
    Job.all_rows.create(
        team=cast.team, requested_by=cast.olga.membership, kind="export", state="failed",
        finished_at=timezone.now(), error="The disk is full.",
    )  # fmt: skip
    found = titles(cast.olga)
    assert found[0] == "1 item to adjudicate"
    assert [title for title in found if "expires in 3 days" in title]
    assert "The rule “Chats” was stopped" in found
    assert "The run “Nightly” ended in error" in found
    assert "1 job that you asked for failed" in found
    assert titles(cast.emil) == []
    eva = titles(cast.eva)
    assert "Morning cannot be finalised yet" in eva
    assert "1 item to adjudicate" not in eva
    assert titles(cast.otto) == []


def test_a_review_whose_places_are_all_taken_waits_for_its_end(cast: Cast) -> None:
    queue = make_queue(owner=cast.eva, n_items=1, name="Morning")
    slot = claim(queue, by=cast.tess)
    assert titles(cast.eva) == ["Morning cannot be finalised yet"]
    assert slot is not None
    save(slot.queue_item, YES, by=cast.tess)
    (need,) = needs_of(cast.eva)
    assert (need.title, need.tone) == ("All reviews of Morning are in", "pass")
    assert need.url.endswith(f"/queues/{queue.pk}/finalise/")
    Queue.all_rows.update(is_finalized=True)
    assert titles(cast.eva) == []


def test_home_asks_no_more_as_the_team_grows(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    client = sign_in(cast.olga)
    make_dispute(cast)

    def count() -> int:
        return queries_of(lambda: client.get("/t/lighthouse/"))

    count()  # what is looked up once in a process
    few = count()
    for n in range(4):
        make_dispute(cast, name=f"More {n}")
        make_run(owner=cast.eva, title=f"Run {n}", status="error")
    assert count() == few


def test_how_quality_moves_is_for_who_sees_analysis(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    make_dispute(cast)
    part = sign_in(cast.adam).get("/t/lighthouse/home/quality/").content.decode()
    assert "How quality moves" in part
    assert "<html" not in part
    home = sign_in(cast.adam).get("/t/lighthouse/").content.decode()
    assert 'hx-get="/t/lighthouse/home/quality/"' in home
    assert sign_in(cast.eva).get("/t/lighthouse/home/quality/").status_code == 403
