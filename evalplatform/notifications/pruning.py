"""Forgetting of what was read long ago."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from evalplatform.notifications.models import Notification

KEPT_FOR = timedelta(days=90)
BATCH = 5_000


def prune(*, batch: int = BATCH) -> int:
    """Delete what was read more than 90 days ago, a batch at a time; return how many.

    What is unread stays: its person has not been told yet.
    """
    old = Notification.all_rows.filter(read_at__lt=timezone.now() - KEPT_FOR).order_by("read_at")
    n_deleted = 0
    while ids := list(old.values_list("pk", flat=True)[:batch]):
        Notification.all_rows.filter(pk__in=ids).delete()
        n_deleted += len(ids)
    return n_deleted
