"""What is worth a second look: its signs, who is told of it, and sending it to adjudication."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from datasets.models import Message
from evalplatform.audit.models import AuditEvent
from evalplatform.errors import Conflict
from evalplatform.notifications.models import Notification
from reviews import second_look
from reviews.adjudicable import counts_of, waiting
from reviews.adjudicating import adjudicate, send_to_adjudication
from reviews.claiming import claim
from reviews.lifecycle import READY, finalise, gates, status_of
from reviews.models import (
    Queue,
    QueueItem,
    QueueReviewer,
    WebhookDelivery,
    WebhookSubscription,
)
from reviews.saving import save
from reviews.second_look import worth_a_look
from reviews.second_look_signs import SIGNS, Content, signs_in
from reviews.suggesting import findings
from tests.cast import Cast
from tests.counting import queries_of
from tests.reviews_made import NO, YES, make_queue, make_queue_with_verdicts
from tests.runs_made import make_run, make_run_item

SignIn = Callable[..., Client]
FIGURES: dict[str, Any] = {"rates": {}}


def names(**content: Any) -> list[str]:
    return [sign.name for sign in signs_in(Content(**content))]


# --- the rules -----------------------------------------------------------------------------------


def test_each_sign_is_seen_where_it_is_said_and_says_so() -> None:
    assert signs_in(Content()) == ()
    assert names(is_canon=True) == ["canon"]
    assert names(response="It always works.") == ["overclaim"]
    found = signs_in(Content(prompt="The boiler is broken and I was charged $40, I am furious."))
    assert [(each.name, each.because) for each in found] == [
        ("money", "The prompt says “charged”."),
        ("maintenance", "The prompt says “boiler”."),
        ("distress", "The prompt says “furious”."),
    ]
    (filed,) = signs_in(Content(categories=("", "late_payments"), prompt="Do I pay?"))
    assert (filed.name, filed.because) == ("money", "Its category is late_payments.")


@pytest.mark.parametrize(
    ("topic", "said", "unsaid"),
    [
        ("trust", "This is a scam", "Which scampi do you serve?"),
        ("safety", "There is smoke in the hall", "Where is the fireplace?"),
        ("money", "It was € 20", "Which papers do I need?"),
        ("maintenance", "The heater doesn’t work", "The fixture list, please"),
        ("distress", "I am desperate", "A separate bed"),
    ],
)
def test_topics_are_known_by_whole_words(topic: str, said: str, unsaid: str) -> None:
    assert names(prompt=said) == [topic]
    assert names(prompt=unsaid) == []
    assert SIGNS[topic] == f"Topic: {topic}"


@pytest.mark.parametrize("response", ["I have already booked it.", "Maybe.", "  ", "100 % sure"])
@pytest.mark.parametrize("status", ["success", "error"])
def test_an_overclaim_is_what_the_suggestions_call_one(response: str, status: str) -> None:
    seen = findings("Where?", response, run_status=status)
    suggested = any(each.name == "overclaiming" for each in seen)
    found = names(response=response, has_failed=status == "error")
    assert found == (["overclaim"] if suggested else [])


# --- the items -----------------------------------------------------------------------------------


def make_reviewed(cast: Cast, *rows: dict[str, Any], **fields: Any) -> Queue:
    """A queue over rows of a run with these texts, of which Eva and Emil say yes."""
    run = make_run(owner=cast.olga)
    for n, each in enumerate(rows):
        said = {"prompt_text": "Where is it?", "response": "Here.", "order_index": n}
        make_run_item(run, **(said | each))
    queue = make_queue_with_verdicts(
        owner=cast.olga, run=run, reviewers=[cast.eva, cast.emil], reviews_per_item=2,
        **({"reviews_auto_evals": False} | fields),
    )  # fmt: skip
    for who in (cast.eva, cast.emil):
        while slot := claim(queue, by=who):
            save(slot.queue_item, YES, by=who)
    return queue


def items_of(queue: Queue) -> list[QueueItem]:
    return list(QueueItem.all_rows.select_related("queue").filter(queue=queue).order_by("position"))


def told(queue: Queue, by: Any, **asked: Any) -> list[tuple[int, list[str]]]:
    found = worth_a_look(queue, by=by, **asked).items
    return [(each.position, [sign.name for sign in each.signs]) for each in found]


MONEY = {"prompt_text": "I want a refund.", "response": "I guarantee it."}


@pytest.mark.django_db
def test_only_items_that_settled_themselves_are_told_in_the_queues_order(cast: Cast) -> None:
    queue = make_reviewed(cast, MONEY, {}, {"category": "Safety"}, MONEY, MONEY)
    first, plain, _, disputed, settled = items_of(queue)
    save(disputed, NO, by=cast.eva)
    adjudicate(settled, YES | {"cause": "other"}, by=cast.olga)
    QueueItem.all_rows.filter(pk=plain.pk).update(is_canon_candidate=True)

    every = [
        (first.position, ["overclaim", "money"]),
        (plain.position, ["canon"]),
        (plain.position + 1, ["safety"]),
    ]
    assert told(queue, cast.adam) == every
    assert told(queue, cast.adam, sign="money") == every[:1]
    assert told(queue, cast.adam, after=first.position) == every[1:]
    counts = worth_a_look(queue, by=cast.adam, sign="money").counts
    assert {name: n for name, n in counts.items() if n} == {
        "": 3, "canon": 1, "overclaim": 1, "safety": 1, "money": 1,
    }  # fmt: skip


@pytest.mark.django_db
def test_of_a_session_the_first_question_and_the_last_answer_are_read(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=1, reviews_per_item=1, reviewers=[cast.eva])
    (item,) = items_of(queue)
    Message.all_rows.filter(session=item.session).delete()
    for n, (role, content) in enumerate(
        [
            ("system", "Charge a fee."), ("user", "My key was stolen."),
            ("assistant", "It never fails."), ("user", "I am furious."), ("assistant", "Ok."),
        ]
    ):  # fmt: skip
        Message.all_rows.create(session=item.session, position=n, role=role, content=content)
    claim(queue, by=cast.eva)
    save(item, YES, by=cast.eva)

    assert told(queue, cast.adam) == [(0, ["safety"])]


@pytest.mark.django_db
def test_who_may_not_settle_an_item_sees_nothing_of_it(cast: Cast) -> None:
    queue = make_reviewed(cast, MONEY, MONEY)
    hidden, own = items_of(queue)
    QueueItem.all_rows.filter(pk=hidden.pk).update(revealed_at=None)
    QueueReviewer.all_rows.create(queue=queue, reviewer=cast.adam.user, is_assigned=True)
    QueueItem.all_rows.filter(pk=own.pk).update(open_slots=1)
    claim(queue, by=cast.adam)

    assert told(queue, cast.adam) == []
    assert told(queue, cast.olga) == [(own.position, ["overclaim", "money"])]
    assert told(queue, cast.otto) == []
    for item in (hidden, own):
        with pytest.raises(Conflict, match=r"still to come|save your own review"):
            send_to_adjudication(item, by=cast.adam)


@pytest.mark.django_db
def test_a_long_queue_is_looked_at_in_parts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    queue = make_reviewed(cast, MONEY, MONEY, {}, {}, MONEY)
    monkeypatch.setattr(second_look, "MOST_LOOKED", 2)
    monkeypatch.setattr(second_look, "MOST_TOLD", 1)

    found, after = [], -1
    while after is not None:
        looks = worth_a_look(queue, by=cast.adam, after=after)
        found.append(([each.position for each in looks.items], looks.n_looked, looks.after))
        after = looks.after  # type: ignore[assignment]

    assert found == [([0], 2, 0), ([1], 2, 2), ([4], 2, None)]


# --- sending -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_gates_are_as_they_were_until_an_item_is_sent(cast: Cast) -> None:
    queue = make_reviewed(cast, MONEY, MONEY)
    item = items_of(queue)[0]
    assert status_of(queue) == READY
    assert {each.state for each in items_of(queue)} == {"reviewed"}

    send_to_adjudication(item, by=cast.adam)

    unmet = {gate.name: gate.n_blocking for gate in gates(queue) if not gate.is_met}
    assert unmet == {"unresolved": 1}
    adjudicate(item, YES | {"cause": "other"}, by=cast.olga)
    assert status_of(queue) == READY
    assert told(queue, cast.adam) == [(items_of(queue)[1].position, ["overclaim", "money"])]


@pytest.mark.django_db
def test_a_sent_item_waits_like_the_others_and_says_why(cast: Cast) -> None:
    queue = make_reviewed(cast, MONEY)
    (item,) = items_of(queue)
    subscription = WebhookSubscription.create(
        name="Chat", url="https://203.0.112.9/hook", secret="s" * 20,
        events=["item.needs_adjudication"], by=cast.olga,
    )  # fmt: skip

    send_to_adjudication(item, by=cast.adam)

    assert list(waiting(queue, by=cast.olga, kind="money")) == [item]
    counts = counts_of(queue, by=cast.olga)
    assert {name: n for name, n in counts.items() if n} == {"": 1, "overclaim": 1, "money": 1}
    event = AuditEvent.all_rows.get(verb="adjudication.send")
    assert (event.actor_user, event.changes) == (
        cast.adam.user,
        {
            "state": ["reviewed", "needs_adjudication"],
            "reasons": [[], ["Possible overclaim", "Topic: money"]],
        },
    )
    notified = Notification.all_rows.filter(kind="adjudication-needed").values_list(
        "user", flat=True
    )
    assert list(notified) == [cast.olga.user.pk]
    delivery = WebhookDelivery.all_rows.get(subscription=subscription)
    assert delivery.payload["data"]["item"]["key"] == str(item.key)


@pytest.mark.django_db
def test_what_was_sent_waits_until_it_is_settled_whatever_is_saved_meanwhile(cast: Cast) -> None:
    queue = make_reviewed(cast, MONEY)
    (item,) = items_of(queue)
    send_to_adjudication(item, by=cast.adam)

    save(item, NO, by=cast.eva)
    kinds = {name for name, n in counts_of(queue, by=cast.adam).items() if n}
    save(item, YES | {"feedback": "No, it is good."}, by=cast.eva)
    still = {name for name, n in counts_of(queue, by=cast.adam).items() if n}
    adjudicate(item, YES | {"cause": "other"}, by=cast.adam)
    save(item, YES | {"feedback": "Surely."}, by=cast.eva)
    after = {name for name, n in counts_of(queue, by=cast.adam).items() if n}

    assert kinds == {"", "disagreement", "overclaim", "money"}
    assert still == {"", "overclaim", "money"}
    assert after == {"", "reopened"}


@pytest.mark.django_db
def test_what_waits_is_settled_finalised_or_without_a_sign_is_not_sent(cast: Cast) -> None:
    queue = make_reviewed(cast, MONEY, MONEY, {})
    sent, settled, plain = items_of(queue)
    send_to_adjudication(sent, by=cast.adam)
    adjudicate(settled, YES | {"cause": "other"}, by=cast.adam)

    for item, why in ((sent, "waits already"), (settled, "was settled"), (plain, "nothing about")):
        with pytest.raises(Conflict, match=why):
            send_to_adjudication(item, by=cast.adam)
    with pytest.raises(PermissionDenied):
        send_to_adjudication(plain, by=cast.eva)
    adjudicate(sent, YES | {"cause": "other"}, by=cast.adam)
    finalise(queue, FIGURES, by=cast.olga)
    QueueItem.all_rows.filter(pk=plain.pk).update(is_canon_candidate=True)
    with pytest.raises(Conflict, match="finalised"):
        send_to_adjudication(plain, by=cast.adam)
    assert AuditEvent.all_rows.filter(verb="adjudication.send").count() == 1


@pytest.mark.django_db
def test_reviewers_are_told_that_it_was_sent_and_not_what_the_product_saw(
    cast: Cast, call_as: Callable[..., Any]
) -> None:
    queue = make_reviewed(cast, MONEY)
    send_to_adjudication(items_of(queue)[0], by=cast.adam)

    listed = call_as(cast.eva).get(f"/api/v1/queues/{queue.pk}/items")

    assert listed.json()["results"][0]["reasons"] == ["Sent to adjudication."]
    assert "overclaim" not in listed.content.decode()


# --- page and API --------------------------------------------------------------------------------


def page(queue: Queue, rest: str = "") -> str:
    return f"/t/lighthouse/queues/{queue.pk}/adjudicate/{rest}"


@pytest.mark.django_db
def test_the_page_tells_reasons_narrows_by_them_and_sends(cast: Cast, sign_in: SignIn) -> None:
    queue = make_reviewed(cast, MONEY, {"category": "Safety", "title": "Stairs"})
    money, safety = items_of(queue)
    client = sign_in(cast.adam)

    html = client.get(page(queue)).content.decode()
    narrowed = client.get(page(queue, "?sign=safety")).content.decode()
    sent = client.post(page(queue, f"{safety.key}/send/?sign=safety"))
    after = client.get(page(queue)).content.decode()
    twice = client.post(page(queue, f"{safety.key}/send/"), follow=True).content.decode()

    assert html.index("Nothing waits for a decision") < html.index("Worth a second look")
    for words in ("Possible overclaim", "The prompt says “refund”.", "Its category is Safety."):
        assert words in html
    assert str(safety.key) in narrowed
    assert str(money.key) not in narrowed
    assert sent["Location"] == page(queue, "?sign=safety#second-look")
    waits, looked = after.split('id="second-look"')
    assert "Topic: safety" in waits
    assert str(safety.key) in waits
    assert str(safety.key) not in looked
    assert "waits already" in twice


@pytest.mark.django_db
def test_the_page_asks_as_many_queries_for_many_items_as_for_one(
    cast: Cast, sign_in: SignIn, call_as: Callable[..., Any]
) -> None:
    one, many = (make_reviewed(cast, *[MONEY] * n) for n in (1, 8))
    pages, api = sign_in(cast.adam), call_as(cast.adam)

    def asked(queue: Queue) -> list[int]:
        return [
            queries_of(lambda: pages.get(page(queue))),
            queries_of(lambda: api.get(f"/api/v1/queues/{queue.pk}/second-look")),
        ]

    asked(one)
    assert asked(one) == asked(many)


@pytest.mark.django_db
def test_the_api_lists_what_is_worth_a_second_look_and_sends_it(
    cast: Cast, call_as: Callable[..., Any]
) -> None:
    queue = make_reviewed(cast, MONEY, {"category": "Safety"})
    money = items_of(queue)[0]
    api = f"/api/v1/queues/{queue.pk}"
    client = call_as(cast.adam)

    listed = client.get(f"{api}/second-look?sign=money").json()
    sent = client.post(f"{api}/items/{money.key}/send")
    again = client.post(f"{api}/items/{money.key}/send")

    assert listed == {
        "counts": {**dict.fromkeys(SIGNS, 0), "all": 2, "overclaim": 1, "money": 1, "safety": 1},
        "lookedAt": 2,
        "after": None,
        "results": [
            {
                "key": str(money.key),
                "label": "q-1",
                "position": 0,
                "signs": [
                    {"sign": "overclaim", "because": "The response says “guarantee”."},
                    {"sign": "money", "because": "The prompt says “refund”."},
                ],
                "reviews": 2,
            }
        ],
    }
    assert sent.json() == {
        "key": str(money.key), "state": "needs_adjudication", "reasons": ["overclaim", "money"],
    }  # fmt: skip
    assert again.status_code == 409
    assert client.get(f"{api}/waiting?reason=money").json()["waiting"]["all"] == 1
    big = f"after={'0' * 20}{'9' * 5_000}"
    for query in ("sign=luck", "after=-1", big, "kind=money"):
        assert client.get(f"{api}/second-look?{query}").status_code == 400
    for who, status in ((cast.eva, 403), (cast.otto, 404)):
        assert call_as(who).get(f"{api}/second-look").status_code == status
        assert call_as(who).post(f"{api}/items/{money.key}/send").status_code == status
