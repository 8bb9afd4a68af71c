"""Celery tasks of delivery."""

from celery import shared_task

from exports import expiring


@shared_task(name="exports.tasks.expire")
def expire() -> None:
    """Delete files whose time is over, and what dead attempts left."""
    expiring.expire()
    expiring.remove_leftovers()
