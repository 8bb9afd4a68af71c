"""Labelling of many sessions is a job: frozen when asked for, saved in chunks, counted exactly."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models.functions import Now
from django.test import Client
from rest_framework.test import APIClient

from datasets.models import Session
from evalplatform.accounts.models import Membership
from evalplatform.audit.models import AuditEvent
from evalplatform.errors import Conflict
from evalplatform.jobs.freezing import packed, unpacked
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import Turn, run_job
from evalplatform.scoping.actor import Actor
from reviews import bulk
from reviews.bulk import change_in, label_many
from reviews.changes import LabelChange
from reviews.labelling import undo_token
from reviews.models import EvalLabel, EvalLabelRevision
from tests.cast import Cast
from tests.sessions import make_label, make_session

SignIn = Callable[[Actor], Client]
CallAs = Callable[..., APIClient]
GOLDEN = LabelChange(status="golden")
MANY = "/t/lighthouse/labels/"
JOBS = "/t/lighthouse/labels/jobs/"
API = "/api/v1/sessions/label"


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than three sessions are a job, which works two by two."""
    monkeypatch.setattr(bulk, "AT_ONCE", 3)
    monkeypatch.setattr(bulk, "BATCH", 2)


def make_many(n: int, owner: Actor, **fields: Any) -> list[Session]:
    return [make_session(owner=owner, **fields) for _ in range(n)]


def ask(sessions: Sequence[Session], change: LabelChange, *, by: Actor, **more: Any) -> Job:
    job = label_many(lambda: [session.pk for session in sessions], change, by=by, **more)
    assert isinstance(job, Job)
    return job


def done(job: Job) -> Job:
    run_job(job.pk)
    job.refresh_from_db()
    return job


def counts(job: Job) -> tuple[int, int, int, int]:
    """Return how many the job has gone through, and how many it changed, left and could not."""
    kept = job.result or {}
    changed = kept["updated"] - kept["unchanged"]
    return kept["done"], changed, kept["unchanged"], kept["nFailed"]


def statuses() -> list[str | None]:
    return sorted(EvalLabel.all_rows.values_list("status", flat=True), key=str)


def events() -> list[str]:
    found = AuditEvent.all_rows.filter(verb="label").values_list("object_id", flat=True)
    return sorted(found)


def ids(sessions: Sequence[Session]) -> list[str]:
    return sorted(str(session.pk) for session in sessions)


def test_more_than_a_few_are_labelled_by_a_job(cast: Cast) -> None:
    sessions = make_many(5, cast.eva)

    job = ask(sessions, GOLDEN, by=cast.eva)

    assert statuses() == []
    assert (done(job).state, counts(job)) == ("done", (5, 5, 0, 0))
    assert (job.n_done, job.n_expected) == (5, 5)
    assert statuses() == ["golden"] * 5
    assert events() == ids(sessions)


def test_a_few_are_labelled_at_once(cast: Cast) -> None:
    sessions = make_many(3, cast.eva)

    outcome = label_many(lambda: [session.pk for session in sessions], GOLDEN, by=cast.eva)

    assert not isinstance(outcome, Job)
    assert statuses() == ["golden"] * 3
    assert not Job.all_rows.exists()


def test_all_of_the_view_is_what_fitted_when_it_was_pressed(cast: Cast, sign_in: SignIn) -> None:
    sessions = make_many(4, cast.eva, tags=["late"])
    for session in sessions:
        make_label(session)

    sign_in(cast.eva).post(
        f"{MANY}?tag=late&status=needs_review", {"scope": "all", "status": "golden"}
    )
    EvalLabel.all_rows.filter(session=sessions[0]).update(status="correct")  # fits no more
    make_label(make_session(owner=cast.eva, tags=["late"]))  # fits, and came later
    done(Job.all_rows.get())

    assert statuses() == ["golden"] * 4 + ["needs_review"]


def test_a_session_that_is_the_persons_no_more_is_not_touched(cast: Cast) -> None:
    sessions = make_many(5, cast.eva)
    job = ask(sessions, GOLDEN, by=cast.eva)
    Session.all_rows.filter(pk=sessions[0].pk).update(owner=cast.emil.user)

    assert counts(done(job)) == (5, 4, 0, 1)
    assert job.result["errors"] == [{"id": str(sessions[0].pk), "message": "Not found."}]
    assert events() == ids(sessions[1:])
    assert not EvalLabel.all_rows.filter(session=sessions[0]).exists()


def test_sessions_that_one_may_not_see_are_not_touched_and_told_as_unknown(cast: Cast) -> None:
    mine, foreign = make_many(3, cast.eva), make_session(owner=cast.emil)
    unknown = uuid.uuid4()

    asked = [*(session.pk for session in mine), foreign.pk, unknown]
    job = label_many(lambda: asked, GOLDEN, by=cast.eva)

    assert isinstance(job, Job)
    assert counts(done(job)) == (5, 3, 0, 2)
    assert {one["message"] for one in job.result["errors"]} == {"Not found."}
    assert events() == ids(mine)


