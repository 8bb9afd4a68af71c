"""Queues, rubrics and reviews over HTTP: what the pages do, as data, by the same rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from evalplatform.audit.models import AuditEvent
from reviews.models import Queue, QueueItem, Review, ReviewRevision, Rubric, RubricVersion, Slot
from reviews.suggesting import suggest
from runs.models import RunItem
from tests.cast import Cast, make_key
from tests.reviews_made import YES, make_queue, make_queue_with_verdicts
from tests.runs_made import make_check_result, make_run, make_run_item
from tests.sessions import make_session

pytestmark = pytest.mark.django_db
CallAs = Callable[..., APIClient]
API = "/api/v1"
SHAPE = {
    "sections": [
        {"key": "all", "label": "All", "criteria": [
            {"key": "tone", "label": "Tone", "kind": "rating", "min": 1, "max": 5}]}
    ]
}  # fmt: skip


def claim(client: APIClient, queue: Any) -> dict[str, Any]:
    """The next item of a queue, which must be there."""
    told = client.post(f"{API}/queues/{getattr(queue, 'pk', queue)}/claim").json()
    assert told["item"], told
    item: dict[str, Any] = told["item"]
    return item


def url_of(item: dict[str, Any], rest: str = "") -> str:
    return f"{API}/queues/{item['queue']}/items/{item['key']}{rest}"


def faults(answer: Any) -> dict[str, str]:
    """What a refusal says, by column."""
    return {each["column"]: each["message"] for each in answer.json()["error"]["errors"]}


# --- setting up ----------------------------------------------------------------------------------


def test_rubric_is_made_changed_and_goes_on_in_a_new_version_once_answered(
    cast: Cast, call_as: CallAs
) -> None:
    client = call_as(cast.eva)
    once = {"headers": {"Idempotency-Key": "tone"}, "format": "json"}
    made = client.post(f"{API}/rubrics", {"name": "Tone", "shape": SHAPE}, **once)
    again = client.post(f"{API}/rubrics", {"name": "Tone", "shape": SHAPE}, **once)
    other = client.post(f"{API}/rubrics", {"name": "Else", "shape": SHAPE}, **once)
    url = f"{API}/rubrics/{made.json()['id']}"
    match = {"If-Match": made["ETag"]}
    wrong = client.patch(url, {"shape": {"sections": []}}, format="json")
    changed = client.patch(url, {"name": "Warmth"}, headers=match, format="json")
    stale = client.patch(url, {"name": "Cold"}, headers=match, format="json")
    made_rubric = client.get(url).json()
    queue = make_queue(owner=cast.eva, n_items=1)
    Queue.all_rows.update(rubric_version=_version(made_rubric["id"]))
    item = claim(client, queue)
    assert client.post(url_of(item, "/save"), {"answers": {"tone": {"value": 4}}}, format="json")
    sections = SHAPE["sections"][0] | {"label": "Everything"}
    client.patch(url, {"shape": {"sections": [sections]}}, format="json")
    versions = client.get(f"{url}/versions").json()["results"]

    assert (made.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert again.json()["id"] == made.json()["id"]
    assert (wrong.status_code, list(faults(wrong))) == (400, ["shape"])
    assert (changed.status_code, changed.json()["name"]) == (200, "Warmth")
    assert stale.status_code == 409
    assert [(each["number"], bool(each["frozenAt"])) for each in versions] == [
        (2, False),
        (1, True),
    ]
    assert client.get(f"{url}/versions/1").json()["shape"]["sections"][0]["label"] == "All"
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


def _version(rubric: str) -> Any:
    return RubricVersion.all_rows.get(rubric=rubric, number=1)


def test_queue_over_sessions_is_made_filled_opened_and_given_to_people(
    cast: Cast, call_as: CallAs
) -> None:
    client = call_as(cast.eva)
    ids = [str(make_session(owner=cast.eva, external_id=f"s{n}").pk) for n in range(3)]
    foreign = str(make_session(owner=cast.emil, external_id="foreign").pk)
    asked = {"name": "Evening", "target": "session", "rubric": "pass-fail", "reviewsPerItem": 2}
    made = client.post(f"{API}/queues", asked, format="json")
    url = f"{API}/queues/{made.json()['id']}"

    empty = client.post(f"{url}/status", {"status": "active"}, format="json")
    picked = client.post(f"{url}/sessions", {"ids": [*ids[:2], foreign]}, format="json").json()
    every = client.post(f"{url}/sessions", {"filter": {}}, format="json").json()
    unknown = client.post(f"{url}/sessions", {"filter": {"owner__email": "x"}}, format="json")
    rows = client.post(f"{url}/rows", {}, format="json")
    asked_people = client.put(
        f"{url}/reviewers", {"reviewers": [str(cast.tess.user.pk)]}, format="json"
    )
    stranger = client.put(
        f"{url}/reviewers", {"reviewers": [str(cast.otto.user.pk)]}, format="json"
    )
    opened = client.post(f"{url}/status", {"status": "active"}, format="json")
    fixed = client.patch(url, {"reviewsPerItem": 3}, format="json")
    changed = client.patch(url, {"leaseMinutes": 5, "showsSuggestions": True}, format="json")

    assert made.status_code == 201
    assert made.json()["setup"]["sampling"] == {}
    assert empty.status_code == 409
    assert picked == {"added": 2, "already": 0, "leftOut": 0}
    assert every == {"added": 1, "already": 2, "leftOut": 0}
    assert unknown.status_code == 400
    assert list(faults(rows)) == ["target"]
    assert asked_people.json()["forEveryone"] is False
    assert list(faults(stranger)) == ["reviewers"]
    assert opened.json()["status"] == "active"
    assert opened.json()["whole"]["wanted"] == 6
    assert list(faults(fixed)) == ["reviewsPerItem"]
    assert changed.json()["leaseMinutes"] == 5
    seen = call_as(cast.tess).get(url).json()
    assert (seen["setup"], seen["whole"], seen["own"]["left"]) == (None, None, 3)
    assert call_as(cast.emil).get(url).status_code == 404
    verbs = set(AuditEvent.all_rows.values_list("verb", flat=True))
    assert {"queue.create", "queue.add", "queue.assign", "queue.status", "queue.change"} <= verbs


def test_rows_of_a_run_come_in_by_the_plan_and_keep_their_chance(
    cast: Cast, call_as: CallAs
) -> None:
    run = make_run(owner=cast.eva, n_items=4)
    RunItem.all_rows.filter(run=run).update(status="success", is_passed=True)
    RunItem.all_rows.filter(run=run, order_index__lt=2).update(is_passed=False)
    client = call_as(cast.eva)
    asked = {"name": "Run", "target": "run_item", "rubric": "lab-review", "run": str(run.pk)}
    made = client.post(f"{API}/queues", asked, format="json").json()
    url = f"{API}/queues/{made['id']}"
    plan = {"strata": ["verdict"], "shares": {"failing": 1.0, "passing": 0.5}, "seed": 3}

    twice = client.post(f"{API}/queues", asked | {"name": "Second"}, format="json")
    wrong = client.post(f"{url}/rows", {"plan": {"strata": ["status"]}}, format="json")
    added = client.post(f"{url}/rows", {"plan": plan}, format="json").json()

    assert twice.status_code == 409
    assert list(faults(wrong)) == ["plan.strata"]
    assert added["added"] + added["leftOut"] == 4
    chances = dict(QueueItem.all_rows.values_list("stratum", "inclusion_probability"))
    assert chances["failing"] == 1.0
    assert set(chances.values()) <= {0.5, 1.0}
    assert client.get(url).json()["setup"]["sampling"]["shares"] == plan["shares"]


# --- working -------------------------------------------------------------------------------------


def test_a_queue_is_worked_off_item_by_item_until_nothing_is_left(
    cast: Cast, call_as: CallAs
) -> None:
    queue, client = make_queue(owner=cast.eva, n_items=2), call_as(cast.tess)
    url = f"{API}/queues/{queue.pk}"

    first = claim(client, queue)
    same = claim(client, queue)
    assert (first["key"], first["session"]["messages"][0]["role"]) == (same["key"], "user")
    assert first["slot"]["token"] != same["slot"]["token"]
    missing = client.post(url_of(first, "/save"), {"answers": {}}, format="json")
    saved = client.post(url_of(first, "/save"), {**YES, "feedback": "Fine."}, format="json")
    second = claim(client, queue)
    token = {"token": second["slot"]["token"]}
    Slot.all_rows.filter(state="leased").update(expires_at=timezone.now())
    beat = client.post(url_of(second, "/heartbeat"), token, format="json")
    skipped = client.post(url_of(second, "/skip"), token, format="json")
    undone = client.post(url_of(second, "/open")).json()
    unsaid = client.post(url_of(second, "/decline"), token | {"reason": " "}, format="json")
    reason = {"token": undone["slot"]["token"], "reason": "I know the guest."}
    declined = client.post(url_of(second, "/decline"), reason, format="json")
    end = client.post(f"{url}/claim").json()

    assert (missing.status_code, faults(missing)) == (422, {"verdict": "This needs an answer."})
    assert (saved.json()["complete"], saved.json()["counted"]) == (True, True)
    assert beat.json()["expiresAt"] >= second["slot"]["expiresAt"]
    assert (skipped.json()["state"], skipped.json()["token"]) == ("skipped", None)
    assert (undone["key"], undone["slot"]["state"]) == (second["key"], "leased")
    assert unsaid.status_code == 400
    assert declined.json()["state"] == "declined"
    assert (end["item"], end["own"]["saved"], end["own"]["declined"]) == (None, 1, 1)
    assert client.get(url_of(second)).status_code == 404
    assert Slot.all_rows.get(state="declined").reason == "I know the guest."
    own = client.get(f"{url}/items?own=submitted").json()["results"]
    assert [(each["key"], each["own"], each["counted"]) for each in own] == [
        (first["key"], "submitted", None)
    ]


def test_second_device_takes_the_place_over_and_the_first_is_told_until_when(
    cast: Cast, call_as: CallAs
) -> None:
    queue, client = make_queue(owner=cast.eva, n_items=1), call_as(cast.tess)
    phone = claim(client, queue)
    desk = claim(client, queue)
    token = {"token": phone["slot"]["token"]}

    for act, body in (("heartbeat", token), ("skip", token), ("save", token | YES)):
        refused = client.post(url_of(phone, f"/{act}"), body, format="json")
        error = refused.json()["error"]
        assert (refused.status_code, error["code"]) == (409, "CONFLICT")
        assert error["details"]["heldBy"][0]["email"] == "tess@example.org"
        assert error["details"]["until"][:19] == desk["slot"]["expiresAt"][:19]
    assert Review.all_rows.get().saved_at is None


def test_item_whose_places_colleagues_hold_says_who_and_until_when(
    cast: Cast, call_as: CallAs
) -> None:
    queue, client = make_queue(owner=cast.eva, n_items=1), call_as(cast.tess)
    item = claim(client, queue)
    token = {"token": item["slot"]["token"]}
    assert client.post(url_of(item, "/skip"), token, format="json").status_code == 200
    theirs = claim(call_as(cast.emil), queue)

    refused = client.post(url_of(item, "/open"))

    details = refused.json()["error"]["details"]
    assert refused.status_code == 409
    assert [each["name"] for each in details["heldBy"]] == ["Emil"]
    assert details["until"][:19] == theirs["slot"]["expiresAt"][:19]
    late = client.post(url_of(item, "/save"), YES, format="json")
    assert (late.status_code, late.json()["counted"]) == (200, False)


def test_draft_of_another_device_is_a_conflict_with_both_versions(
    cast: Cast, call_as: CallAs
) -> None:
    queue, client = make_queue(owner=cast.eva, n_items=1), call_as(cast.tess)
    item = claim(client, queue)
    url = url_of(item, "/draft")

    kept = client.put(url, {"number": 0, "feedback": "first"}, format="json").json()
    stale = client.put(url, {"number": 0, "feedback": "second"}, format="json")
    stale_save = client.post(url_of(item, "/save"), {"number": 0, **YES}, format="json")
    wrong = client.put(url, {"number": 1, "answers": []}, format="json")
    dropped = client.delete(url).json()

    assert kept["number"] == 1
    details = stale.json()["error"]["details"]
    assert (stale.status_code, details["number"]) == (409, 1)
    assert (details["stored"]["feedback"], details["sent"]["feedback"]) == ("first", "second")
    assert (stale_save.status_code, Review.all_rows.get().saved_at) == (409, None)
    assert list(faults(wrong)) == ["answers"]
    assert (dropped["draft"], dropped["number"]) == (None, 2)


def test_paused_queue_hands_nothing_out_and_takes_saves_a_closed_one_neither(
    cast: Cast, call_as: CallAs
) -> None:
    queue, client = make_queue(owner=cast.eva, n_items=2), call_as(cast.tess)
    item = claim(client, queue)
    Queue.all_rows.update(status="paused")
    assert client.post(url_of(item, "/save"), YES, format="json").status_code == 200
    assert client.post(f"{API}/queues/{queue.pk}/claim").json()["item"] is None
    Queue.all_rows.update(status="closed")

    refused = client.post(url_of(item, "/save"), YES, format="json")

    assert (refused.status_code, ReviewRevision.all_rows.count()) == (409, 1)


def lab_answers(queue: Queue) -> dict[str, Any]:
    """An answer to every criterion of the Lab's rubric, of each kind."""
    said: dict[str, Any] = {}
    for criterion in queue.rubric_version.read().criteria():
        value: Any = criterion.values[-1] if criterion.values else f"words on {criterion.key}"
        if criterion.kind == "rating":
            value = int(value)
        elif criterion.kind == "boolean":
            value = value == "true"
        said[criterion.key] = {"value": value, "flagged": False, "note": ""}
    return said


