"""The pages of adjudicators and of reviewers afterwards: settle, conflict, contest, answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client

from evalplatform.notifications.models import Notification
from reviews.adjudicating import adjudicate, contest
from reviews.claiming import claim
from reviews.models import Adjudication, Contest, Queue, QueueItem, Review, Rubric
from reviews.saving import save
from runs.models import CheckResult
from tests.cast import Cast
from tests.counting import queries_of
from tests.reviews_made import NO, YES, make_queue, make_queue_with_verdicts
from tests.runs_made import make_run

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
FINAL = NO | {"cause": "reviewer_slip", "reason": "The date is wrong."}


def disputed(cast: Cast, n_items: int = 1, **fields: Any) -> Queue:
    """A queue of Olga's of whose items Eva says yes and Emil no."""
    queue = make_queue(owner=cast.olga, n_items=n_items, reviews_per_item=2, **fields)
    for who, what in ((cast.eva, YES), (cast.emil, NO)):
        for _ in range(n_items):
            slot = claim(queue, by=who)
            assert slot is not None
            said = what["answers"] | {
                "verdict": what["answers"]["verdict"] | {"note": "otter-note"}
            }
            save(slot.queue_item, {"answers": said}, by=who)
    return queue


def items_of(queue: Queue) -> list[QueueItem]:
    return list(QueueItem.all_rows.select_related("queue").filter(queue=queue).order_by("position"))


def page(queue: Queue, rest: str = "") -> str:
    return f"/t/lighthouse/queues/{queue.pk}/{rest}"


def settle(client: Client, queue: Queue, item: QueueItem, value: str, number: int = 20_000) -> Any:
    answers = {"verdict": {"value": value}, "@cause": {"value": "other"}}
    draft = {"answers": answers, "feedback": "Read the date."}
    return client.post(
        page(queue, f"adjudicate/{item.key}/save/"),
        json.dumps({"number": number, "draft": draft}),
        "application/json",
    )


def test_the_item_page_says_who_said_what_and_the_save_brings_the_next_item(
    cast: Cast, sign_in: SignIn
) -> None:
    queue = disputed(cast, n_items=2)
    first, second = items_of(queue)
    client = sign_in(cast.adam)

    listed = client.get(page(queue, "adjudicate/")).content.decode()
    html = client.get(page(queue, "adjudicate/next/")).content.decode()
    saved = settle(client, queue, first, "fail").json()

    assert "0</b> of 2 settled" in listed
    assert listed.index(str(first.key)) < listed.index(str(second.key))
    for words in ("Eva", "Emil", "otter-note", "Disagreement", "Slip of a reviewer"):
        assert words in html
    assert f"{second.key}/save/" in saved["desk"]
    assert saved["undo"].endswith(f"{first.key}/")
    made = Adjudication.all_rows.get()
    assert (made.reason, made.cause, made.adjudicator) == (
        "Read the date.",
        "other",
        cast.adam.user,
    )
    assert "Nothing waits" in settle(client, queue, second, "pass").json()["desk"]


def test_an_edit_that_came_between_is_a_409_with_both_versions(cast: Cast, sign_in: SignIn) -> None:
    queue = disputed(cast)
    item = items_of(queue)[0]
    save(item, NO, by=cast.eva)
    client = sign_in(cast.adam)

    refused = settle(client, queue, item, "fail")
    told = refused.json()

    assert refused.status_code == 409
    assert told["differences"] == [
        ["Is the answer good enough? (Eva)", "pass · “otter-note”", "fail"]
    ]
    assert not Adjudication.all_rows.exists()
    assert settle(client, queue, item, "fail", told["number"]).status_code == 200
    again = settle(sign_in(cast.olga), queue, item, "pass", told["number"])
    assert again.json()["differences"][0] == [
        "Is the answer good enough? (final)", "", "fail (Adam)",
    ]  # fmt: skip


