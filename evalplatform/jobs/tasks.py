"""Celery tasks: run job N, and sweep."""

from celery import shared_task

from evalplatform.jobs.running import run_job
from evalplatform.jobs.sweeping import sweep as sweep_jobs


@shared_task(name="evalplatform.jobs.tasks.run")
def run(job_id: str) -> None:
    """Run one job if nobody else does."""
    run_job(job_id)


@shared_task(name="evalplatform.jobs.tasks.sweep")
def sweep() -> None:
    """Re-send what waits and free what its worker lost."""
    sweep_jobs()
