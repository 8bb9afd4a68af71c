"""Sixty runs of fifty prompts, two workers, one of them killed twice (F2 for runs)."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable

import pytest
from django.db.models import Count

from evalplatform.jobs.models import Job
from evalplatform.jobs.sweeping import sweep
from runs import planning, steering
from runs.handing_out import ASKED
from runs.models import CheckResult, Run, RunBatch, RunItem
from runs.planning import Prompt
from tests.cast import make_cast
from tests.faults.workers import Worker
from tests.openai_server import OpenAIServerProcess
from tests.runs.engine import make_server
from tests.runs_made import make_evaluator

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]

N_RUNS, N_PROMPTS, AT_ONCE = 60, 50, 8
ALL = N_RUNS * N_PROMPTS
GROWTH = 60_000_000  # bytes that a worker may grow while it does three quarters of the work


def allowed(server: OpenAIServerProcess) -> Worker:
    worker = Worker()
    worker.environment |= {"EVALPLATFORM_OUTBOUND_ALLOWED": f"127.0.0.1:{server.port}"}
    return worker


def n_done() -> int:
    return RunItem.all_rows.filter(status="success").count()


def memory_of(worker: Worker) -> int:
    """Resident bytes of the pool child, which does the work."""
    listed = ["pgrep", "-P", str(worker.process.pid)]
    children = subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()
    sizes = []
    for pid in children:
        with open(f"/proc/{pid}/status") as told:
            sizes += [int(line.split()[1]) for line in told if line.startswith("VmRSS")]
    return max(sizes) * 1024


def look_after(is_so: Callable[[], bool], *, seconds: float) -> None:
    """Do what the beat does, each second, until it is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} seconds: {n_done()} done"
        sweep()
        steering.coordinate()
        time.sleep(1)


def test_runs_survive_a_worker_killed_twice_and_do_every_row_once() -> None:
    eva = make_cast().eva
    with OpenAIServerProcess() as server:
        endpoint = make_server(eva, server, max_parallel=AT_ONCE)
        server.program(latency=0.02, answer="Reply to {prompt}")
        batch = RunBatch.all_rows.create(team=eva.team, owner=eva.user, n_runs=N_RUNS)
        for n in range(N_RUNS):
            planning.start_prompts(
                [Prompt(text=f"run {n} prompt {k}") for k in range(N_PROMPTS)],
                by=eva, title=f"Run {n}", source="controlled_batch", generation=endpoint,
                batch=batch, batch_position=n, evaluators=[make_evaluator(owner=eva)] if not n
                else [],
            )  # fmt: skip
        with allowed(server) as steady:
            for share in (0.2, 0.5):
                with allowed(server) as victim:
                    look_after(lambda share=share: n_done() > share * ALL, seconds=120)
                    victim.kill()
                if share == 0.2:
                    before = memory_of(steady)
            with allowed(server):
                look_after(
                    lambda: (
                        not Run.all_rows.filter(status="running").exists()
                        and not Run.all_rows.filter(status="pending").exists()
                    ),
                    seconds=180,
                )
                after = memory_of(steady)
        answered = Counter(server.answered)

    rows = RunItem.all_rows.filter(run__batch=batch)
    assert (Run.all_rows.count(), rows.count()) == (N_RUNS, ALL)
    assert rows.exclude(response="").count() == ALL
    assert rows.exclude(status="success").count() == 0
    assert set(rows.values_list("attempts", flat=True)) == {1}
    for run in Run.all_rows.all():
        own = rows.filter(run=run).order_by("order_index")
        assert list(own.values_list("order_index", "prompt_text", "response")) == [
            (k, f"{run.title.lower()} prompt {k}", f"Reply to {run.title.lower()} prompt {k}")
            for k in range(N_PROMPTS)
        ]
    first = Run.all_rows.get(title="Run 0")
    assert not CheckResult.all_rows.values("run_item").annotate(n=Count("pk")).filter(n__gt=1)
    assert CheckResult.all_rows.filter(run=first).count() == N_PROMPTS
    # Only what was under way when a worker died is asked again.
    again = sum(n - 1 for n in answered.values())
    print(
        f"asked again: {again}; memory {before:,} -> {after:,}; "
        f"attempts {Counter(Job.all_rows.values_list('attempt', flat=True))}"
    )
    assert len(answered) == ALL
    assert again <= 2 * ASKED
    assert after - before < GROWTH
