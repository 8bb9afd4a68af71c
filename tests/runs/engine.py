"""Datasets to run, and the running of the jobs that a test asked for, here and now."""

from __future__ import annotations

from typing import Any

from datasets.formats.items import CheckRecord, ItemRecord
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor
from runs.models import ModelEndpoint, Run, RunItem
from tests.openai_server import OpenAIServer
from tests.runs_made import make_endpoint


def work_off(limit: int = 1000) -> int:
    """Run jobs in their order until none waits; how many."""
    n_run = 0
    while job := Job.all_rows.filter(state=Job.State.READY).order_by("created_at").first():
        assert n_run < limit, "there is no end to the jobs"
        Job.all_rows.filter(pk=job.pk).update(not_before=None)
        run_job(job.pk)
        n_run += 1
    return n_run


def ended(run: Run) -> Run:
    """Run what waits, and return the run as it is then."""
    work_off()
    run.refresh_from_db()
    return run


def checked(n: int, **fields: Any) -> list[ItemRecord]:
    """So many items with two deterministic checks: the first always passes, the second if even."""
    return [
        ItemRecord(
            public_id=f"q-{k}",
            input=f"Question {k}?",
            output=f"Answer {k}",
            tags=("even",) if k % 2 == 0 else ("odd",),
            checks=(
                CheckRecord("includes_exactly", "Answer", 2, "Wording"),
                CheckRecord("regex", "[02468]$"),
            ),
            **fields,
        )
        for k in range(1, n + 1)
    ]


def rows_of(run: Run) -> list[RunItem]:
    return list(RunItem.all_rows.filter(run=run).order_by("order_index"))


def make_server(owner: Actor, server: OpenAIServer, **fields: Any) -> ModelEndpoint:
    """Save an endpoint of the actor that is the server on loopback."""
    said = {"name": "Loopback", "base_url": server.url, "model": "small", "max_parallel": 4}
    return make_endpoint(owner=owner, kind="openai", **(said | fields))
