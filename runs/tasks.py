"""Celery tasks of runs; the works of its jobs are registered by these imports."""

from celery import shared_task

from runs import analysis, chunks, steering  # noqa: F401


@shared_task(name="runs.tasks.coordinate")
def coordinate() -> None:
    """Rouse runs that are on their way and have nobody at work."""
    steering.coordinate()
