"""Celery tasks of people and keys."""

from celery import shared_task

from evalplatform.accounts.access_log import prune


@shared_task(name="evalplatform.accounts.tasks.prune_access_log")
def prune_access_log() -> int:
    """Forget API calls older than 90 days; running twice is the same as once."""
    return prune()
