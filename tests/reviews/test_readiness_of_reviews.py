"""The readiness gate with its reviews: 60 runs of 50 prompts, reviewed by one tester."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page
from rest_framework.test import APIClient

from evalplatform.scoping.actor import Actor
from reviews.claiming import claim
from reviews.models import Queue, QueueItem, QueueReviewer, Review, Rubric
from reviews.saving import save, save_draft
from runs.models import Run, RunBatch, RunItem
from tests.cast import Cast
from tests.reviews_made import YES
from tests.runs_made import make_run

CallAs = Callable[..., APIClient]
API = "/api/v1"
N_RUNS, N_PROMPTS = 60, 50
# Runs that are reviewed request by request, and by what the requests call; the reviews of the
# others are put in as rows, since three thousand saves take longer than all tests of this folder.
BY_HTTP, BY_CALLS = 1, 2


def make_batch(owner: Actor, *, n_runs: int, n_prompts: int) -> list[Run]:
    """A batch of runs that have ended, with their rows."""
    batch: RunBatch = RunBatch.all_rows.create(team=owner.team, owner=owner.user, n_runs=n_runs)
    runs = [
        make_run(owner=owner, title=f"Run {n}", source="controlled_batch", batch=batch,
                 batch_position=n, prompt_count=n_prompts)
        for n in range(n_runs)
    ]  # fmt: skip
    RunItem.all_rows.bulk_create(
        RunItem(run=run, order_index=n, public_id=f"p-{n}", source_type="prompt",
                prompt_text=f"Question {n}?", response=f"Answer {n}.", status="success")
        for run in runs for n in range(n_prompts)
    )  # fmt: skip
    return runs


def make_reviews_of(runs: list[Run], *, reviewer: Actor, owner: Actor) -> list[Queue]:
    """The open review of each run, to be done by one person."""
    version = Rubric.of_the_product("pass-fail", by=owner).newest()
    queues = Queue.all_rows.bulk_create(
        Queue(team=owner.team, owner=owner.user, name=run.title, target="run_item", run=run,
              rubric_version=version, status="active", is_for_everyone=False, n_items=N_PROMPTS)
        for run in runs
    )  # fmt: skip
    by_run = {queue.run_id: queue for queue in queues}
    QueueReviewer.all_rows.bulk_create(
        QueueReviewer(queue=queue, reviewer=reviewer.user, is_assigned=True) for queue in queues
    )
    QueueItem.all_rows.bulk_create(
        QueueItem(queue=by_run[row.run_id], position=row.order_index, run_item=row, open_slots=1)
        for row in RunItem.all_rows.filter(run__in=runs)
    )
    return queues


def review_over_http(client: APIClient, queue: Queue) -> None:
    """Claim and save until nothing is left."""
    url = f"{API}/queues/{queue.pk}"
    while item := client.post(f"{url}/claim").json()["item"]:
        body = {"token": item["slot"]["token"], **YES}
        saved = client.post(f"{url}/items/{item['key']}/save", body, format="json")
        assert saved.status_code == 200, saved.content


def review_at_once(queue: Queue, by: Actor) -> None:
    """The same by what claiming and saving over HTTP call."""
    while slot := claim(queue, by=by):
        save(slot.queue_item, YES, by=by)


def put_reviews_in(queues: list[Queue], by: Actor) -> None:
    """The reviews of these queues as saving leaves them."""
    items = QueueItem.all_rows.filter(queue__in=queues)
    Review.all_rows.bulk_create(
        Review(queue_id=item.queue_id, queue_item=item, reviewer=by.user, saved_at=timezone.now(),
               n_revisions=1, is_counted=True)
        for item in items
    )  # fmt: skip
    items.update(n_counted=1, open_slots=0, state="reviewed", revealed_at=timezone.now())


@pytest.mark.django_db
def test_sixty_runs_of_fifty_prompts_reviewed_by_one_tester_are_ready(
    cast: Cast, call_as: CallAs, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 100_000
    runs = make_batch(cast.olga, n_runs=N_RUNS, n_prompts=N_PROMPTS)
    queues = make_reviews_of(runs, reviewer=cast.tess, owner=cast.olga)
    tester, url = call_as(cast.tess), f"{API}/analysis/readiness?runs={N_RUNS}"
    for queue in queues[:BY_HTTP]:
        review_over_http(tester, queue)
    half_way = call_as(cast.adam).get(url).json()
    assert half_way["line"] == "not ready | 60 | 3000 | 3000 | 3000 | 50"
    assert half_way["reasons"][0] == "50 reviews by Tess for 3,000 expected prompts."
    for queue in queues[BY_HTTP : BY_HTTP + BY_CALLS]:
        review_at_once(queue, cast.tess)
    put_reviews_in(queues[BY_HTTP + BY_CALLS :], cast.tess)

    answer = call_as(cast.adam).get(url).json()
    assert (answer["line"], answer["reasons"]) == ("ready | 60 | 3000 | 3000 | 3000 | 3000", [])
    assert answer["reviewer"]["name"] == "Tess"
    call_command("readiness", "--runs", "60", "--reviewer", cast.tess.user.email)
    assert capsys.readouterr().out == "ready | 60 | 3000 | 3000 | 3000 | 3000\n"
    assert Review.all_rows.filter(is_counted=True).count() == N_RUNS * N_PROMPTS
    assert tester.get(url).status_code == 403


@pytest.mark.django_db
def test_a_review_typed_over_and_not_saved_is_not_complete(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    runs = make_batch(cast.olga, n_runs=1, n_prompts=2)
    (queue,) = make_reviews_of(runs, reviewer=cast.tess, owner=cast.olga)
    review_at_once(queue, cast.tess)
    url = "/t/lighthouse/runs/readiness/?runs=1"
    assert "ready | 1 | 2 | 2 | 2 | 2" in sign_in(cast.adam).get(url).content.decode()
    review = Review.all_rows.first()
    save_draft(review, {"feedback": "Hm."}, number=review.draft_number, by=cast.tess)
    page = sign_in(cast.adam).get(url).content.decode()
    assert "not ready | 1 | 2 | 2 | 2 | 1" in page
    assert "Reviews by Tess" in page


@pytest.mark.django_db(transaction=True)
def test_the_browser_keeps_ids_and_owners_of_runs_and_nothing_of_their_items(
    cast: Cast, page: Page, live_server: Any, sign_in: Callable[[Actor], Client]
) -> None:
    make_batch(cast.olga, n_runs=N_RUNS, n_prompts=1)
    value = sign_in(cast.olga).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])

    def counters() -> dict[str, str]:
        page.goto(f"{live_server.url}/t/lighthouse/runs/readiness/")
        page.wait_for_selector("[data-forget]:not([hidden])")
        cells = page.locator("[data-counter]")
        return {str(cell.get_attribute("data-counter")): cell.inner_text() for cell in cells.all()}

    found = counters()
    held = page.evaluate("Object.values(localStorage).join('')")
    size = page.evaluate(
        "Object.entries(localStorage).flat().reduce((n, t) => n + new Blob([t]).size, 0)"
    )
    assert int(found.pop("rawByteSize").replace(",", "")) == size
    assert found == {
        "sessionCount": "60",
        "persistedLocalFullPayloadSessionCount": "0",
        "persistedLocalHasItemLevelData": "false",
        "persistedLocalItemLevelDataSessionCount": "0",
        "ownedSessionCount": "60",
        "otherOwnerSessionCount": "0",
        "ownerlessSessionCount": "0",
    }
    assert "Question" not in held
    page.evaluate(
        """() => {
            const key = "evalplatform.runs.lighthouse", held = JSON.parse(localStorage[key]);
            held.push({id: "a", ownerUserId: "else", cases: {one: {}}}, {id: "b"});
            localStorage[key] = JSON.stringify(held);
        }"""
    )
    planted = counters()
    planted.pop("rawByteSize")
    assert list(planted.values()) == ["62", "2", "true", "1", "60", "1", "1"]
    page.click("[data-forget]")
    assert page.locator('[data-counter="sessionCount"]').inner_text() == "0"