def test_all_lab_layers_are_saved_with_draft_and_saved_apart_and_suggestions_untouched(
    cast: Cast, call_as: CallAs
) -> None:
    run = make_run(owner=cast.eva, n_items=0)
    row = make_run_item(run)
    check = make_check_result(row, auto_eval="fail", is_passed=False)
    rubric = Rubric.of_the_product("lab-review", by=cast.eva)
    queue = make_queue_with_verdicts(
        owner=cast.eva, run=run, rubric=rubric, shows_suggestions=True
    )  # fmt: skip
    client, answers = call_as(cast.tess), lab_answers(queue)
    item = claim(client, queue)
    whole = {"answers": answers, "checks": {str(check.pk): {"value": "pass"}}}

    kept = client.put(url_of(item, "/draft"), {"number": 0, "answers": answers}, format="json")
    typed = client.get(url_of(item, "/draft")).json()
    saved = client.post(url_of(item, "/save"), whole | {"number": 1}, format="json")
    changed = answers | {"status": {"value": "fail", "flagged": False, "note": ""}}
    client.put(
        url_of(item, "/draft"),
        {"number": saved.json()["draftNumber"], "answers": changed},
        format="json",
    )
    review = client.get(f"{API}/reviews/{saved.json()['id']}").json()

    assert kept.status_code == 200
    assert (typed["draft"]["answers"], typed["saved"]) == (answers, None)
    assert saved.status_code == 200, saved.json()
    assert len(answers) == len({each.key for each in rubric.newest().read().criteria()}) > 20
    assert review["saved"]["answers"] == answers
    assert review["draft"]["answers"] == changed
    assert (review["dirty"], review["complete"], review["revisions"]) == (True, False, 1)
    assert review["history"][0]["exposure"]["suggestions"] is True
    assert review["history"][0]["via"] == "key"
    proposed = {each["key"]: each["value"] for each in item["suggestions"]}
    expected = suggest(row.prompt_text, row.response, run_status=row.status)
    assert proposed == {each.key: each.value for each in expected}
    assert client.get(url_of(item)).json()["suggestions"] == item["suggestions"]
    routed = QueueItem.all_rows.get()
    assert routed.state == "needs_review"
    assert not any("suggest" in key for key in review["saved"]["answers"])


