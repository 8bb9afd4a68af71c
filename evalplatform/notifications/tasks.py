"""Celery tasks of inboxes."""

from celery import shared_task

from evalplatform.notifications.pruning import prune


@shared_task(name="evalplatform.notifications.tasks.prune_notifications")
def prune_notifications() -> int:
    """Forget what was read more than 90 days ago; running twice is the same as once."""
    return prune()
