"""The review page and my queues: who gets in, drafts, saves, faults, and two places at once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reviews.claiming import claim
from reviews.models import Queue, Review, ReviewRevision, Rubric, Slot
from reviews.saving import save
from tests.cast import Cast
from tests.reviews_made import NO, YES, make_queue, make_queue_with_verdicts
from tests.runs_made import make_run
from tests.sessions import make_session

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
JSON = "application/json"


def review_url(queue: Queue) -> str:
    return f"/t/lighthouse/queues/{queue.pk}/review/"


def item_url(slot: Slot | None) -> str:
    assert slot is not None
    return f"/t/lighthouse/queues/{slot.queue_id}/review/{slot.queue_item.key}/"


def body(draft: dict[str, Any], number: int = 0) -> str:
    return json.dumps({"number": number, "draft": draft})


# --- getting in ----------------------------------------------------------------------------------


def test_page_gives_the_next_item_and_the_same_again(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=2)
    client = sign_in(cast.tess)

    first = client.get(review_url(queue))
    again = client.get(review_url(queue))

    assert first.status_code == 200
    assert first.context["item"] == again.context["item"]
    assert "Which river crosses Vienna?" in first.content.decode()
    assert Slot.all_rows.filter(queue=queue).count() == 1


def test_nothing_is_chosen_before_the_reviewer_chooses(cast: Cast, sign_in: SignIn) -> None:
    rubric = Rubric.of_the_product("lab-review", by=cast.eva)
    queue = make_queue(owner=cast.eva, n_items=1, rubric=rubric)
    html = sign_in(cast.tess).get(review_url(queue)).content.decode()

    assert 'value="pass"' in html
    assert " checked" not in html
    assert "selected" not in html


@pytest.mark.parametrize("name", ["emil", "tess", "otto"])
def test_who_is_not_asked_gets_404(cast: Cast, sign_in: SignIn, name: str) -> None:
    queue = make_queue(owner=cast.eva, reviewers=[cast.eva])

    assert sign_in(cast.actor(name)).get(review_url(queue)).status_code == 404


def test_item_that_was_not_given_to_one_is_404(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=2)
    theirs = claim(queue, by=cast.emil)
    client = sign_in(cast.tess)

    assert client.get(item_url(theirs)).status_code == 404
    assert client.get(f"{item_url(theirs)}material/").status_code == 404
    assert client.put(f"{item_url(theirs)}draft/", body(YES), JSON).status_code == 404
    assert client.post(f"{item_url(theirs)}save/", body(YES), JSON).status_code == 404


def test_reviewer_reads_evidence_that_lists_do_not_show_them(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=1, reviewers=[cast.tess])
    slot = claim(queue, by=cast.tess)
    assert slot is not None
    client = sign_in(cast.tess)

    assert client.get(f"/t/lighthouse/sessions/{slot.queue_item.session_id}/").status_code == 404
    assert "The Danube." in client.get(item_url(slot)).content.decode()
    raw = client.get(f"{item_url(slot)}material/?view=raw")
    assert "The Danube." in raw.content.decode()
    whole = client.get(f"{item_url(slot)}material/?whole=1")
    assert whole.content == b"The Danube."


def test_markup_in_the_material_does_nothing(cast: Cast, sign_in: SignIn) -> None:
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>[x](javascript:alert(3))"
    queue = make_queue(owner=cast.eva, n_items=0)
    session = make_session(owner=cast.eva, messages=(("user", evil), ("tool", evil)), title=evil)
    from reviews.models import QueueItem

    QueueItem.all_rows.create(queue=queue, position=0, session=session, open_slots=1)
    client = sign_in(cast.tess)
    html = client.get(review_url(queue)).content.decode()
    slot = Slot.all_rows.get(queue=queue)
    html += client.get(f"{item_url(slot)}material/?view=raw").content.decode()

    assert "&lt;img src=x" in html
    assert "<img src=x" not in html
    assert "<script>alert" not in html
    assert 'href="javascript' not in html


# --- drafts --------------------------------------------------------------------------------------


def test_draft_is_there_on_another_device(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva)
    slot = claim(queue, by=cast.tess)
    draft = {"answers": {"verdict": {"value": "fail", "flagged": False, "note": "Not Oslo"}}}
    told = sign_in(cast.tess).put(f"{item_url(slot)}draft/", body(draft), JSON)

    html = sign_in(cast.tess).get(item_url(slot)).content.decode()

    assert told.json()["number"] == 1
    assert 'value="fail" data-digit="2" checked' in html
    assert 'value="pass" data-digit="1">' in html
    assert ">Not Oslo</textarea>" in html


def test_draft_over_a_newer_one_is_refused_with_both(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva)
    slot = claim(queue, by=cast.tess)
    client = sign_in(cast.tess)
    client.put(f"{item_url(slot)}draft/", body(YES), JSON)

    told = client.put(f"{item_url(slot)}draft/", body(NO), JSON)

    assert told.status_code == 409
    assert told.json()["draft"]["answers"] == YES["answers"]
    assert told.json()["number"] == 1
    assert client.put(f"{item_url(slot)}draft/", body(NO, 1), JSON).status_code == 200


def test_save_over_a_newer_draft_or_save_is_refused(cast: Cast, sign_in: SignIn) -> None:
    slot = claim(make_queue(owner=cast.eva), by=cast.tess)
    assert slot is not None
    client = sign_in(cast.tess)
    assert client.post(f"{item_url(slot)}save/", body(YES), JSON).status_code == 200

    told = client.post(f"{item_url(slot)}save/", body(NO), JSON)

    assert told.status_code == 409
    assert told.json()["draft"]["answers"]["verdict"]["value"] == "pass"
    assert Review.all_rows.get(queue_item=slot.queue_item_id).n_revisions == 1


NOT_DRAFTS = (
    "",
    "[]",
    '{"number": 0}',
    '{"number": "0", "draft": {}}',
    '{"number": 0, "draft": 1}',
    '{"number": 0, "draft": {"answers": []}}',
    '{"number": 0, "draft": {"feedback": "\\u0000"}}',
)


@pytest.mark.parametrize("sent", NOT_DRAFTS)
def test_draft_that_is_none_is_refused(cast: Cast, sign_in: SignIn, sent: str) -> None:
    slot = claim(make_queue(owner=cast.eva), by=cast.tess)
    client = sign_in(cast.tess)

    assert client.put(f"{item_url(slot)}draft/", sent, JSON).status_code == 400
    assert client.post(f"{item_url(slot)}save/", sent, JSON).status_code == 422


def test_junk_in_ones_own_draft_is_shown_as_nothing(cast: Cast, sign_in: SignIn) -> None:
    rubric = Rubric.of_the_product("lab-review", by=cast.eva)
    slot = claim(make_queue(owner=cast.eva, rubric=rubric), by=cast.tess)
    junk = {"answers": {"status": 7, "feltOff": {"value": [1]}, "owner": {"value": {"a": 1}},
                        "ratings.tone": {"value": True, "note": 4}, "no": {"value": "x"}},
            "checks": {"x": None}}  # fmt: skip
    client = sign_in(cast.tess)

    assert client.put(f"{item_url(slot)}draft/", body(junk), JSON).status_code == 200
    assert " checked" not in client.get(item_url(slot)).content.decode()


def test_dropping_a_draft_shows_what_is_saved(cast: Cast, sign_in: SignIn) -> None:
    slot = claim(make_queue(owner=cast.eva), by=cast.tess)
    assert slot is not None
    save(slot.queue_item, YES, by=cast.tess)
    client = sign_in(cast.tess)
    client.put(f"{item_url(slot)}draft/", body(NO, 1), JSON)

    told = client.delete(f"{item_url(slot)}draft/")

    assert 'value="pass" data-digit="1" checked' in told.json()["desk"]


# --- saving --------------------------------------------------------------------------------------


def test_save_answers_with_the_next_item(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=2)
    slot = claim(queue, by=cast.tess)

    told = sign_in(cast.tess).post(f"{item_url(slot)}save/", body(YES), JSON).json()

    assert told["undo"] == item_url(slot)
    assert told["url"] != item_url(slot)
    assert 'class="desk__form"' in told["desk"]
    assert "<b>1</b> of 2" in told["desk"]


def test_end_says_what_waits_for_others(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=2, reviews_per_item=2)
    client = sign_in(cast.tess)
    for _ in range(2):
        slot = claim(queue, by=cast.tess)
        told = client.post(f"{item_url(slot)}save/", body(YES), JSON).json()

    assert "You are done" in told["desk"]
    assert "2 of yours wait for others." in told["desk"]


def test_faults_are_told_by_question_and_nothing_is_saved(cast: Cast, sign_in: SignIn) -> None:
    rubric = Rubric.of_the_product("helpfulness", by=cast.eva)
    slot = claim(make_queue(owner=cast.eva, rubric=rubric), by=cast.tess)
    client = sign_in(cast.tess)
    wrong = {"answers": {"helpfulness": {"value": 9}}}

    missing = client.post(f"{item_url(slot)}save/", body({}), JSON)
    outside = client.post(f"{item_url(slot)}save/", body(wrong), JSON)

    assert missing.status_code == outside.status_code == 422
    assert missing.json()["errors"] == {"helpfulness": "This needs an answer."}
    assert outside.json()["errors"] == {"helpfulness": "Give a whole number from 1 to 5."}
    assert not ReviewRevision.all_rows.exists()


def test_finished_work_opens_with_its_answers_and_is_saved_anew(
    cast: Cast, sign_in: SignIn
) -> None:
    slot = claim(make_queue(owner=cast.eva), by=cast.tess)
    client = sign_in(cast.tess)
    client.post(f"{item_url(slot)}save/", body(YES), JSON)

    html = client.get(item_url(slot)).content.decode()
    told = client.post(f"{item_url(slot)}save/", body(NO, 1), JSON)

    assert 'value="pass" data-digit="1" checked' in html
    assert told.status_code == 200
    numbers = ReviewRevision.all_rows.order_by("number").values_list("number", flat=True)
    assert list(numbers) == [1, 2]


def test_lease_that_ended_keeps_typed_work_and_saves_late(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=1)
    slot = claim(queue, by=cast.tess)
    assert slot is not None
    Slot.all_rows.filter(pk=slot.pk).update(state="released", token=None)
    type(slot.queue_item).all_rows.filter(pk=slot.queue_item_id).update(open_slots=1)
    other = claim(queue, by=cast.emil)
    assert other is not None
    save(other.queue_item, NO, by=cast.emil)
    client = sign_in(cast.tess)

    renewed = client.post(f"{item_url(slot)}renew/")
    drafted = client.put(f"{item_url(slot)}draft/", body(YES), JSON)
    page = client.get(item_url(slot)).content.decode()
    told = client.post(f"{item_url(slot)}save/", body(YES, 1), JSON).json()

    assert renewed.status_code == 409
    assert drafted.status_code == 200
    assert "Your place on this item has ended." in page
    assert "as an extra" in told["said"]


def test_skipped_item_is_taken_back_by_opening_it(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=2)
    slot = claim(queue, by=cast.tess)
    client = sign_in(cast.tess)

    told = client.post(f"{item_url(slot)}skip/").json()
    assert Slot.all_rows.get(pk=slot.pk if slot else None).state == "skipped"
    client.get(told["undo"])

    assert Slot.all_rows.get(pk=slot.pk if slot else None).state == "leased"


def test_declining_needs_a_reason_and_is_for_good(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=1)
    slot = claim(queue, by=cast.tess)
    client = sign_in(cast.tess)

    assert client.post(f"{item_url(slot)}decline/").status_code == 422
    told = client.post(f"{item_url(slot)}decline/", {"reason": "I know them"})

    assert "Nothing for you now" in told.json()["desk"]
    assert client.get(item_url(slot)).status_code == 404
    assert Slot.all_rows.get().reason == "I know them"


def test_closed_queue_is_read_only(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=2)
    slot = claim(queue, by=cast.tess)
    Queue.all_rows.filter(pk=queue.pk).update(status="closed")
    client = sign_in(cast.tess)

    told = client.post(f"{item_url(slot)}save/", body(YES), JSON)

    assert told.status_code == 409
    assert "Your draft stays." in told.json()["message"]
    assert "takes no reviews now" in client.get(item_url(slot)).content.decode()


def test_verdicts_of_a_row_are_reviewed_one_by_one(cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva, n_items=1)
    queue = make_queue_with_verdicts(owner=cast.eva, run=run)
    slot = claim(queue, by=cast.tess)
    client = sign_in(cast.tess)
    html = client.get(item_url(slot)).content.decode()
    from runs.models import CheckResult

    pk = CheckResult.all_rows.get().pk
    said = {**YES, "checks": {str(pk): {"value": "fail", "flagged": False, "note": ""}}}

    missing = client.post(f"{item_url(slot)}save/", body(YES), JSON)
    told = client.post(f"{item_url(slot)}save/", body(said), JSON)

    assert f'data-field="check-{pk}"' in html
    assert missing.json()["errors"] == {f"check-{pk}": "Say pass or fail, or flag it."}
    assert told.status_code == 200


# --- my queues -----------------------------------------------------------------------------------


def test_my_queues_say_my_own_progress(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=4, name="Evening")
    first, client = claim(queue, by=cast.tess), sign_in(cast.tess)
    client.post(f"{item_url(first)}save/", body(YES), JSON)
    client.post(f"{item_url(claim(queue, by=cast.tess))}skip/")

    page = client.get("/t/lighthouse/queues/")
    [row] = page.context["queues"]

    own = row["own"]
    assert (own.n_saved, own.n_skipped, own.n_held, own.left, own.n_all) == (1, 1, 1, 1, 4)
    assert "Evening" in page.content.decode()
    assert "Run by you" not in page.content.decode()


def test_my_queues_do_not_query_per_row(cast: Cast, sign_in: SignIn) -> None:
    client = sign_in(cast.tess)
    counts = []
    for n in (1, 19):
        for _ in range(n):
            make_queue(owner=cast.eva, n_items=1)
        client.get("/t/lighthouse/queues/")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get("/t/lighthouse/queues/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_save_and_next_takes_few_queries_however_much_was_done(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=14, reviews_per_item=2)
    client, counts = sign_in(cast.tess), []
    while slot := claim(queue, by=cast.emil):
        save(slot.queue_item, YES, by=cast.emil)
    for _ in range(12):
        url = f"{item_url(claim(queue, by=cast.tess))}save/"
        with CaptureQueriesContext(connection) as queries:
            assert client.post(url, body(YES), JSON).status_code == 200
        counts.append(len(queries))

    assert counts[1:] == [counts[1]] * 11  # the first save also freezes the rubric
    assert counts[1] <= 31


def test_queue_says_all_numbers_to_its_owner_and_own_ones_to_a_reviewer(
    cast: Cast, sign_in: SignIn
) -> None:
    queue = make_queue(owner=cast.eva, n_items=2, reviews_per_item=2)
    slot = claim(queue, by=cast.tess)
    assert slot is not None
    save(slot.queue_item, YES, by=cast.tess)
    url = f"/t/lighthouse/queues/{queue.pk}/"

    whole = sign_in(cast.eva).get(url).context["whole"]
    own = sign_in(cast.tess).get(url)

    assert (whole.n_items, whole.n_counted, whole.n_wanted) == (2, 1, 4)
    assert own.context["whole"] is None
    assert own.context["own"].n_saved == 1
    assert queue.get_absolute_url() == url


def test_only_who_may_change_a_queue_opens_and_closes_it(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=1)
    url = f"/t/lighthouse/queues/{queue.pk}/status/"

    assert sign_in(cast.tess).post(url, {"status": "paused"}).status_code == 403
    assert sign_in(cast.emil).post(url, {"status": "paused"}).status_code == 403
    assert sign_in(cast.eva).post(url, {"status": "paused"}).status_code == 302
    said = sign_in(cast.adam).post(url, {"status": "draft"}, follow=True).content.decode()

    assert "A queue that is paused cannot become draft." in said
    assert Queue.all_rows.get().status == "paused"
