"""Before reveal, no response of the review pages says what colleagues or the machine said."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import pytest
from django.test import Client

from evalplatform.notifications.models import Notification
from reviews.adjudicating import adjudicate
from reviews.claiming import claim
from reviews.models import Queue, QueueItem, Review, ReviewRevision, Rubric, Slot
from reviews.saving import open_review, save, save_draft
from runs.models import CheckResult
from tests.cast import Cast
from tests.reviews_made import make_queue_with_verdicts
from tests.runs_made import make_check_result, make_run, make_run_item

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
JSON = "application/json"
COLLEAGUE = "otter-colleague"
DRAFT = "otter-draft"
MACHINE = "otter-machine"
CHANGING = re.compile(r'csrf\w*"? (?:value|content)="\w+"|"csrf-token" content="\w+"|\w{64}')
LEASE = re.compile(r'"(?:token|expiresAt)":"[^"]+"')


@pytest.fixture
def queue(cast: Cast) -> Queue:
    """One row of a run whose check failed, asked of the Lab's rubric, two reviews wanted."""
    run = make_run(owner=cast.eva, n_items=1)
    row = make_run_item(run, order_index=1, is_passed=False)
    for n, state in enumerate(("done", "error")):
        make_check_result(
            row,
            position=n,
            state=state,
            auto_eval=f"{MACHINE}-verdict" if state == "done" else "",
            is_passed=None,
            feedback=f"{MACHINE}-feedback",
            extracted=f"{MACHINE}-extracted",
        )
    rubric = Rubric.of_the_product("lab-review", by=cast.eva)
    queue = make_queue_with_verdicts(owner=cast.eva, run=run, rubric=rubric, reviews_per_item=2)
    QueueItem.all_rows.filter(run_item__order_index=0).delete()
    QueueItem.all_rows.update(stratum=f"{MACHINE}-failing", inclusion_probability=0.123456)
    return queue


def answers(queue: Queue, item: QueueItem, *, is_bad: bool, note: str = "") -> dict[str, Any]:
    """A whole review of the item; `is_bad` in everything that can be."""
    said: dict[str, Any] = {}
    for criterion in queue.rubric_version.read().criteria():
        values: list[Any] = list(criterion.values)
        if criterion.kind == "text" or not criterion.required:
            continue
        value = values[0 if is_bad else -1]
        value = int(value) if criterion.kind == "rating" else value
        if criterion.kind == "boolean":
            value = is_bad
        said[criterion.key] = {"value": value, "flagged": is_bad, "note": note}
    checks = CheckResult.all_rows.filter(run_item=item.run_item_id, state="done")
    verdict = {"value": "fail" if is_bad else "pass", "flagged": is_bad, "note": note}
    return {"answers": said, "checks": {str(each.pk): verdict for each in checks},
            "feedback": note}  # fmt: skip


def colleague_saves(cast: Cast, queue: Queue, *, is_bad: bool) -> None:
    """Emil saves with a marker in every text; Adam has typed a draft."""
    claim(queue, by=cast.emil)
    item = QueueItem.all_rows.get(queue=queue)
    save(item, answers(queue, item, is_bad=is_bad, note=COLLEAGUE), by=cast.emil)


def everything(client: Client, queue: Queue, item: QueueItem) -> Iterator[tuple[str, str]]:
    """What the pages answer a reviewer who was given the item: pages, parts, faults, acts."""
    base = "/t/lighthouse/queues/"
    page = f"{base}{queue.pk}/review/{item.key}/"
    got = [base, page]
    got += [f"{base}?{query}" for query in ("view=own", "view=archived", "page=x")]
    got += [f"{base}{queue.pk}/{rest}" for rest in ("", "review/", f"review/{queue.pk}/")]
    got += [f"{page}{rest}" for rest in ("?view=raw", "material/", f"files/{item.key}/")]
    asked = ("view=raw", "start=0", "whole=prompt", "whole=response", "whole=checks")
    got += [f"{page}material/?{query}" for query in asked]
    got += aside(queue, item)
    for url in got:
        yield url, client.get(url).content.decode()
    part = client.get(page, headers={"X-Part": "desk"})
    yield "part", part.content.decode()
    typed = json.dumps({"number": 0, "draft": {"feedback": "mine"}})
    sent: list[tuple[str, str, str]] = [
        ("PUT", "draft/", typed), ("PUT", "draft/", typed), ("PUT", "draft/", "no"),
        ("DELETE", "draft/", ""), ("POST", "save/", typed), ("POST", "save/", "[]"),
        ("POST", "save/", json.dumps({"number": 2, "draft": {"answers": {"status": {}}}})),
        ("POST", "renew/", ""), ("POST", "decline/", ""), ("POST", "skip/", ""),
        ("POST", "renew/", ""), ("GET", "", ""),
    ]  # fmt: skip
    for method, act, text in sent:
        yield f"{method} {act}", client.generic(method, page + act, text, JSON).content.decode()