def test_own_reviews_are_listed_and_colleagues_are_absent(cast: Cast, call_as: CallAs) -> None:
    queue = make_queue(owner=cast.eva, n_items=2, reviews_per_item=2)
    tess, emil = call_as(cast.tess), call_as(cast.emil)
    for client in (tess, emil):
        assert client.post(url_of(claim(client, queue), "/save"), YES, format="json")
    theirs = Review.all_rows.get(reviewer=cast.emil.user)

    listed = tess.get(f"{API}/reviews?queue={queue.pk}").json()["results"]

    assert [each["complete"] for each in listed] == [True]
    assert tess.get(f"{API}/reviews/{theirs.pk}").status_code == 404
    assert call_as(cast.olga).get(f"{API}/reviews/{theirs.pk}").status_code == 404
    assert tess.get(f"{API}/reviews?queue=x").status_code == 400
    item = tess.get(f"{API}/queues/{queue.pk}/items").json()["results"][0]
    assert (item["state"], item["revealed"]) == ("reviewed", True)
    desk = tess.get(f"{API}/queues/{queue.pk}/items/{item['key']}").json()
    assert [each["reviewer"]["name"] for each in desk["colleagues"]] == ["Emil"]


@pytest.mark.parametrize(
    ("scopes", "reads", "claims"), [(["review"], 200, 200), (["read"], 200, 403)]
)
def test_key_limited_to_reviewing_reviews_and_one_for_reading_does_not(
    cast: Cast, scopes: list[str], reads: int, claims: int
) -> None:
    queue = make_queue(owner=cast.eva, n_items=1)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {make_key(cast.eva, scopes=scopes)}")

    assert client.get(f"{API}/queues/{queue.pk}").status_code == reads
    assert client.post(f"{API}/queues/{queue.pk}/claim").status_code == claims
    assert client.post(f"{API}/exports", {"format": "text"}).status_code in (403, 404)