def test_who_may_label_no_more_ends_the_job_where_it_is(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = ask(make_many(6, cast.eva), GOLDEN, by=cast.eva)
    progress = Turn.progress

    def progress_of_a_tester(turn: Turn, n_done: int, *told: Any) -> None:
        if n_done == 4:
            Membership.all_rows.filter(pk=cast.eva.membership.pk).update(role="tester")
        turn._renewed = 0.0  # a second has passed
        progress(turn, n_done, *told)

    monkeypatch.setattr(Turn, "progress", progress_of_a_tester)

    assert done(job).state == "failed"
    assert "may not label" in job.error
    assert (counts(job), statuses()) == ((4, 4, 0, 0), ["golden"] * 4)


def test_a_cancelled_job_keeps_what_it_did_and_says_how_much(
    cast: Cast, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = make_many(6, cast.eva)
    job = ask(sessions, GOLDEN, by=cast.eva)

    def cancel_after_two(turn: Turn, n_done: int, *told: Any) -> None:
        if n_done == 2:
            job.cancel(by=cast.eva)

    monkeypatch.setattr(Turn, "progress", cancel_after_two)

    assert done(job).state == "cancelled"
    assert (counts(job), len(events())) == ((2, 2, 0, 0), 2)
    assert statuses() == ["golden"] * 2
    assert (
        "Cancelled after 2 of 6 sessions. Golden: 2 labelled, 0 unchanged. What was done stays."
        in sign_in(cast.eva).get(JOBS).content.decode()
    )


class Killed(BaseException):
    """The worker's end, which nothing catches."""


def test_a_turn_that_dies_in_a_chunk_loses_only_that_and_the_next_repeats_nothing(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = make_many(7, cast.eva)
    job = ask(sessions, GOLDEN, by=cast.eva)
    label_batch, deaths = bulk.label_batch, iter([False, True, False, True])

    def die_sometimes(*told: Any, **more: Any) -> Any:
        tally = label_batch(*told, **more)
        if next(deaths, False):
            raise Killed
        return tally

    monkeypatch.setattr(bulk, "label_batch", die_sometimes)
    for n_left in (2, 4):
        with pytest.raises(Killed):
            run_job(job.pk)
        assert (len(events()), EvalLabelRevision.all_rows.count()) == (n_left, n_left)
        Job.all_rows.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))

    assert (done(job).state, counts(job)) == ("done", (7, 7, 0, 0))
    assert events() == ids(sessions)
    assert EvalLabelRevision.all_rows.count() == 7


def test_what_others_did_after_a_chunk_is_not_overwritten_by_the_next_turn(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions = make_many(4, cast.eva)
    job = ask(sessions, GOLDEN, by=cast.eva)
    first = Session.all_rows.order_by("pk").first()
    monkeypatch.setattr(bulk, "require_label", dies_at(3, bulk.require_label))
    with pytest.raises(Killed):
        run_job(job.pk)
    EvalLabel.all_rows.filter(session=first).update(status="incorrect")
    Job.all_rows.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))

    done(job)

    assert statuses() == ["golden", "golden", "golden", "incorrect"]


