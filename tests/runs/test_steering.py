"""Runs on their way: lanes, pause, resume, cancel, retry, and what the coordinator does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from datasets.formats.items import CheckRecord, ItemRecord
from datasets.models import Dataset
from evalplatform.errors import Conflict
from evalplatform.jobs.models import Job
from evalplatform.scoping.actor import Actor
from runs import planning, steering
from runs.models import CheckResult, Run, RunItem
from runs.overriding import override
from runs.places import places_at
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.faults.workers import wait_until
from tests.openai_server import OpenAIServer
from tests.runs.engine import checked, ended, make_server, rows_of, work_off
from tests.runs_made import make_config, make_endpoint

pytestmark = pytest.mark.django_db(transaction=True)


def start(owner: Actor, n: int, **fields: Any) -> Run:
    dataset = make_dataset(owner=owner, items=checked(n))
    return planning.start_config(make_config(owner=owner, dataset=dataset, **fields), by=owner)


def chunks() -> Any:
    return Job.all_rows.filter(kind="run_chunk")


def n_done(run: Run) -> int:
    return RunItem.all_rows.filter(run=run, status="success").count()


@contextmanager
def working_off() -> Iterator[None]:
    """Run the jobs that wait in a thread meanwhile, as a worker would."""

    def work() -> None:
        try:
            work_off()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    thread.join(60)
    assert not thread.is_alive()


def fail_chunks(*, n_errors: int, error: str) -> None:
    chunks().update(state="failed", n_errors=n_errors, error=error, finished_at=timezone.now())


def test_a_run_has_no_more_open_chunks_than_lanes(cast: Cast, openai_server: OpenAIServer) -> None:
    endpoint = make_server(cast.eva, openai_server)
    run = start(cast.eva, 110, generation=endpoint)

    told = chunks().order_by("created_at").values_list("arguments", flat=True)
    assert [(each["first"], each["last"]) for each in told] == [(0, 24), (25, 49)]
    ended(run)
    assert run.status == "success"
    assert chunks().count() == 5
    assert all(n == 1 for n in openai_server.asked.values())


def test_all_workers_together_ask_an_endpoint_no_more_at_once_than_it_allows(
    cast: Cast, openai_server: OpenAIServer
) -> None:
    openai_server.program(latency=0.05)
    endpoint = make_server(cast.eva, openai_server, max_parallel=3)
    runs = [start(cast.eva, 30, generation=endpoint) for _ in range(2)]

    with working_off(), working_off(), working_off():
        pass
    work_off()

    assert openai_server.seen()["most_at_once"] == 3
    for run in runs:
        run.refresh_from_db()
        assert (run.status, n_done(run)) == ("success", 30)


def test_a_chunk_that_waits_for_a_place_stops_waiting_when_its_run_is_cancelled(
    cast: Cast, openai_server: OpenAIServer
) -> None:
    endpoint = make_server(cast.eva, openai_server, max_parallel=1)
    run = start(cast.eva, 1, generation=endpoint)

    with places_at([endpoint], lambda: False), working_off():
        wait_until(lambda: chunks().filter(state="running").exists())
        steering.cancel(run, by=cast.eva)

    assert chunks().get().state == "done"
    assert not openai_server.asked


def test_paused_run_saves_what_is_under_way_and_resume_does_the_rest_once(
    cast: Cast, openai_server: OpenAIServer
) -> None:
    openai_server.program(latency=0.1)
    run = start(cast.eva, 40, generation=make_server(cast.eva, openai_server))

    with working_off():
        wait_until(lambda: n_done(run) >= 4)
        steering.pause(run, by=cast.eva)

    n_before = n_done(run)
    assert 4 <= n_before < 40
    assert n_before == sum(openai_server.answered.values())
    assert Run.all_rows.get(pk=run.pk).status == "paused"

    steering.resume(run, by=cast.eva)
    ended(run)

    assert run.status == "success"
    assert set(openai_server.asked.values()) == {1}
    assert len(openai_server.asked) == 40
    assert [row.order_index for row in rows_of(run)] == list(range(40))
    assert all(row.response and row.attempts == 1 for row in rows_of(run))


def test_cancelled_run_gets_nothing_any_more(cast: Cast, openai_server: OpenAIServer) -> None:
    openai_server.program(latency=0.2)
    run = start(cast.eva, 40, generation=make_server(cast.eva, openai_server))

    with working_off():
        wait_until(lambda: n_done(run) >= 4)
        steering.cancel(run, by=cast.eva)
        n_before = n_done(run)

    assert n_done(run) == n_before
    run.refresh_from_db()
    assert (run.status, run.failure_type) == ("cancelled", "cancelled")
    assert run.metrics is not None
    assert run.metrics["n_pending"] == 40 - n_before
    assert run.completed_at is not None
    with pytest.raises(Conflict, match="ended already"):
        steering.cancel(run, by=cast.eva)
    assert not chunks().filter(state__in=Job.OPEN).exists()


def test_deleted_run_is_left_alone(cast: Cast) -> None:
    run = start(cast.eva, 3)
    run.delete_for_all(by=cast.eva)

    work_off()

    assert n_done(run) == 0
    assert steering.coordinate() == 0


def test_run_whose_person_lost_access_rests_and_an_admin_can_resume_it(cast: Cast) -> None:
    run = start(cast.eva, 3)
    cast.eva.membership.end(by=cast.olga)

    work_off()
    steering.coordinate()

    run.refresh_from_db()
    assert run.status == "paused"
    assert "no access any more" in run.error_message
    steering.resume(run, by=cast.adam)
    ended(run)
    assert (run.status, run.error_message, n_done(run)) == ("success", "", 3)


def test_run_whose_dataset_was_deleted_rests_with_the_reason(cast: Cast) -> None:
    run = start(cast.eva, 3)
    assert run.dataset is not None
    run.dataset.delete_for_all(by=cast.eva)

    ended(run)

    assert run.status == "paused"
    assert run.error_message == "The dataset of this run is not there any more."
    Dataset.restore_deleted(run.dataset_id, by=cast.eva)
    steering.resume(run, by=cast.eva)
    assert ended(run).status == "success"


def test_run_whose_endpoint_was_deleted_rests_with_the_reason(cast: Cast) -> None:
    echo = make_endpoint(owner=cast.eva)
    run = start(cast.eva, 3, generation=echo)
    echo.delete_for_all(by=cast.eva)

    ended(run)

    assert run.status == "paused"
    assert run.error_message == "The endpoint “Echo” is not there any more."


def test_rows_of_a_chunk_that_failed_for_good_become_errors_and_can_be_retried(
    cast: Cast,
) -> None:
    run = start(cast.eva, 3)
    fail_chunks(n_errors=3, error="Stopped after 3 errors (MemoryError); the log has them.")

    steering.coordinate()

    run.refresh_from_db()
    assert run.status == "error"
    assert run.error_message == (
        "3 of 3 items failed: 3 x Stopped after 3 errors (MemoryError); the log has them."
    )
    assert (run.failure_type, run.failed_at is not None) == ("engine_error", True)
    assert steering.retry_failed(run, by=cast.eva) == 3
    ended(run)
    assert (run.status, run.error_message, run.failure_type) == ("success", "", "")
    assert [row.order_index for row in rows_of(run)] == [0, 1, 2]


def test_a_full_disk_makes_the_run_rest_and_no_row_fail(cast: Cast) -> None:
    run = start(cast.eva, 3)
    fail_chunks(n_errors=0, error="No space left on device: free space.")

    steering.coordinate()

    run.refresh_from_db()
    assert (run.status, run.error_message) == ("paused", "No space left on device: free space.")
    assert not RunItem.all_rows.filter(run=run, status="error").exists()


def test_coordinator_rouses_a_run_whose_chunks_are_gone(cast: Cast) -> None:
    run = start(cast.eva, 3)
    chunks().delete()

    assert steering.coordinate() == 1
    assert ended(run).status == "success"
    assert steering.coordinate() == 0


def test_coordinator_leaves_a_run_with_an_open_chunk_alone(cast: Cast) -> None:
    start(cast.eva, 3)

    assert steering.coordinate() == 0
    assert chunks().count() == 1


def test_retry_redoes_the_checks_that_erred_and_nothing_else(
    cast: Cast, openai_server: OpenAIServer
) -> None:
    openai_server.program(answer="no json")
    judge = make_server(cast.eva, openai_server)
    items = [
        ItemRecord(
            public_id="a",
            input="A?",
            output="The Danube.",
            checks=(CheckRecord("includes_exactly", "Elbe"), CheckRecord("includes", "Danube")),
        )
    ]
    dataset = make_dataset(owner=cast.eva, items=items)
    run = ended(
        planning.start_config(
            make_config(owner=cast.eva, dataset=dataset, judge=judge), by=cast.eva
        )
    )
    assert (run.status, run.metrics["checks"]["errors"]) == ("error", 1)  # type: ignore[index]
    assert run.error_message.startswith("1 of 2 checks failed: 1 x The judge's reply cannot be")
    exact = CheckResult.all_rows.get(run=run, position=0)
    override(exact, by=cast.eva, verdict="pass", feedback="Also fine")
    openai_server.program(
        answer='{"verdict": "pass", "confidence": "high", "feedback": "It says so."}'
    )

    assert steering.retry_failed(run, by=cast.eva) == 1
    ended(run)

    assert run.status == "success"
    kept = CheckResult.all_rows.get(run=run, position=0)
    assert (kept.pk, kept.edited_auto_eval) == (exact.pk, "pass")
    assert CheckResult.all_rows.get(run=run, position=1).auto_eval == "pass"
    row = rows_of(run)[0]
    assert (row.n_checks, row.n_passed, row.n_errors, row.is_passed) == (2, 2, 0, True)
    assert row.attempts == 2


def test_only_what_can_be_done_is_done(cast: Cast) -> None:
    run = ended(start(cast.eva, 2))

    with pytest.raises(Conflict, match="Nothing failed"):
        steering.retry_failed(run, by=cast.eva)
    with pytest.raises(Conflict, match="on its way"):
        steering.pause(run, by=cast.eva)
    with pytest.raises(Conflict, match="paused run"):
        steering.resume(run, by=cast.eva)


def test_colleague_and_outsider_cannot_steer(cast: Cast) -> None:
    run = start(cast.eva, 2)
    Run.all_rows.update(is_shared=True)

    with pytest.raises(PermissionDenied):
        steering.pause(run, by=cast.emil)
    with pytest.raises(Run.DoesNotExist):
        steering.cancel(run, by=cast.otto)
