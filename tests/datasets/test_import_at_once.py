"""An import under cancelling, other workers and watching eyes: real transactions, real threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from datasets import importing
from datasets.importing import commit_import
from datasets.models import Message, Session, SessionImport
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import LeaseLostError, Turn, run_job, take
from tests.cast import Cast, make_cast
from tests.datasets.imports import chat_file, checked, committed
from tests.faults.workers import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture(autouse=True)
def fast_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalplatform.jobs.pulse.RENEW_EVERY", 0.02)
    monkeypatch.setattr("evalplatform.jobs.running.RENEW_EVERY", 0.01)


def test_a_second_worker_cannot_save_what_the_first_saves(cast: Cast) -> None:
    row = checked(chat_file(3), cast.eva)
    row.commit(by=cast.eva)
    job = Job.all_rows.get(kind="commit_import")
    slow = take(job.pk)
    assert slow is not None
    turn = Turn(slow)
    Job.all_rows.filter(pk=job.pk).update(lease_until="2020-01-01T00:00:00Z")

    run_job(job.pk)

    assert SessionImport.all_rows.get().state == "committed"
    assert commit_import(turn) is None
    with pytest.raises(LeaseLostError), transaction.atomic():
        turn.hold()
    assert (Session.all_rows.count(), Message.all_rows.count()) == (3, 6)


def test_the_outcome_belongs_to_the_turn_that_holds_the_job(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = checked(chat_file(3), cast.eva)
    row.commit(by=cast.eva)
    job = Job.all_rows.get(kind="commit_import")
    real = importing.examine
    others: list[Any] = []

    def taken_over_meanwhile(*args: Any) -> Any:
        report = real(*args)
        others.append(elsewhere(lambda: take_over(job.pk)))
        return report

    monkeypatch.setattr(importing, "examine", taken_over_meanwhile)
    run_job(job.pk)

    assert [other.attempt for other in others] == [2]
    assert not Session.all_rows.exists()
    assert SessionImport.all_rows.get().state == "committing"
    monkeypatch.undo()
    Job.all_rows.filter(pk=job.pk).update(lease_until="2020-01-01T00:00:00Z")
    run_job(job.pk)
    assert Session.all_rows.count() == 3


def take_over(pk: Any) -> Job | None:
    """Let the lease run out and take the job in one step: between two, its holder renews it."""
    with transaction.atomic():
        Job.all_rows.filter(pk=pk).update(lease_until="2020-01-01T00:00:00Z")
        return take(pk)


def elsewhere(act: Callable[[], Any]) -> Any:
    """Do it on another connection, as another process would; what it raises is raised here."""

    def with_own_connection() -> Any:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(with_own_connection).result()


def test_a_cancelled_import_saves_nothing_and_can_be_started_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.intake.CHUNK_SESSIONS", 1)
    row = checked(chat_file(30), cast.eva)
    row.commit(by=cast.eva)
    job = Job.all_rows.get(kind="commit_import")
    real = importing.note_refusals
    answers: list[bool] = []

    def cancel_and_wait(*args: Any) -> None:
        real(*args)
        answers.append(elsewhere(lambda: Job.all_rows.get(pk=job.pk).cancel(by=cast.eva)))
        threading.Event().wait(0.05)

    monkeypatch.setattr(importing, "note_refusals", cancel_and_wait)
    run_job(job.pk)

    assert answers[0]
    row = SessionImport.all_rows.get()
    assert (row.stage, row.may_commit) == ("cancelled", True)
    assert not Session.all_rows.exists()
    monkeypatch.undo()
    assert committed(row, cast.eva).state == "committed"
    assert Session.all_rows.count() == 30


def test_progress_is_seen_while_the_transaction_is_open(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.intake.CHUNK_SESSIONS", 2)
    row = checked(chat_file(6), cast.eva)
    row.commit(by=cast.eva)
    job = Job.all_rows.get(kind="commit_import")
    told = iter([0, 2, 4])
    seen: list[tuple[int, int | None]] = []
    real = importing.note_refusals

    def progress() -> Any:
        return Job.all_rows.values_list("n_done", "n_expected").get(pk=job.pk)

    def look(*args: Any) -> None:
        real(*args)
        n_done = next(told)
        elsewhere(lambda: wait_until(lambda: progress()[0] == n_done))
        seen.append(elsewhere(progress))

    monkeypatch.setattr(importing, "note_refusals", look)
    run_job(job.pk)

    assert seen[1:] == [(2, 6), (4, 6)]
    job.refresh_from_db()
    assert (job.state, job.n_done, job.n_expected) == ("done", 6, 6)