def dies_at(n: int, call: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function, which kills its caller the n-th time it is called."""
    calls = iter(range(1, 1000))

    def called(*told: Any) -> Any:
        if next(calls) == n:
            raise Killed
        return call(*told)

    return called


def test_the_same_form_sent_twice_is_one_job(cast: Cast, sign_in: SignIn) -> None:
    make_many(4, cast.eva)
    client, form = sign_in(cast.eva), {"scope": "all", "token": str(uuid.uuid4())}

    codes = [client.post(MANY, form | {"status": "golden"}).status_code for _ in range(2)]

    assert (codes, Job.all_rows.count()) == ([202, 202], 1)
    client.post(MANY, form | {"status": "correct"})
    assert Job.all_rows.count() == 2


def test_the_form_of_a_list_carries_a_token(cast: Cast, sign_in: SignIn) -> None:
    make_label(make_session(owner=cast.eva))

    for path in ("evals", "sessions"):
        body = sign_in(cast.eva).get(f"/t/lighthouse/{path}/").content.decode()
        assert body.count('name="token" value="') == 1


def test_the_page_tells_of_a_job_while_it_runs_and_once_when_it_has_ended(
    cast: Cast, sign_in: SignIn
) -> None:
    make_label(make_many(5, cast.eva)[0], status="correct")
    client = sign_in(cast.eva)
    client.post(MANY, {"scope": "all", "status": "golden"})
    job = Job.all_rows.get()

    waiting = client.get(JOBS).content.decode()
    done(job)
    told = client.get(f"{JOBS}?was_open=1")
    again = client.get(JOBS).content.decode()

    assert "Waiting for a worker" in waiting
    assert "every 1s" in waiting
    assert f"/jobs/{job.pk}/cancel/" in waiting
    assert "Golden: 5 labelled, 0 unchanged." in told.content.decode()
    assert "every 1s" not in told.content.decode()
    assert "labels:changed" in told["HX-Trigger"]
    assert "labelled" not in again


def test_nobody_is_told_of_anothers_job(cast: Cast, sign_in: SignIn) -> None:
    done(ask(make_many(4, cast.eva), GOLDEN, by=cast.eva))

    for who in ("olga", "adam", "emil"):
        assert "labelled" not in sign_in(cast.actor(who)).get(JOBS).content.decode()


def test_undoing_a_job_is_a_job_that_brings_back_what_was(cast: Cast, sign_in: SignIn) -> None:
    sessions = make_many(5, cast.eva)
    for session in sessions[:2]:
        make_label(session, status="correct", notes="Kept.")
    client = sign_in(cast.eva)
    client.post(MANY, {"scope": "all", "status": "golden"})
    done(Job.all_rows.get())
    undo = client.get(JOBS).context["acts"][0].undo

    codes = [client.post(f"{MANY}undo/?token={undo}").status_code for _ in range(2)]
    job = Job.all_rows.order_by("created_at").last()

    assert (codes, Job.all_rows.count()) == ([202, 202], 2)
    assert counts(done(job)) == (5, 5, 0, 0)
    assert statuses() == [None] * 3 + ["correct"] * 2
    assert EvalLabel.all_rows.filter(notes="Kept.").count() == 2
    assert "Undo: 5 labelled" in client.get(JOBS).content.decode()


@pytest.mark.parametrize(
    "change",
    [
        GOLDEN,
        LabelChange(status=None),
        LabelChange(is_eval_ready=True),
        LabelChange.cleaned(add_tags=["a", "b"], notes="x", expected_output="y"),
        LabelChange.cleaned(tags=[]),
    ],
)
def test_a_job_makes_the_change_that_was_asked_for(cast: Cast, change: LabelChange) -> None:
    job = ask(make_many(4, cast.eva), change, by=cast.eva)
    job.refresh_from_db()

    assert change_in(job) == change


def test_ids_are_the_same_after_packing() -> None:
    pks = [uuid.uuid4() for _ in range(100)]

    assert unpacked(packed(pks)) == pks
    assert len(packed(pks)) < 22 * 100


def test_the_api_answers_with_a_job_that_says_what_it_did(cast: Cast, call_as: CallAs) -> None:
    make_many(4, cast.eva, tags=["late"])
    client = call_as(cast.eva)

    answer = client.post(API, {"filter": {"tag": "late"}, "evalStatus": "golden"}, format="json")

    job = Job.all_rows.get()
    assert (answer.status_code, answer.json()) == (202, {"job": str(job.pk), "sessions": 4})
    done(job)
    told = client.get(answer["Location"]).json()
    assert (told["state"], told["done"], told["expected"]) == ("done", 4, 4)
    assert told["result"] == {
        "done": 4, "updated": 4, "unchanged": 0, "nFailed": 0, "errors": []
    }  # fmt: skip
    assert call_as(cast.adam).get(answer["Location"]).status_code == 404


def test_the_api_gives_the_same_job_for_the_same_key(cast: Cast, call_as: CallAs) -> None:
    sessions = make_many(4, cast.eva)
    client, key = call_as(cast.eva), {"Idempotency-Key": "once"}
    body = {"ids": ids(sessions), "evalStatus": "golden"}

    first, second = (client.post(API, body, format="json", headers=key).json() for _ in range(2))
    other = client.post(API, body | {"evalStatus": None}, format="json", headers=key)

    assert first == second
    assert other.status_code == 409
    assert Job.all_rows.count() == 1


def test_a_key_of_another_change_is_refused(cast: Cast) -> None:
    sessions = make_many(4, cast.eva)
    ask(sessions, GOLDEN, by=cast.eva, key="k", asked="golden")

    with pytest.raises(Conflict, match="used for another change"):
        ask(sessions, GOLDEN, by=cast.eva, key="k", asked="correct")


def test_a_broken_filter_makes_no_job(cast: Cast, sign_in: SignIn) -> None:
    make_many(4, cast.eva)

    answer = sign_in(cast.eva).post(f"{MANY}?status=silver", {"scope": "all", "status": "golden"})

    assert "The filter is broken" in json.loads(answer["HX-Trigger"])["toast"]["text"]
    assert not Job.all_rows.exists()


def test_many_chosen_in_the_admin_are_a_job(cast: Cast, sign_in: SignIn) -> None:
    sessions = make_many(4, cast.eva)

    answer = sign_in(cast.eva).post(
        "/admin/datasets/session/",
        {"action": "mark_eval_ready", "_selected_action": ids(sessions)},
        follow=True,
    )

    assert "4 sessions are being labelled" in answer.content.decode()
    assert counts(done(Job.all_rows.get())) == (4, 4, 0, 0)


def test_an_undo_of_another_is_refused(cast: Cast) -> None:
    job = done(ask(make_many(4, cast.eva), GOLDEN, by=cast.eva))
    token = undo_token(bulk.moment_before(job), by=cast.eva)

    with pytest.raises(ValidationError, match="too late to undo"):
        bulk.take_back_many(token, by=cast.adam)
