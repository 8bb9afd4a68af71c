"""A worker killed in the middle of labelling many sessions loses nothing and repeats nothing."""

from __future__ import annotations

import random
import time

import pytest
from django.db.models import Count

from datasets.models import Session, Source
from evalplatform.audit.models import AuditEvent
from evalplatform.jobs.models import Job
from evalplatform.jobs.sweeping import sweep
from reviews.bulk import label_many
from reviews.changes import LabelChange
from reviews.labelling import ids_of
from reviews.models import EvalLabel, EvalLabelRevision
from tests.cast import make_cast
from tests.faults.workers import Worker, wait_until
from tests.sessions import BEGIN

N_SESSIONS, KILLS = 12_000, 3

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]


def has_state(job: Job, state: str) -> bool:
    return Job.all_rows.filter(pk=job.pk, state=state).exists()


def test_killed_workers_leave_each_label_changed_and_told_of_exactly_once() -> None:
    eva = make_cast().eva
    source = Source.all_rows.create(team=eva.team, name="helpdesk")
    Session.all_rows.bulk_create(
        (
            Session(
                team=eva.team,
                source=source,
                owner=eva.user,
                external_id=f"s-{n}",
                title=f"{n}",
                started_at=BEGIN,
                created_at=BEGIN,
                updated_at=BEGIN,
            )
            for n in range(N_SESSIONS)
        ),
        batch_size=2000,
    )
    rows = Session.objects.visible_to(eva)
    job = label_many(lambda: ids_of(rows, by=eva), LabelChange(status="golden"), by=eva)
    assert isinstance(job, Job)
    moments = random.Random(5)
    n_killed_at_work = 0

    for _ in range(KILLS):
        with Worker() as worker:
            wait_until(lambda: not has_state(job, "ready"))
            time.sleep(moments.uniform(0.2, 1.0))
            worker.kill()
        n_killed_at_work += has_state(job, "running")
        job.refresh_from_db()
        assert AuditEvent.all_rows.filter(verb="label").count() == job.n_done
        assert EvalLabel.all_rows.filter(status="golden").count() == job.n_done
        if not has_state(job, "running"):
            break
        time.sleep(2.5)
        sweep()

    assert n_killed_at_work >= 2
    with Worker():
        wait_until(lambda: has_state(job, "done"))
    job.refresh_from_db()
    assert job.attempt > n_killed_at_work
    assert job.result == {
        "done": N_SESSIONS, "updated": N_SESSIONS, "unchanged": 0, "nFailed": 0, "errors": []
    }  # fmt: skip
    told = AuditEvent.all_rows.filter(verb="label")
    assert told.aggregate(n=Count("object_id", distinct=True))["n"] == told.count() == N_SESSIONS
    assert EvalLabelRevision.all_rows.count() == N_SESSIONS
