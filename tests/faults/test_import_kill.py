"""F2: a worker killed in the middle of an import leaves all rows or none; a retry saves them."""

from __future__ import annotations

import random
import time

import pytest
from django.conf import settings

from datasets.models import Message, Session, SessionImport
from evalplatform.audit.models import AuditEvent
from evalplatform.jobs.models import Job
from evalplatform.jobs.sweeping import sweep
from tests.cast import make_cast
from tests.datasets.imports import chat_line, checked
from tests.faults.workers import Worker, wait_until

N_SESSIONS, PER_SESSION, KILLS = 2_000, 20, 4
TEXT = "the ferry was late and the room was cold but the porter carried our bags " * 8

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]


def is_running(job: Job) -> bool:
    return Job.all_rows.filter(pk=job.pk, state="running").exists()


def counts() -> tuple[int, int]:
    return Session.all_rows.count(), Message.all_rows.count()


def test_a_worker_killed_in_mid_import_leaves_all_or_nothing_and_the_retry_saves_it_once() -> None:
    cast = make_cast()
    texts = [f"{place} {TEXT}" for place in range(PER_SESSION)]
    file = "\n".join(chat_line(number, *texts) for number in range(N_SESSIONS)).encode()
    row = checked(file, cast.eva)
    row.commit(by=cast.eva)
    job = Job.all_rows.get(kind=SessionImport.COMMIT_KIND)
    allowed = {(0, 0), (N_SESSIONS, N_SESSIONS * PER_SESSION)}
    moments = random.Random(2)
    n_killed_at_work = 0

    for _ in range(KILLS):
        with Worker() as worker:
            wait_until(lambda: not Job.all_rows.filter(pk=job.pk, state="ready").exists())
            time.sleep(moments.uniform(0, 0.6))
            worker.kill()
        assert counts() in allowed
        n_killed_at_work += is_running(job)
        if not is_running(job):
            break
        time.sleep(2.5)
        sweep()

    assert n_killed_at_work >= 2
    with Worker():
        wait_until(lambda: Job.all_rows.filter(pk=job.pk, state="done").exists())
    job.refresh_from_db()
    assert job.attempt > n_killed_at_work
    assert counts() == (N_SESSIONS, N_SESSIONS * PER_SESSION)
    assert SessionImport.all_rows.get().state == "committed"
    assert AuditEvent.all_rows.filter(verb="session_import.commit").count() == 1
    assert checked(file, cast.eva).report["sessions"]["unchanged"] == N_SESSIONS
    assert not (settings.HOME / "files" / str(row.file.name)).exists()