def test_lists_do_not_query_per_row(
    cast: Cast, call_as: CallAs, django_assert_max_num_queries: Any
) -> None:
    client = call_as(cast.eva)
    for n in range(4):
        make_queue(owner=cast.eva, n_items=3, name=f"Queue {n}")
    queue = Queue.all_rows.first()
    assert queue
    client.get(f"{API}/queues")
    with django_assert_max_num_queries(8):
        assert len(client.get(f"{API}/queues").json()["results"]) == 4
    with django_assert_max_num_queries(8):
        assert len(client.get(f"{API}/queues/{queue.pk}/items").json()["results"]) == 3


# --- behavioral labels ---------------------------------------------------------------------------


def test_label_is_drafted_saved_and_saved_again_and_only_saved_ones_are_spread(
    cast: Cast, call_as: CallAs
) -> None:
    run = make_run(owner=cast.eva, n_items=1)
    row = RunItem.all_rows.get(run=run)
    client = call_as(cast.olga)
    url = f"{API}/runs/{run.pk}/items/{row.pk}/label"
    spread = f"{API}/runs/{run.pk}/labels/distribution"
    said = {"intent": "Billing", "guestAffect": "Upset", "humanness": 5}

    before = client.get(url)
    drafted = client.put(url, {"status": "draft", "intent": "Noise", "number": 0}, format="json")
    unspread = client.get(spread).json()
    stale = client.put(url, {"status": "draft", "number": 0}, format="json")
    wrong = client.put(url, {"status": "saved", "humanness": 8}, format="json")
    missing = client.put(url, {"status": "saved"}, format="json")
    saved = client.put(url, {"status": "saved", **said}, format="json").json()
    again = client.put(url, {"status": "saved", "humanness": 6}, format="json").json()
    told = client.get(spread).json()

    assert before.status_code == 404
    assert (drafted.json()["status"], unspread["labels"]) == ("draft", 0)
    assert (stale.status_code, stale.json()["error"]["details"]["stored"]["intent"]) == (
        409, "Noise",
    )  # fmt: skip
    assert (wrong.status_code, list(faults(wrong))) == (422, ["humanness"])
    assert next(iter(faults(missing))) == "guestAffect"
    assert (saved["status"], saved["intent"], saved["humanness"]) == ("saved", "Billing", 5)
    assert (again["humanness"], again["createdAt"]) == (6, saved["createdAt"])
    assert (told["labels"], told["spreads"][0]["counts"]["Billing"]) == (1, 1)
    listed = client.get(f"{API}/runs/{run.pk}/labels?status=saved").json()["results"]
    assert [each["reviewerUserId"] for each in listed] == [str(cast.olga.user.pk)]
    assert call_as(cast.eva).get(f"{API}/runs/{run.pk}/labels").json()["results"] == []
