"""The labelling page of a run: who gets in, drafts, saves, faults, suggestions, distributions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reviews.behaviour import save_label
from reviews.claiming import claim
from reviews.models import BehavioralLabel, Queue
from runs.models import RunItem
from tests.cast import Cast
from tests.reviews_made import make_queue_with_verdicts
from tests.runs_made import make_run, make_run_item

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
JSON = "application/json"
WHOLE = {"intent": "Noise", "guest_affect": "Upset", "response_strategy": "Apology", "humanness": 5}
TYPED = {
    "answers": {name: {"value": value} for name, value in WHOLE.items()},
    "feedback": "otter-notes",
}


@pytest.fixture
def queue(cast: Cast) -> Queue:
    """Three rows of a run of Eva's, under review by Tess and Emil, two reviews each."""
    run = make_run(owner=cast.eva, n_items=3, title="otter-run")
    return make_queue_with_verdicts(
        owner=cast.eva, run=run, reviewers=[cast.tess, cast.emil], reviews_per_item=2
    )


def given(queue: Queue, by: Any) -> RunItem:
    slot = claim(queue, by=by)
    assert slot is not None
    row: RunItem = slot.queue_item.run_item
    return row


def url(queue: Queue, rest: Any = "") -> str:
    return f"/t/lighthouse/runs/{queue.run_id}/labels/{rest}"


def body(draft: dict[str, Any], number: int = 0) -> str:
    return json.dumps({"number": number, "draft": draft})


def test_reviewer_gets_the_row_they_were_given_and_nothing_else_of_the_run(
    cast: Cast, sign_in: SignIn, queue: Queue
) -> None:
    row = given(queue, cast.tess)
    response = sign_in(cast.tess).get(url(queue))
    html = response.content.decode()

    assert response.context["row"] == row
    assert (response.context["progress"].n_all, row.response in html) == (1, True)
    assert "otter-run" not in html
    assert "Answer 2." not in html
    assert " checked" not in html


def test_who_sees_neither_run_nor_row_gets_404(cast: Cast, sign_in: SignIn, queue: Queue) -> None:
    row = given(queue, cast.tess)
    for name in ("emil", "otto"):
        client = sign_in(cast.actor(name))
        for rest in ("", f"{row.pk}/", f"{row.pk}/material/", f"{row.pk}/save/"):
            assert client.get(url(queue, rest)).status_code in (404, 405)
        assert client.post(url(queue, f"{row.pk}/save/"), body(TYPED), JSON).status_code == 404
    assert not BehavioralLabel.all_rows.exists()


def test_runs_owner_without_a_place_is_told_what_to_do(
    cast: Cast, sign_in: SignIn, queue: Queue
) -> None:
    row = given(queue, cast.tess)
    client = sign_in(cast.eva)

    assert "Nothing for you to label here" in client.get(url(queue)).content.decode()
    assert client.get(url(queue, f"{row.pk}/")).status_code == 403


def test_draft_then_save_goes_on_to_the_next_row_and_ends(
    cast: Cast, sign_in: SignIn, queue: Queue
) -> None:
    client = sign_in(cast.olga)
    rows = list(RunItem.all_rows.filter(run=queue.run).order_by("order_index"))

    kept = client.put(url(queue, f"{rows[1].pk}/draft/"), body({"answers": {}}), JSON)
    saved = client.post(url(queue, f"{rows[1].pk}/save/"), body(TYPED, 1), JSON)
    second = client.post(url(queue, f"{rows[2].pk}/save/"), body(TYPED), JSON)
    third = client.post(url(queue, f"{rows[0].pk}/save/"), body(TYPED), JSON)

    assert kept.json()["number"] == 1
    assert saved.json()["url"] == url(queue, f"{rows[2].pk}/")
    assert second.json()["url"] == url(queue, f"{rows[0].pk}/")
    assert "You are done" in third.json()["desk"]
    assert third.json()["undo"] == url(queue, f"{rows[0].pk}/")
    label = BehavioralLabel.all_rows.get(run_item=rows[1])
    assert label.saved_values == {**WHOLE, "notes": "otter-notes"}
    assert label.is_saved


def test_faults_are_said_at_their_field_and_nothing_is_saved(
    cast: Cast, sign_in: SignIn, queue: Queue
) -> None:
    row = given(queue, cast.tess)
    client = sign_in(cast.tess)
    empty = client.post(url(queue, f"{row.pk}/save/"), body({"feedback": "x"}), JSON)
    wrong = client.post(
        url(queue, f"{row.pk}/save/"),
        body({"answers": {"mood": {"value": 1}}, "feedback": "x"}),
        JSON,
    )
    broken = client.put(url(queue, f"{row.pk}/draft/"), "no", JSON)

    assert set(empty.json()["errors"]) == {"intent", "guest_affect", "humanness"}
    assert (empty.status_code, wrong.status_code, broken.status_code) == (422, 422, 400)
    assert not BehavioralLabel.all_rows.exists()


def test_second_device_is_told_what_the_first_left(
    cast: Cast, sign_in: SignIn, queue: Queue
) -> None:
    row = given(queue, cast.tess)
    client = sign_in(cast.tess)
    client.put(url(queue, f"{row.pk}/draft/"), body(TYPED), JSON)

    refused = client.post(url(queue, f"{row.pk}/save/"), body({"answers": {}}), JSON)

    assert refused.status_code == 409
    assert refused.json()["is_stale"]
    assert refused.json()["draft"]["answers"]["intent"] == {"value": "Noise"}


