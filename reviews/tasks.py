"""Celery tasks of the judgement; the works of its jobs are registered by this import."""

from celery import shared_task

from reviews import bulk, claiming  # noqa: F401


@shared_task(name="reviews.tasks.expire_slots")
def expire_slots() -> None:
    """Free the places whose lease has run out."""
    claiming.expire()