def aside(queue: Queue, item: QueueItem) -> list[str]:
    """Pages beside the review: agreement and the items behind it, history, the run's labels."""
    base = f"/t/lighthouse/queues/{queue.pk}/"
    run = f"/t/lighthouse/runs/{queue.run_id}/"
    asked = ("", "?cells=disputed", "?cells=false_pass", "?metric=check:includes", "?cells=x")
    got = [f"{base}agreement/", *(f"{base}agreement/items/{query}" for query in asked)]
    got += [f"{base}review/{item.key}/history/", f"{run}agreement/"]
    labels = f"{run}labels/"
    return [*got, labels, f"{labels}charts/", f"{labels}{item.run_item_id}/"]


def everything_of_the_api(
    client: Client, queue: Queue, item: QueueItem
) -> Iterator[tuple[str, str]]:
    """The same of the API: lists, the item, its parts, faults and acts."""
    api = "/api/v1"
    base = f"{api}/queues/{queue.pk}"
    given = f"{base}/items/{item.key}"
    got = [f"{api}/queues", base, f"{base}/items", f"{base}/items?own=leased"]
    got += [f"{base}/items?{query}" for query in ("own=x", "page=x")]
    got += [f"{given}{rest}" for rest in ("", "/draft", "/messages", "/texts/prompt", "/texts/x")]
    got += [f"{given}/files/{item.key}", f"{api}/reviews", f"{api}/reviews?queue={queue.pk}"]
    got += [f"{api}/reviews/{pk}" for pk in Review.all_rows.values_list("pk", flat=True)]
    for url in got:
        yield url, client.get(url).content.decode()
    claimed = client.post(f"{base}/claim")
    yield "claim", claimed.content.decode()
    token = claimed.json()["item"]["slot"]["token"]
    held, none = json.dumps({"token": token}), json.dumps({"token": str(item.key)})
    stale, typed = json.dumps({"number": 99}), json.dumps({"number": 0, "feedback": "mine"})
    sent = [
        ("PUT", "draft", typed), ("PUT", "draft", stale), ("PUT", "draft", "no"),
        ("POST", "save", "{}"), ("POST", "save", stale), ("POST", "save", none),
        ("POST", "save", json.dumps({"answers": {"status": {}, "x": {"value": 1}}})),
        ("POST", "heartbeat", held), ("POST", "heartbeat", none), ("POST", "decline", held),
        ("POST", "skip", none), ("POST", "skip", held), ("POST", "skip", held),
        ("POST", "open", ""), ("DELETE", "draft", ""),
    ]  # fmt: skip
    for method, act, text in sent:
        yield (
            f"{method} {act}",
            client.generic(method, f"{given}/{act}", text, JSON).content.decode(),
        )


@pytest.mark.parametrize("is_bad", [True, False])
@pytest.mark.parametrize("name", ["tess", "eva", "olga"])
def test_nothing_of_colleagues_or_machine_is_in_any_response_before_reveal(
    cast: Cast, sign_in: SignIn, queue: Queue, name: str, is_bad: bool
) -> None:
    reviewer = cast.actor(name)
    slot = claim(queue, by=reviewer)
    assert slot is not None
    review = open_review(slot.queue_item, by=reviewer)
    colleague_saves(cast, queue, is_bad=is_bad)
    shown = [COLLEAGUE, DRAFT, MACHINE, "0.123456", "0.12", "needs_adjudication",
             "Emil", "asks for a senior"]  # fmt: skip

    client = sign_in(reviewer)
    told = chain(
        everything(client, queue, slot.queue_item),
        everything_of_the_api(client, queue, slot.queue_item),
    )
    for what, text in told:
        assert [word for word in shown if word in text] == [], what
    review.refresh_from_db()
    assert review.shown == {}


