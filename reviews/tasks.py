"""Celery tasks of the judgement; the works of its jobs are registered by this import."""

from celery import shared_task

from reviews import bulk, claiming  # noqa: F401
from reviews.webhooks import sending


@shared_task(name="reviews.tasks.expire_slots")
def expire_slots() -> None:
    """Free the places whose lease has run out."""
    claiming.expire()


@shared_task(name="reviews.tasks.send_webhooks")
def send_webhooks() -> None:
    """Send the events that wait."""
    sending.send_waiting()


@shared_task(name="reviews.tasks.forget_deliveries")
def forget_deliveries() -> None:
    """Forget events that were sent long ago."""
    sending.forget_old()
