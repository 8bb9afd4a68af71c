"""A job runs once under its lease, whatever is delivered twice, dies or errs."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db.models.functions import Now

from evalplatform.audit.models import AuditEvent
from evalplatform.jobs import running
from evalplatform.jobs.kinds import KINDS, JobRefusedError
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import LeaseLostError, Turn, run_job, take
from evalplatform.jobs.sweeping import sweep
from tests.cast import Cast


@pytest.fixture
def effects() -> Iterator[list[str]]:
    """A job kind `note` that notes each run; removed afterwards."""
    noted: list[str] = []

    def note(turn: Turn) -> dict[str, str]:
        noted.append(turn.arguments["text"])
        return {"noted": turn.arguments["text"]}

    KINDS["note"] = note
    yield noted
    del KINDS["note"]


def enqueue(cast: Cast, *, text: str = "once", key: str | None = None) -> Job:
    return Job.enqueue("note", {"text": text}, by=cast.eva, idempotency_key=key)


def lose_lease(job: Job) -> None:
    Job.all_rows.filter(pk=job.pk).update(lease_until=Now() - timedelta(seconds=1))


def test_the_same_message_delivered_twice_has_one_effect(cast: Cast, effects: list[str]) -> None:
    job = enqueue(cast)

    run_job(job.pk)
    run_job(job.pk)

    job.refresh_from_db()
    assert effects == ["once"]
    assert (job.state, job.result, job.attempt) == ("done", {"noted": "once"}, 1)


def test_a_running_job_is_not_taken_while_its_lease_lives(cast: Cast, effects: list[str]) -> None:
    job = enqueue(cast)
    assert take(job.pk) is not None

    assert take(job.pk) is None


def test_a_job_whose_lease_ran_out_is_taken_under_a_new_number(
    cast: Cast, effects: list[str]
) -> None:
    job = enqueue(cast)
    first = take(job.pk)
    lose_lease(job)

    second = take(job.pk)

    assert first is not None
    assert second is not None
    assert (first.attempt, second.attempt) == (1, 2)


def test_a_worker_that_lost_its_lease_can_neither_renew_nor_save_nor_end(
    cast: Cast, effects: list[str]
) -> None:
    job = enqueue(cast)
    slow = take(job.pk)
    assert slow is not None
    turn = Turn(slow)
    lose_lease(job)
    take(job.pk)

    with pytest.raises(LeaseLostError):
        turn.progress(1, 2)
    with pytest.raises(LeaseLostError):
        turn.hold()
    running.end(slow, Job.State.DONE, result={"by": "the slow one"})

    job.refresh_from_db()
    assert (job.state, job.attempt, job.result) == ("running", 2, None)


def test_an_error_is_tried_again_and_then_told(cast: Cast) -> None:
    def fail(turn: Turn) -> None:
        raise ValueError("a defect")

    KINDS["broken"] = fail
    try:
        job = Job.enqueue("broken", {}, by=cast.eva)
        for _ in range(Job.MAX_ERRORS):
            Job.all_rows.filter(pk=job.pk).update(not_before=None)
            run_job(job.pk)
    finally:
        del KINDS["broken"]

    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error.startswith("Stopped after 3 errors (ValueError)")
    assert "a defect" not in job.error


def test_a_refusal_is_told_at_once_and_not_tried_again(cast: Cast) -> None:
    def refuse(turn: Turn) -> None:
        raise JobRefusedError("The file is empty: choose another.")

    KINDS["refusing"] = refuse
    try:
        job = Job.enqueue("refusing", {}, by=cast.eva)
        run_job(job.pk)
    finally:
        del KINDS["refusing"]

    job.refresh_from_db()
    assert (job.state, job.error, job.attempt) == (
        "failed",
        "The file is empty: choose another.",
        1,
    )


def test_a_full_disk_fails_the_job_with_its_reason(cast: Cast) -> None:
    def fill(turn: Turn) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    KINDS["filling"] = fill
    try:
        job = Job.enqueue("filling", {}, by=cast.eva)
        run_job(job.pk)
    finally:
        del KINDS["filling"]

    job.refresh_from_db()
    assert job.state == "failed"
    assert job.error.startswith("No space left on device: free space")


def test_a_job_of_a_member_who_left_is_refused(cast: Cast, effects: list[str]) -> None:
    job = enqueue(cast)
    cast.eva.membership.end(by=cast.olga)

    run_job(job.pk)

    job.refresh_from_db()
    assert effects == []
    assert job.state == "failed"
    assert "no access any more" in job.error


def test_a_member_who_leaves_stops_their_running_job_at_its_next_page(
    cast: Cast, effects: list[str]
) -> None:
    job = take(enqueue(cast).pk)
    assert job is not None
    turn = Turn(job)
    cast.eva.membership.end(by=cast.olga)

    with pytest.raises(PermissionDenied):
        turn.progress(1, 2)


def test_a_cancelled_job_stops_at_its_next_page_and_is_audited(
    cast: Cast, effects: list[str]
) -> None:
    job = take(enqueue(cast).pk)
    assert job is not None
    turn = Turn(job)

    assert job.cancel(by=cast.eva)

    with pytest.raises(LeaseLostError):
        turn.progress(1, 2)
    assert AuditEvent.objects.visible_to(cast.olga).filter(verb="job.cancel").count() == 1
    assert not job.cancel(by=cast.eva)


def test_the_same_idempotency_key_gives_the_same_job(cast: Cast, effects: list[str]) -> None:
    first = enqueue(cast, key="press-1")
    second = enqueue(cast, key="press-1")
    colleague = Job.enqueue("note", {"text": "x"}, by=cast.emil, idempotency_key="press-1")

    assert first.pk == second.pk
    assert colleague.pk != first.pk


def test_the_sweeper_frees_a_lost_lease_and_sends_the_job_again(
    cast: Cast, effects: list[str]
) -> None:
    job = enqueue(cast)
    take(job.pk)
    lose_lease(job)

    Job.all_rows.filter(pk=job.pk).update(created_at=Now() - timedelta(minutes=1), sent_at=None)

    n_sent = sweep()

    job.refresh_from_db()
    assert (n_sent, job.state) == (1, "ready")
    assert job.sent_at is not None
    assert sweep() == 0


def test_the_sweeper_gives_up_on_a_job_that_kills_its_workers(
    cast: Cast, effects: list[str]
) -> None:
    job = enqueue(cast)
    take(job.pk)
    Job.all_rows.filter(pk=job.pk).update(attempt=Job.MAX_ATTEMPTS)
    lose_lease(job)

    sweep()

    job.refresh_from_db()
    assert job.state == "failed"
    assert "died 25 times" in job.error


def test_a_colleague_and_an_admin_do_not_see_my_job(cast: Cast, effects: list[str]) -> None:
    job = enqueue(cast)

    seen = {
        name: Job.objects.visible_to(cast.actor(name)).filter(pk=job.pk).exists()
        for name in ("eva", "emil", "adam", "olga", "otto")
    }

    assert seen == {"eva": True, "emil": False, "adam": False, "olga": False, "otto": False}