@pytest.mark.parametrize("name", ["tess", "eva"])
def test_responses_are_the_same_whatever_the_colleague_said(
    cast: Cast, sign_in: SignIn, queue: Queue, name: str
) -> None:
    reviewer, said = cast.actor(name), []
    slot = claim(queue, by=reviewer)
    assert slot is not None
    client = sign_in(reviewer)
    for is_bad in (True, False):
        colleague_saves(cast, queue, is_bad=is_bad)
        base = f"/t/lighthouse/queues/{queue.pk}/"
        pages = [base, f"{base}review/", f"{base}review/{slot.queue_item.key}/"]
        pages += aside(queue, slot.queue_item)
        api = f"/api/v1/queues/{queue.pk}"
        pages += [api, f"{api}/items/{slot.queue_item.key}"]
        pages += [f"{api}/items"] if name == "tess" else []
        texts = [CHANGING.sub("", client.get(url).content.decode()) for url in pages]
        said.append([LEASE.sub("", text) for text in texts])

    assert said[0] == said[1]


def test_all_of_it_is_there_after_reveal_and_noted(
    cast: Cast, sign_in: SignIn, queue: Queue
) -> None:
    slot = claim(queue, by=cast.tess)
    assert slot is not None
    item = slot.queue_item
    colleague_saves(cast, queue, is_bad=True)
    page = f"/t/lighthouse/queues/{queue.pk}/review/{item.key}/"
    client = sign_in(cast.tess)
    save(item, answers(queue, item, is_bad=False), by=cast.tess)
    Slot.all_rows.create(queue_item=item, queue=queue, reviewer=cast.adam.user, state="released")
    late = open_review(item, by=cast.adam)
    save_draft(late, {"feedback": DRAFT}, number=0, by=cast.adam)

    html = client.get(page).content.decode()
    other = sign_in(cast.adam)
    unsaved = other.get(page).content.decode()
    api = f"/api/v1/queues/{queue.pk}/items"
    told = client.get(f"{api}/{item.key}").content.decode()
    listed = client.get(api).json()["results"][0]
    unsaved += other.get(f"{api}/{item.key}").content.decode() + other.get(api).content.decode()

    assert COLLEAGUE in told
    assert "emil@example.org" in told
    assert MACHINE not in told
    assert DRAFT not in told
    assert (listed["state"], listed["stratum"]) == ("needs_adjudication", None)
    assert "asks for a senior" in listed["reasons"][0]
    assert "asks for a senior" not in unsaved
    assert COLLEAGUE in html
    assert "Emil" in html
    assert MACHINE not in html
    assert DRAFT not in html
    assert COLLEAGUE not in unsaved
    assert set(Review.all_rows.get(reviewer=cast.tess.user).shown) == {"colleagues"}
    save(item, answers(queue, item, is_bad=True), by=cast.tess)
    newest = ReviewRevision.all_rows.filter(saved_by=cast.tess.user).order_by("number").last()
    assert newest is not None
    assert newest.is_exposed
    assert newest.exposure["colleagues"] is True


def test_machine_verdict_is_there_when_the_queue_shows_it_and_the_slot_does_not_hide_it(
    cast: Cast, sign_in: SignIn, queue: Queue
) -> None:
    Queue.all_rows.filter(pk=queue.pk).update(shows_auto_verdict=True)
    slot = claim(queue, by=cast.tess)
    assert slot is not None
    page = f"/t/lighthouse/queues/{queue.pk}/review/{slot.queue_item.key}/"
    client = sign_in(cast.tess)

    api = f"/api/v1/queues/{queue.pk}/items/{slot.queue_item.key}"
    Slot.all_rows.update(hides_auto=True)
    hidden = client.get(page).content.decode() + client.get(api).content.decode()
    before = dict(Review.all_rows.get().shown)
    Slot.all_rows.update(hides_auto=False)
    told = client.get(api).json()["checks"][0]["verdict"]
    after = set(Review.all_rows.get().shown)
    html = client.get(page).content.decode()

    assert MACHINE not in hidden
    assert before == {}
    assert (told["autoEval"], after) == (f"{MACHINE}-verdict", {"auto_verdict"})
    assert f"{MACHINE}-verdict" in html
    assert f"{MACHINE}-feedback" in html
    assert set(Review.all_rows.get().shown) == {"auto_verdict"}


@pytest.mark.parametrize("shows", [True, False])
def test_suggestions_are_beside_the_question_only_when_the_queue_shows_them(
    cast: Cast, sign_in: SignIn, queue: Queue, shows: bool
) -> None:
    Queue.all_rows.filter(pk=queue.pk).update(shows_suggestions=shows)
    html = sign_in(cast.tess).get(f"/t/lighthouse/queues/{queue.pk}/review/").content.decode()

    assert ("Suggested:" in html) is shows
    assert " checked" not in html
    assert set(Review.all_rows.get().shown) == ({"suggestions"} if shows else set())


