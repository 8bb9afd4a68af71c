"""Celery tasks of the evidence; the works of its jobs are registered by these imports."""

from celery import shared_task

from datasets import searching


@shared_task(name="datasets.tasks.index_sessions")
def index_sessions() -> None:
    """Index what no job reached."""
    searching.index_what_waits()
