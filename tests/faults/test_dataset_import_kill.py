"""F2: a worker killed while it saves items and their files leaves all or none; a retry saves it."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from datasets.models import DatasetImport, DatasetItem
from datasets.tasks import forget_imports
from evalplatform.audit.models import AuditEvent
from evalplatform.jobs.models import Job
from evalplatform.jobs.sweeping import sweep
from tests.cast import make_cast
from tests.datasets.dataset_imports import checked, imported
from tests.faults.dataset_imports import (
    ATTACHMENTS,
    TEXT,
    assert_attachments_whole,
    assert_nothing_left,
    large_archive,
    saved,
    stored_files,
)
from tests.faults.workers import Worker, wait_until

N_TESTS, N_FILES, KILLS = 8_000, 24, 3

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]


@pytest.fixture(autouse=True)
def no_files_before_and_after() -> Iterator[None]:
    empty_folder()
    yield
    empty_folder()


def empty_folder() -> None:
    for path in ATTACHMENTS.glob("*"):
        path.unlink()


def has_state(job: Job, state: str) -> bool:
    return Job.all_rows.filter(pk=job.pk, state=state).exists()


def age(hours: int) -> None:
    """Make every stored file so many hours older."""
    moment = (timezone.now() - timedelta(hours=hours)).timestamp()
    for path in ATTACHMENTS.glob("*"):
        os.utime(path, (moment, moment))


def kill_in_mid_commit(job: Job, before: set[str]) -> int:
    """Kill workers at some moments after they began to store or save; how many were at work."""
    moments = random.Random(4)
    n_killed_at_work = 0
    for _ in range(KILLS):
        known = before | stored_files()
        with Worker() as worker:
            wait_until(lambda known=known: bool(stored_files() - known) or has_state(job, "done"))
            time.sleep(moments.uniform(0, 0.8))
            worker.kill()
        n_killed_at_work += has_state(job, "running")
        if not has_state(job, "running"):
            break
        time.sleep(2.5)
        sweep()
    return n_killed_at_work


def test_a_worker_killed_in_mid_import_leaves_all_or_nothing_and_its_files_are_swept() -> None:
    cast = make_cast()
    data = large_archive(n_tests=N_TESTS, n_files=N_FILES, n_bytes=1_500_000)
    row = checked(data, cast.eva, format_slug="suite-zip", name="suite.zip")
    row.commit(by=cast.eva)
    job = Job.all_rows.get(kind=DatasetImport.COMMIT_KIND)

    n_killed_at_work = kill_in_mid_commit(job, set())

    assert n_killed_at_work >= 2
    assert saved() in {(0, 0, 0, 0), (1, 2, N_TESTS, N_FILES)}
    with Worker():
        wait_until(lambda: has_state(job, "done"), seconds=180)
    assert saved() == (1, 2, N_TESTS, N_FILES)
    assert DatasetImport.all_rows.get().state == "committed"
    assert AuditEvent.all_rows.filter(verb="dataset.import").count() == 1
    assert len(stored_files()) > N_FILES
    forget_imports()  # spares what may still be on its way
    assert len(stored_files()) > N_FILES
    age(hours=2)
    (ATTACHMENTS / "not one of ours").touch()
    forget_imports()
    assert len(stored_files()) == N_FILES + 1
    assert_attachments_whole()
    assert_nothing_left(row)


def test_a_killed_update_of_a_dataset_leaves_every_item_as_it_was_or_as_it_shall_be() -> None:
    cast = make_cast()
    header = "id,Human Message,AI Response\n"
    sheet = header + "".join(f"q-{n},{n}?,{TEXT}\n" for n in range(N_TESTS))
    dataset = imported(sheet, cast.eva)
    row = checked(sheet.replace("ferry", "train"), cast.eva, into=dataset)
    row.commit(by=cast.eva)
    job = Job.all_rows.filter(kind=DatasetImport.COMMIT_KIND).latest("created_at")
    moments = random.Random(5)
    outcomes = set()

    for _ in range(KILLS):
        with Worker() as worker:
            wait_until(lambda: not has_state(job, "ready"))
            time.sleep(moments.uniform(0.1, 1.2))
            worker.kill()
        newest = DatasetItem.all_rows.filter(dataset=dataset, until_version=None)
        outcomes.add((newest.filter(output__contains="train").count(), newest.count()))
        if not has_state(job, "running"):
            break
        time.sleep(2.5)
        sweep()
    assert outcomes <= {(0, N_TESTS), (N_TESTS, N_TESTS)}
    with Worker():
        wait_until(lambda: has_state(job, "done"), seconds=180)

    dataset.refresh_from_db()
    assert (dataset.version, dataset.n_items) == (3, N_TESTS)
    assert DatasetItem.all_rows.filter(dataset=dataset).count() == 2 * N_TESTS
    assert checked(sheet.replace("ferry", "train"), cast.eva, into=dataset).report["items"] == {
        "create": 0, "update": 0, "unchanged": N_TESTS,
    }  # fmt: skip
    assert_nothing_left(row)