def test_open_queue_shows_colleagues_at_once_and_notes_it(
    cast: Cast, sign_in: SignIn, queue: Queue
) -> None:
    Queue.all_rows.filter(pk=queue.pk).update(is_blind=False)
    queue.refresh_from_db()
    colleague_saves(cast, queue, is_bad=True)
    html = sign_in(cast.tess).get(f"/t/lighthouse/queues/{queue.pk}/review/").content.decode()

    assert COLLEAGUE in html
    assert set(Review.all_rows.get(reviewer=cast.tess.user).shown) == {"colleagues"}


# --- adjudication --------------------------------------------------------------------------------

FINAL = "otter-final"


def everything_of_adjudication(
    client: Client, queue: Queue, item: QueueItem
) -> Iterator[tuple[str, str]]:
    """What pages and API of adjudication answer to somebody who was given the item, and home."""
    base = f"/t/lighthouse/queues/{queue.pk}/"
    settle = f"{base}adjudicate/{item.key}/"
    api = f"/api/v1/queues/{queue.pk}"
    got = [f"{base}{rest}" for rest in ("adjudicate/", "adjudicate/next/", "differences/")]
    got += [f"{base}adjudicate/?reason={kind}" for kind in ("senior", "flag", "disagreement")]
    got += [settle, f"{settle}material/", f"{settle}material/?whole=prompt", "/t/lighthouse/"]
    got += [f"{api}/waiting", f"{api}/items/{item.key}/adjudications", f"{api}/contests"]
    got += ["/t/lighthouse/notifications/", f"{base}finalise/", f"{base}finalise/?gate=unresolved"]
    for url in got:
        yield url, client.get(url).content.decode()
    cause = {"@cause": {"value": "other"}}
    sent = [
        (f"{settle}save/", {"number": 10_000, "draft": {"answers": cause}}),
        (f"{settle}save/", {"number": 0, "draft": {}}),
        (f"{api}/items/{item.key}/adjudications", {"number": 0, "cause": "other"}),
    ]
    for url, body in sent:
        yield url, client.post(url, json.dumps(body), JSON).content.decode()


@pytest.mark.parametrize("name", ["tess", "adam", "olga"])
def test_nothing_of_adjudication_reaches_who_is_still_to_review(
    cast: Cast, sign_in: SignIn, queue: Queue, name: str
) -> None:
    reviewer, said = cast.actor(name), []
    slot = claim(queue, by=reviewer)
    assert slot is not None
    client = sign_in(reviewer)
    shown = [COLLEAGUE, "Emil", "to adjudicate", "Differ on"]
    for is_bad in (True, False):
        colleague_saves(cast, queue, is_bad=is_bad)
        told = [
            (what, CHANGING.sub("", text))
            for what, text in everything_of_adjudication(client, queue, slot.queue_item)
        ]
        for what, text in told:
            assert [word for word in shown if word in text] == [], what
        said.append(told)

    assert said[0] == said[1]
    assert not Notification.all_rows.filter(user=reviewer.user).exists()


def test_the_final_answer_reaches_its_reviewers_after_reveal_and_is_noted(
    cast: Cast, sign_in: SignIn, queue: Queue
) -> None:
    slot = claim(queue, by=cast.tess)
    assert slot is not None
    item = slot.queue_item
    colleague_saves(cast, queue, is_bad=True)
    save(item, answers(queue, item, is_bad=False), by=cast.tess)
    adjudicate(
        item,
        answers(queue, item, is_bad=True, note=FINAL) | {"reason": FINAL, "cause": "other"},
        by=cast.adam,
    )
    queue_url = f"/t/lighthouse/queues/{queue.pk}/differences/"
    others = sign_in(cast.olga).get(queue_url).content.decode()

    assert FINAL not in others
    assert FINAL in sign_in(cast.tess).get(queue_url).content.decode()
    assert "final" in Review.all_rows.get(reviewer=cast.tess.user).shown
    save(item, answers(queue, item, is_bad=True), by=cast.tess)
    newest = ReviewRevision.all_rows.filter(saved_by=cast.tess.user).order_by("number").last()
    assert newest is not None
    assert newest.exposure["final"] is True