def test_names_are_letters_where_the_owner_wishes(cast: Cast, sign_in: SignIn) -> None:
    queue = disputed(cast, hides_reviewers=True)
    item = items_of(queue)[0]
    made = adjudicate(item, FINAL, by=cast.olga)
    contest(made, "The date was right.", by=cast.eva)
    client = sign_in(cast.adam)
    api = f"/api/v1/queues/{queue.pk}"

    texts = [
        client.get(url).content.decode()
        for url in (
            page(queue, "adjudicate/"), page(queue, f"adjudicate/{item.key}/"),
            f"{api}/items/{item.key}/adjudications", f"{api}/contests",
        )
    ]  # fmt: skip

    assert "The date was right." in texts[0]
    assert "<b>A</b>" in texts[1]
    assert '"name":"B"' in texts[2]
    assert [found for text in texts if (found := re.findall(r"\bEva\b|\bEmil\b|eva@", text))] == []
    told = Notification.all_rows.filter(kind="adjudication-contested")
    assert {each.title for each in told} == {"Morning: A reviewer contests a final answer"}


def test_a_reviewer_sees_their_differences_contests_and_is_answered(
    cast: Cast, sign_in: SignIn
) -> None:
    queue = disputed(cast, n_items=2)
    first, second = items_of(queue)
    eva = sign_in(cast.eva)
    before = eva.get(page(queue, "differences/")).content.decode()
    adjudicate(first, FINAL, by=cast.adam)
    adjudicate(second, YES | {"cause": "guideline_gap"}, by=cast.adam)

    html = eva.get(page(queue, "differences/")).content.decode()
    eva.post(page(queue, f"differences/{Adjudication.all_rows.get(queue_item=first).pk}/"),
             {"note": "The date was right."})  # fmt: skip
    contested = Contest.all_rows.get()
    waits = sign_in(cast.olga).get(page(queue, "adjudicate/")).content.decode()
    sign_in(cast.adam).post(page(queue, f"contests/{contested.pk}/"), {"answer": "It was not."})
    after = eva.get(page(queue, "differences/")).content.decode()

    assert "Nothing to compare yet" in before
    assert "Slip of a reviewer" in html
    assert "The date is wrong." in html
    assert "1 of 2 answers on 2 items" in html
    assert set(Review.all_rows.get(queue_item=first, reviewer=cast.eva.user).shown) >= {"final"}
    assert "The date was right." in waits
    assert "It was not." in after
    told = Notification.all_rows.filter(kind__in=("adjudication-contested", "contest-answered"))
    assert sorted((each.kind, each.user.name) for each in told) == [
        ("adjudication-contested", "Adam"), ("adjudication-contested", "Olga"),
        ("contest-answered", "Eva"),
    ]  # fmt: skip


def test_what_was_said_of_a_check_stands_beside_the_machines_verdict(
    cast: Cast, sign_in: SignIn
) -> None:
    run = make_run(owner=cast.olga, n_items=1)
    check = CheckResult.all_rows.get(run=run)
    queue = make_queue_with_verdicts(
        owner=cast.olga, run=run, reviews_per_item=2,
        rubric=Rubric.of_the_product("pass-fail", by=cast.olga),
    )  # fmt: skip
    for who, verdict in ((cast.eva, "pass"), (cast.emil, "fail")):
        slot = claim(queue, by=who)
        assert slot is not None
        save(slot.queue_item, YES | {"checks": {str(check.pk): {"value": verdict}}}, by=who)
    html = sign_in(cast.adam).get(page(queue, "adjudicate/next/")).content.decode()

    assert "1 check" in sign_in(cast.adam).get(page(queue, "adjudicate/")).content.decode()
    assert "says the machine" in html
    assert f'data-field="check-{check.pk}"' in html
    assert "criterion--agreed" in html  # the verdict of all is prefilled


def test_lists_do_not_query_per_row(cast: Cast, sign_in: SignIn) -> None:
    few, many = disputed(cast, n_items=2), disputed(cast, n_items=6, name="Evening")
    for item in (*items_of(few)[:1], *items_of(many)[:3]):
        adjudicate(item, FINAL, by=cast.olga)
    adam, eva = sign_in(cast.adam), sign_in(cast.eva)

    for client, rest in ((adam, "adjudicate/"), (adam, "adjudicate/next/"), (eva, "differences/")):
        counts = []
        for queue in (few, many):
            ask = partial(client.get, page(queue, rest))
            ask()  # what is shown is noted once
            counts.append(queries_of(ask))
        assert counts[0] == counts[1], rest
