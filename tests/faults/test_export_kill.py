"""F1, F3, F4, F5, F19: workers die, stop and get messages twice; the file is whole all the same."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from functools import partial

import psutil
import pytest

from evalplatform.jobs.models import Job
from evalplatform.jobs.sending import send
from evalplatform.jobs.sweeping import sweep
from exports.models import Export
from tests.faults.exports import (
    FOLDER,
    ask,
    assert_whole,
    empty_folder,
    files,
    make_sessions,
    state_of,
)
from tests.faults.workers import Worker, run_code, wait_until

KILLS = 10
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]


@pytest.fixture(autouse=True)
def no_files_before_and_after() -> Iterator[None]:
    empty_folder()
    yield
    empty_folder()


def is_writing(export: Export, attempt: int = 1) -> bool:
    """Say whether this attempt has written some of its file."""
    part = FOLDER / f"{export.pk}.{attempt}.jsonl.part"
    return part.exists() and part.stat().st_size > 0


def test_a_worker_killed_ten_times_in_mid_export_delivers_one_whole_file() -> None:
    actor = make_sessions(n_messages=100_000)
    export = ask(actor)
    moments = random.Random(1)

    for n_killed in range(1, KILLS + 1):
        with Worker() as worker:
            wait_until(partial(is_writing, export, n_killed))
            time.sleep(moments.uniform(0, 0.7))
            worker.kill()
        assert state_of(export) == "running", f"killed too late, the {n_killed}th time"
        wait_until(lambda: bool(sweep()) and state_of(export) == "ready")
        assert files() == [f"{export.pk}.{n_killed}.jsonl.part"]  # for the next one to remove
    with Worker():
        wait_until(lambda: state_of(export) == "done")

    kept = assert_whole(export, actor)
    assert kept.job.attempt == KILLS + 1
    assert len(files()) == 2


def test_a_request_whose_process_dies_before_the_message_is_sent_is_not_lost() -> None:
    actor = make_sessions(n_messages=200)
    asked = run_code(f"""
import os, signal
from evalplatform.jobs import sending
sending.send = lambda job_id: os.kill(os.getpid(), signal.SIGKILL)
from evalplatform.accounts.models import Membership
from tests.faults.exports import ask
ask(Membership.all_rows.get(pk={str(actor.membership.pk)!r}).act(via="page"))
""")
    assert asked.returncode == -9
    export = Export.all_rows.select_related("job").get()
    assert (export.job.state, export.job.sent_at) == ("ready", None)

    with Worker():
        wait_until(lambda: bool(sweep()))
        wait_until(lambda: state_of(export) == "done")

    assert assert_whole(export, actor).job.attempt == 1


def test_the_same_message_at_once_and_later_has_one_effect() -> None:
    actor = make_sessions(n_messages=20_000)
    with Worker(lease_seconds=60), Worker(lease_seconds=60):
        export = ask(actor)
        for _ in range(4):
            send(export.job_id)
        wait_until(lambda: state_of(export) == "done")
        first = assert_whole(export, actor)
        send(export.job_id)
        time.sleep(2)

    again = assert_whole(export, actor)
    assert (again.built_at, again.job.attempt) == (first.built_at, 1)


def test_a_worker_that_is_told_to_stop_finishes_its_file_first() -> None:
    actor = make_sessions(n_messages=100_000)
    export = ask(actor)

    with Worker(lease_seconds=60) as worker:
        wait_until(lambda: is_writing(export))
        worker.stop()

    assert assert_whole(export, actor).job.attempt == 1
    assert not Job.all_rows.filter(state="running").exists()


def test_a_pool_child_that_is_killed_costs_one_lease_and_not_the_job() -> None:
    actor = make_sessions(n_messages=100_000)
    export = ask(actor)

    with Worker() as worker:
        wait_until(lambda: is_writing(export))
        for child in psutil.Process(worker.process.pid).children():
            child.kill()
        wait_until(lambda: bool(sweep()) or state_of(export) == "done")
        wait_until(lambda: state_of(export) == "done")
        assert worker.process.poll() is None

    assert assert_whole(export, actor).job.attempt == 2