def test_draft_over_a_saved_label_can_be_dropped(cast: Cast, sign_in: SignIn, queue: Queue) -> None:
    row = given(queue, cast.tess)
    save_label(row, WHOLE, status="saved", by=cast.tess)
    client = sign_in(cast.tess)
    changed = {"answers": TYPED["answers"], "feedback": "otter-typed"}
    client.put(url(queue, f"{row.pk}/draft/"), body(changed, 1), JSON)
    before = client.get(url(queue, f"{row.pk}/")).content.decode()
    after = client.delete(url(queue, f"{row.pk}/draft/")).json()["desk"]

    assert "otter-typed" in before
    assert "otter-typed" not in after
    assert BehavioralLabel.all_rows.get().is_saved


@pytest.mark.parametrize("name", ["tess", "olga"])
def test_nothing_of_a_colleagues_label_is_on_the_page_or_in_an_answer(
    cast: Cast, sign_in: SignIn, queue: Queue, name: str
) -> None:
    row = given(queue, cast.tess)
    save_label(row, {**WHOLE, "notes": "otter-notes"}, status="saved", by=cast.adam)
    client = sign_in(cast.actor(name))
    pages = [client.get(url(queue)), client.get(url(queue, f"{row.pk}/")),
             client.put(url(queue, f"{row.pk}/draft/"), body({}), JSON),
             client.post(url(queue, f"{row.pk}/save/"), body({}, 1), JSON)]  # fmt: skip

    for each in pages:
        assert "otter-notes" not in each.content.decode()
        assert " checked" not in each.content.decode()


@pytest.mark.parametrize("shows", [True, False])
def test_suggestions_are_apart_only_when_the_queue_shows_them_and_it_is_noted(
    cast: Cast, sign_in: SignIn, queue: Queue, shows: bool
) -> None:
    Queue.all_rows.filter(pk=queue.pk).update(shows_suggestions=shows)
    row = given(queue, cast.tess)
    client = sign_in(cast.tess)
    html = client.get(url(queue)).content.decode()
    client.post(url(queue, f"{row.pk}/save/"), body(TYPED), JSON)

    assert ("What word lists suggest" in html) is shows
    assert " checked" not in html
    label = BehavioralLabel.all_rows.get()
    assert label.payload == {"shown": ["suggestions"] if shows else []}


def test_raw_and_whole_texts_and_files_are_of_rows_one_may_label(
    cast: Cast, sign_in: SignIn, queue: Queue
) -> None:
    row = given(queue, cast.tess)
    client = sign_in(cast.tess)

    assert "Answer 1." in client.get(url(queue, f"{row.pk}/material/?view=raw")).content.decode()
    whole = client.get(url(queue, f"{row.pk}/material/?whole=response"))
    assert whole.content.decode() == row.response
    assert client.get(url(queue, f"{row.pk}/material/?whole=checks")).status_code == 404
    assert client.get(url(queue, f"{row.pk}/files/{row.pk}/")).status_code == 404


def test_distributions_say_their_denominators_and_can_be_of_one_reviewer(
    cast: Cast, sign_in: SignIn, queue: Queue
) -> None:
    rows = list(RunItem.all_rows.filter(run=queue.run).order_by("order_index"))
    save_label(rows[0], WHOLE, status="saved", by=cast.olga)
    save_label(rows[1], {**WHOLE, "response_strategy": ""}, status="saved", by=cast.adam)
    save_label(rows[2], WHOLE, status="draft", by=cast.adam)
    client = sign_in(cast.olga)
    html = " ".join(client.get(url(queue, "charts/")).content.decode().split())
    mine = client.get(url(queue, f"charts/?reviewer={cast.adam.user.pk}"))

    assert (
        '<span class="num">2</span> saved labels on <span class="num">2</span> of 3 items' in html
    )
    assert "1 of 2 labels say one; the rest leave it open." in html
    assert mine.context["found"].n_labels == 1
    assert "by Adam" in mine.content.decode()


def test_empty_distributions_say_what_to_do_and_reviewers_get_none(
    cast: Cast, sign_in: SignIn, queue: Queue
) -> None:
    given(queue, cast.tess)

    assert "No saved labels yet" in sign_in(cast.adam).get(url(queue, "charts/")).content.decode()
    assert sign_in(cast.tess).get(url(queue, "charts/")).status_code == 403
    assert "Distributions" not in sign_in(cast.tess).get(url(queue)).content.decode()
    assert sign_in(cast.otto).get(url(queue, "charts/")).status_code == 404


def test_page_does_not_query_per_row(cast: Cast, sign_in: SignIn) -> None:
    client, counts = sign_in(cast.olga), []
    run = make_run(owner=cast.eva, n_items=1)
    client.get(f"/t/lighthouse/runs/{run.pk}/labels/")
    for _ in range(2):
        with CaptureQueriesContext(connection) as found:
            assert client.get(f"/t/lighthouse/runs/{run.pk}/labels/").status_code == 200
        counts.append(len(found))
        if len(counts) == 1:
            for n in range(1, 20):
                make_run_item(run, order_index=n)

    assert counts[0] == counts[1]
