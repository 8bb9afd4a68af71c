"""Running of the jobs that a test asked for, here and now."""

from __future__ import annotations

from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from runs.models import Run


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
