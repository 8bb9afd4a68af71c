"""Finalising on the page, over HTTP and by command: gates, seals, what breaks one, reopening."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from evalplatform.audit.models import AuditEvent
from evalplatform.errors import Conflict
from reviews.adjudicating import adjudicate, contest
from reviews.claiming import claim
from reviews.figures.whole import figures_of
from reviews.lifecycle import finalise, gates, reopen, status_of, statuses_of
from reviews.models import Queue, QueueItem, Review, ReviewRevision, Seal, Slot
from reviews.queueing import add_ids
from reviews.saving import open_review, save, save_draft
from reviews.seal_checking import SealState, check
from tests.cast import Cast, make_key
from tests.reviews.sealed import make_finished, past_the_triggers, review_all
from tests.reviews_made import NO, YES, make_queue, make_queue_with_verdicts
from tests.runs_made import make_check_result, make_run, make_run_item

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
CallAs = Callable[..., APIClient]


def page_of(queue: Queue, rest: str = "finalise/") -> str:
    return f"/t/lighthouse/queues/{queue.pk}/{rest}"


def api_of(queue: Queue, rest: str) -> str:
    return f"/api/v1/queues/{queue.pk}/{rest}"


def verify(named: Any, *options: str) -> tuple[int, str]:
    """The exit code of the command and what it printed."""
    out = StringIO()
    try:
        call_command("verify_seal", str(named), *options, stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


# --- gates ----------------------------------------------------------------------------------------


def test_page_says_what_blocks_how_many_and_which(cast: Cast, sign_in: SignIn) -> None:
    queue = make_queue(owner=cast.eva, n_items=3, reviews_per_item=2)
    review_all(queue, (cast.emil, YES), (cast.tess, NO))
    client = sign_in(cast.eva)

    page = client.get(page_of(queue))
    listed = client.get(page_of(queue) + "?gate=unresolved")

    found = {gate.name: gate.n_blocking for gate, _ in page.context["gates"]}
    assert found == {"quota": 0, "dirty": 0, "unresolved": 3, "flags": 0, "contests": 0}
    html = page.content.decode()
    assert 'href="?gate=unresolved#blocking">3 to go' in html
    assert " disabled" in html
    urls = [item["url"] for item in listed.context["items"]]
    keys = QueueItem.all_rows.filter(queue=queue).order_by("position").values_list("key", flat=True)
    assert urls == [page_of(queue, f"review/{key}/history/") for key in keys]
    assert client.get(urls[0]).status_code == 200
    settles = sign_in(cast.adam).get(page_of(queue) + "?gate=unresolved").context
    assert settles["adjudicate_url"] == page_of(queue, "adjudicate/")
    assert settles["items"][0]["url"] == page_of(queue, f"adjudicate/{keys[0]}/")
    slot = {"queue": queue, "reviewer": cast.eva.user, "state": "skipped"}
    Slot.all_rows.create(queue_item=QueueItem.all_rows.get(key=keys[0]), **slot)
    told = client.get(page_of(queue) + "?gate=unresolved").context
    assert [item["url"] for item in told["items"]] == urls[1:]  # theirs is still to come
    refused = client.post(page_of(queue), follow=True)
    assert "This must hold first: Nothing waits for a decision (3 to go)." in (
        refused.content.decode()
    )
    assert not Seal.all_rows.exists()


def test_a_floor_that_is_not_reached_is_said_with_its_figure_and_items(
    cast: Cast, sign_in: SignIn
) -> None:
    queue = make_queue(owner=cast.olga, n_items=2, reviews_per_item=2, floors={"reviewers": 0.9})
    for who, said in ((cast.eva, [YES, YES]), (cast.emil, [YES, NO])):
        for what in said:
            slot = claim(queue, by=who)
            assert slot
            save(slot.queue_item, what, by=who)
    item = QueueItem.all_rows.get(queue=queue, state="needs_adjudication")
    adjudicate(item, NO | {"cause": "other"}, by=cast.olga)

    page = sign_in(cast.olga).get(page_of(queue) + "?gate=floors")

    assert {gate.name: gate.n_blocking for gate, _ in page.context["gates"] if not gate.is_met} == {
        "floors": 1
    }
    floor = page.context["floors"][0]
    assert (floor.figure, floor.quantity.value, floor.least) == ("reviewers", 0.5, 0.9)
    url = page_of(queue, f"review/{item.key}/history/")
    assert [each["url"] for each in page.context["items"]] == [url]
    assert "at least 0.9" in page.content.decode()


def test_gates_do_not_tell_what_was_said_of_an_item_that_is_not_open_yet(cast: Cast) -> None:
    queue = make_queue(owner=cast.olga, n_items=1, reviews_per_item=2)
    slot = claim(queue, by=cast.eva)
    assert slot
    save(slot.queue_item, {"answers": {"verdict": {"value": None, "flagged": True}}}, by=cast.eva)
    assert QueueItem.all_rows.get(queue=queue).state == "needs_review"

    assert [gate.name for gate in gates(queue) if not gate.is_met] == ["quota"]


def test_lists_say_the_same_as_the_gates(cast: Cast) -> None:
    flag = {"answers": {"verdict": {"value": None, "flagged": True}}}
    queues = {
        "empty": make_queue(owner=cast.olga, n_items=0),
        "open": make_queue(owner=cast.olga, n_items=1),
        "held": make_queue(owner=cast.olga, n_items=1),
        "flagged": make_queue(owner=cast.olga, n_items=1),
        "typed": make_finished(cast),
        "contested": make_queue(owner=cast.olga, n_items=1, reviews_per_item=2),
        "too low": make_finished(cast, floors={"auto": 0.9}),
        "ready": make_finished(cast, floors={"reviewers": 0.9}),
        "sealed": make_finished(cast),
    }
    claim(queues["held"], by=cast.eva)
    review_all(queues["flagged"], (cast.eva, flag))
    review_all(queues["contested"], (cast.eva, YES), (cast.emil, NO))
    item = QueueItem.all_rows.get(queue=queues["contested"])
    contest(adjudicate(item, NO | {"cause": "other"}, by=cast.olga), "No.", by=cast.eva)
    review = Review.all_rows.filter(queue=queues["typed"], reviewer=cast.eva.user)[0]
    save_draft(review, NO, number=review.draft_number, by=cast.eva)
    finalise(queues["sealed"], by=cast.olga)

    found = statuses_of(list(queues.values()))

    assert {name: found[queue.pk] for name, queue in queues.items()} == {
        name: status_of(queue) for name, queue in queues.items()
    }
    assert [name for name, queue in queues.items() if found[queue.pk] != "in_review"] == [
        "ready", "sealed",
    ]  # fmt: skip


# --- finalising and opening again -----------------------------------------------------------------


def test_who_runs_it_finalises_on_the_page_and_an_owner_opens_it_again(
    cast: Cast, sign_in: SignIn
) -> None:
    queue = make_finished(cast, owner=cast.eva)
    eva, olga = sign_in(cast.eva), sign_in(cast.olga)
    assert "ready to finalise" in eva.get(page_of(queue, "")).content.decode()

    done = eva.post(page_of(queue), follow=True)

    seal = Seal.all_rows.get()
    assert seal.finalized_by == cast.eva.user
    assert seal.snapshot["numbers"] | {"reviews": 4, "items": 2} == seal.snapshot["numbers"]
    html = done.content.decode()
    assert "Finalised: 2 items are sealed." in html
    assert seal.digest in html
    assert "Reopen…" not in html
    assert "finalised" in eva.get("/t/lighthouse/queues/?view=own").content.decode()
    assert eva.post(page_of(queue, "reopen/"), {"reason": "Mine."}).status_code == 403
    assert olga.post(page_of(queue, "reopen/"), {"reason": " "}).status_code == 422
    olga.post(page_of(queue, "reopen/"), {"reason": "A date was wrong."})
    again = olga.get(page_of(queue)).content.decode()
    assert "A date was wrong." in again
    assert "amended" in again
    verbs = AuditEvent.all_rows.filter(object_id=str(queue.pk)).values_list("verb", flat=True)
    assert {"review.finalise", "review.reopen"} <= set(verbs)


def test_who_has_a_run_finalises_its_review_though_another_runs_the_queue(
    cast: Cast, sign_in: SignIn, call_as: CallAs
) -> None:
    run = make_run(owner=cast.tess)
    make_run_item(run)
    queue = make_queue_with_verdicts(owner=cast.olga, run=run, reviews_auto_evals=False)
    review_all(queue, (cast.eva, YES))
    Queue.all_rows.filter(pk=queue.pk).update(is_for_everyone=False)

    tess = sign_in(cast.tess)
    assert tess.get(page_of(queue)).status_code == 200
    state = tess.get(f"/t/lighthouse/runs/{run.pk}/review/state/").content.decode()
    assert "ready to finalise" in state
    assert page_of(queue) in state
    listed = tess.get("/t/lighthouse/runs/").content.decode()
    assert "ready to finalise" in listed
    assert page_of(queue) in listed
    assert (
        f'href="{page_of(queue, "")}"'
        in sign_in(cast.olga).get("/t/lighthouse/runs/").content.decode()
    )
    assert sign_in(cast.emil).get(page_of(queue)).status_code == 404
    assert call_as(cast.tess).post(api_of(queue, "finalise")).status_code == 201
    seal = Seal.all_rows.get()
    assert seal.finalized_by == cast.tess.user
    assert seal.snapshot["agreement"] == figures_of(queue, by=cast.olga).as_json()
    assert seal.snapshot["agreement"]["scope"] == "queue"


@pytest.mark.parametrize(("scope", "ends"), [("settle", 201), ("review", 403), ("read", 403)])
def test_a_key_finalises_when_it_may_settle(
    cast: Cast, call_as: CallAs, scope: str, ends: int
) -> None:
    queue = make_finished(cast, owner=cast.eva)

    assert call_as(cast.eva, scopes=[scope]).post(api_of(queue, "finalise")).status_code == ends


def test_a_reviewer_is_told_the_state_and_not_the_gates(
    cast: Cast, sign_in: SignIn, call_as: CallAs
) -> None:
    queue = make_finished(cast)
    finalise(queue, by=cast.olga)

    told = call_as(cast.eva).get(api_of(queue, "lifecycle")).json()
    assert (told["status"], told["gates"]) == ("finalized", None)
    assert told["finalizedBy"]["email"] == "olga@example.org"
    assert told["finalizedAt"]
    assert sign_in(cast.eva).get(page_of(queue)).status_code == 403
    assert call_as(cast.eva).get(api_of(queue, "seals")).status_code == 403
    assert "finalised" in sign_in(cast.eva).get(page_of(queue, "")).content.decode()


def test_api_refuses_with_the_gates_then_finalises_once_reopens_and_chains(
    cast: Cast, call_as: CallAs
) -> None:
    queue = make_queue(owner=cast.olga, n_items=1)
    client = call_as(cast.olga)
    early = client.post(api_of(queue, "finalise"))
    assert early.status_code == 409
    gate = {"name": "quota", "label": "Every item has its reviews", "blocking": 1}
    assert early.json()["error"]["details"] == {"gates": [gate]}
    review_all(queue, (cast.eva, YES))
    assert client.get(api_of(queue, "lifecycle")).json()["status"] == "ready_to_finalize"

    first = client.post(api_of(queue, "finalise"))
    twice = client.post(api_of(queue, "finalise"))
    no_reason = client.post(api_of(queue, "reopen"), {}, format="json")
    opened = client.post(api_of(queue, "reopen"), {"reason": "A slip."}, format="json")
    save(QueueItem.all_rows.get(queue=queue), NO, by=cast.eva)
    amended = client.get(api_of(queue, "seals/check")).json()
    second = client.post(api_of(queue, "finalise"))
    seals = client.get(api_of(queue, "seals")).json()["results"]
    whole = client.get(api_of(queue, "seals/check")).json()

    assert (first.status_code, twice.status_code) == (201, 409)
    assert (no_reason.status_code, opened.status_code) == (400, 200)
    assert opened.json()["status"] == "ready_to_finalize"
    assert (amended["state"], amended["differing"]) == ("amended", 1)
    assert amended["differingItems"][0]["what"] == ["the review by Eva"]
    assert second.json()["previousDigest"] == first.json()["digest"]
    assert [(seal["number"], seal["reopenReason"]) for seal in seals] == [(2, ""), (1, "A slip.")]
    assert whole["state"] == "sealed"
    assert whole["seals"] == [
        {"number": 1, "state": "amended"}, {"number": 2, "state": "sealed"},
    ]  # fmt: skip


def test_nothing_is_typed_settled_contested_or_added_under_a_seal(
    cast: Cast, call_as: CallAs
) -> None:
    queue = make_queue(owner=cast.olga, n_items=1, reviews_per_item=2)
    review_all(queue, (cast.eva, YES), (cast.emil, NO))
    item = QueueItem.all_rows.get(queue=queue)
    made = adjudicate(item, NO | {"cause": "other"}, by=cast.olga)
    finalise(queue, by=cast.olga)
    review = open_review(item, by=cast.eva)
    for act in (
        lambda: save_draft(review, YES, number=review.draft_number, by=cast.eva),
        lambda: save(item, NO, by=cast.eva),
        lambda: adjudicate(item, YES | {"cause": "other"}, by=cast.olga),
        lambda: contest(made, "No.", by=cast.eva),
        lambda: add_ids(queue, [], by=cast.olga),
    ):
        with pytest.raises(Conflict, match="The review is finalised"):
            act()
    assert check(queue).state == SealState.SEALED


# --- what breaks a seal ---------------------------------------------------------------------------


def test_an_answer_changed_in_the_database_breaks_the_seal_and_all_three_say_which_item(
    cast: Cast, sign_in: SignIn, call_as: CallAs
) -> None:
    queue = make_finished(cast)
    finalise(queue, by=cast.olga)
    item = QueueItem.all_rows.filter(queue=queue)[1]
    assert item.session is not None
    item.session.title = "The noisy pump"
    item.session.save()
    client, api = sign_in(cast.olga), call_as(cast.olga)
    assert client.get(page_of(queue)).context["verdict"].state == SealState.SEALED
    assert api.get(api_of(queue, "seals/check")).json()["state"] == "sealed"
    assert verify(queue.pk)[0] == 0

    past_the_triggers(
        "UPDATE reviews_reviewanswer SET value = 'fail' WHERE queue_item_id = %s AND "
        "reviewer_id = %s", item.pk, cast.eva.user.pk,
    )  # fmt: skip

    what = (
        "the review by Eva: “Is the answer good enough?” of save 1 says fail in one place and pass "
        "in the other"
    )
    html = client.get(page_of(queue)).content.decode()
    assert "The seal is broken" in html
    assert "The noisy pump" in html
    assert what[1:] in html
    told = api.get(api_of(queue, "seals/check")).json()
    assert told["state"] == "broken"
    assert told["differingItems"] == [
        {"key": str(item.key), "label": "The noisy pump", "what": [what]}
    ]
    assert told["differing"] == 1
    code, printed = verify(queue.pk)
    assert code == 1
    assert printed.startswith("broken: Morning. The seal is broken. 1 item differs")
    assert f"The noisy pump ({item.key}): {what}" in printed


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE reviews_reviewrevision SET feedback = 'x' WHERE id = {revision}",
         "the review by Eva"),
        ("UPDATE reviews_review SET reviewer_id = '{tess}' WHERE id = '{review}'",
         "the review by Tess"),
        ("UPDATE datasets_message SET content = 'x' WHERE session_id = '{session}'",
         "what was reviewed"),
        ("UPDATE reviews_queueitem SET inclusion_probability = 0.5 WHERE id = {item}",
         "the rubric, or how the item came in"),
        ("INSERT INTO reviews_adjudication (id, queue_id, queue_item_id, number, adjudicator_id, "
         "answers, checks, labels, reason, cause, via, request_id, is_current) VALUES "
         "(gen_random_uuid(), '{queue}', {item}, 1, '{tess}', '{{}}', '{{}}', '{{}}', '', 'other', "
         "'page', '', true)", "what was settled"),
        ("DELETE FROM reviews_reviewanswer WHERE revision_id = {revision}",
         "“Is the answer good enough?” of save 1 is missing"),
    ],
)  # fmt: skip
def test_whatever_is_changed_under_a_seal_is_told(
    cast: Cast, statement: str, says: str
) -> None:  # fmt: skip
    queue = make_finished(cast)
    finalise(queue, by=cast.olga)
    revision = ReviewRevision.all_rows.filter(review__reviewer=cast.eva.user).order_by("pk")[0]
    review = revision.review
    item = review.queue_item

    past_the_triggers(
        statement.format(
            revision=revision.pk, review=review.pk, tess=cast.tess.user.pk, queue=queue.pk,
            session=item.session_id, item=item.pk,
        )
    )  # fmt: skip

    verdict = check(queue)
    assert verdict.state == SealState.BROKEN
    assert [each.key for each in verdict.items] == [item.key]
    assert says in " ".join(verdict.items[0].what)


@pytest.mark.parametrize(
    ("statement", "fault"),
    [
        ("UPDATE reviews_seal SET snapshot = '{{}}' WHERE queue_id = '{queue}'",
         "Seal 1 was changed itself: its digest is of something else."),
        ("UPDATE reviews_sealeditem SET digest = repeat('0', 64) WHERE queue_item_id = {item}",
         "Seal 1 was changed itself, at 1 item."),
        ("UPDATE reviews_seal SET reopened_at = now(), reopened_by_id = finalized_by_id, "
         "reopen_reason = 'x' WHERE queue_id = '{queue}'",
         "Seal 1 was opened, and the review is not."),
        ("UPDATE reviews_queue SET is_finalized = false WHERE id = '{queue}'",
         "Seal 1 holds, and the review is open."),
        ("DELETE FROM reviews_sealeditem WHERE queue_item_id = {item}",
         "Seal 1 is of 2 items, and names 1."),
        ("DELETE FROM reviews_sealeditem; DELETE FROM reviews_seal WHERE queue_id = '{queue}'",
         "It is marked as finalised, and there is no seal."),
        ("UPDATE reviews_queueitem SET position = position + 10 WHERE id = {item}",
         "The items are in another order."),
    ],
)  # fmt: skip
def test_a_seal_that_was_changed_itself_is_broken(
    cast: Cast, statement: str, fault: str
) -> None:  # fmt: skip
    queue = make_finished(cast)
    finalise(queue, by=cast.olga)
    item = QueueItem.all_rows.filter(queue=queue).order_by("position")[0]

    past_the_triggers(statement.format(queue=queue.pk, item=item.pk))

    verdict = check(queue)
    assert verdict.state == SealState.BROKEN
    assert fault in verdict.faults


def test_an_earlier_seal_that_was_rewritten_breaks_the_chain(cast: Cast) -> None:
    queue = make_finished(cast)
    finalise(queue, by=cast.olga)
    reopen(queue, "A slip.", by=cast.olga)
    finalise(queue, by=cast.olga)
    assert check(queue).state == SealState.SEALED

    past_the_triggers(
        "UPDATE reviews_seal SET digest = repeat('0', 64) WHERE queue_id = %s AND number = 1",
        queue.pk,
    )

    verdict = check(queue)
    assert verdict.state == SealState.BROKEN
    assert "Seal 2 does not name the digest of the seal before it." in verdict.faults


def test_a_verdict_that_is_overridden_after_the_seal_is_told(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    result = make_check_result(make_run_item(run))
    queue = make_queue_with_verdicts(owner=cast.olga, run=run, reviews_auto_evals=False)
    review_all(queue, (cast.eva, YES))
    finalise(queue, by=cast.olga)

    past_the_triggers("UPDATE runs_checkresult SET feedback = 'x' WHERE id = %s", result.pk)

    assert [each.what for each in check(queue).items] == [("the machine’s verdicts",)]


# --- the command ----------------------------------------------------------------------------------


def test_command_takes_a_run_or_a_queue_and_exits_as_documented(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    make_run_item(run)
    queue = make_queue_with_verdicts(owner=cast.eva, run=run, reviews_auto_evals=False)
    review_all(queue, (cast.emil, YES))
    assert verify(run.pk)[0] == 3
    seal = finalise(queue, by=cast.eva)

    assert verify(run.pk)[0] == 0
    assert verify(queue.pk, "--digest", seal.digest.upper())[0] == 0
    code, printed = verify(queue.pk, "--digest", "0" * 64, "--json")
    assert (code, json.loads(printed)["state"]) == (1, "broken")
    reopen(queue, "A slip.", by=cast.olga)
    code, printed = verify(run.pk)
    assert (code, printed.split(":")[0]) == (3, "amended")
    for unknown in ("42", cast.team.pk):
        with pytest.raises(CommandError) as refused:
            verify(unknown)
        assert refused.value.returncode == 2


# --- cost -----------------------------------------------------------------------------------------


def test_page_does_not_query_per_item(cast: Cast, sign_in: SignIn) -> None:
    client, counts = sign_in(cast.olga), []
    for n_items in (2, 6):
        queue = make_finished(cast, n_items=n_items)
        finalise(queue, by=cast.olga)
        client.get(page_of(queue))
        with CaptureQueriesContext(connection) as found:
            client.get(page_of(queue))
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_keys_that_are_limited_to_reviewing_do_not_finalise(cast: Cast) -> None:
    queue = make_finished(cast)
    limited, whole = APIClient(), APIClient()
    limited.credentials(HTTP_AUTHORIZATION=f"Bearer {make_key(cast.olga, scopes=['review'])}")
    whole.credentials(HTTP_AUTHORIZATION=f"Bearer {make_key(cast.olga)}")

    assert limited.post(api_of(queue, "finalise")).status_code == 403
    assert whole.post(api_of(queue, "finalise")).status_code == 201
