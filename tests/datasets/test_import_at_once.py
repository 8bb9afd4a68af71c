"""An import under cancelling, other workers and watching eyes: real transactions, real threads."""

from __future__ import annotations

import threading
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

    def taken_over_meanwhile(*args: Any) -> Any:
        report = real(*args)
        thread = threading.Thread(target=take_over, args=[job.pk])
        thread.start()
        thread.join()
        return report

    monkeypatch.setattr(importing, "examine", taken_over_meanwhile)
    run_job(job.pk)

    assert not Session.all_rows.exists()
    assert SessionImport.all_rows.get().state == "committing"
    monkeypatch.undo()
    Job.all_rows.filter(pk=job.pk).update(lease_until="2020-01-01T00:00:00Z")
    run_job(job.pk)
    assert Session.all_rows.count() == 3


def take_over(pk: Any) -> None:
    Job.all_rows.filter(pk=pk).update(lease_until="2020-01-01T00:00:00Z")
    take(pk)
    connection.close()


def test_a_cancelled_import_saves_nothing_and_can_be_started_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.intake.CHUNK_SESSIONS", 1)
    row = checked(chat_file(30), cast.eva)
    row.commit(by=cast.eva)
    job = Job.all_rows.get(kind="commit_import")
    real = importing.note_refusals

    def cancel_and_wait(*args: Any) -> None:
        real(*args)
        thread = threading.Thread(target=cancel, args=[job.pk, cast])
        thread.start()
        thread.join()
        threading.Event().wait(0.05)

    monkeypatch.setattr(importing, "note_refusals", cancel_and_wait)
    run_job(job.pk)

    row = SessionImport.all_rows.get()
    assert (row.stage, row.may_commit) == ("cancelled", True)
    assert not Session.all_rows.exists()
    monkeypatch.undo()
    assert committed(row, cast.eva).state == "committed"
    assert Session.all_rows.count() == 30


def cancel(pk: Any, cast: Cast) -> None:
    Job.all_rows.get(pk=pk).cancel(by=cast.eva)
    connection.close()


def test_progress_is_seen_while_the_transaction_is_open(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datasets.intake.CHUNK_SESSIONS", 2)
    row = checked(chat_file(6), cast.eva)
    row.commit(by=cast.eva)
    job = Job.all_rows.get(kind="commit_import")
    seen: set[tuple[int, int | None]] = set()
    real = importing.note_refusals

    def look(*args: Any) -> None:
        real(*args)
        threading.Event().wait(0.1)
        thread = threading.Thread(target=note_progress, args=[job.pk, seen])
        thread.start()
        thread.join()

    monkeypatch.setattr(importing, "note_refusals", look)
    run_job(job.pk)

    assert {(2, 6), (4, 6)} <= seen
    job.refresh_from_db()
    assert (job.state, job.n_done, job.n_expected) == ("done", 6, 6)


def note_progress(pk: Any, seen: set[Any]) -> None:
    seen.add(Job.all_rows.values_list("n_done", "n_expected").get(pk=pk))
    connection.close()
