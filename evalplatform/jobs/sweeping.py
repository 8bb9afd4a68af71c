"""The sweeper: what a flushed Redis or a dead worker left behind starts again in seconds."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from evalplatform.jobs.models import Job
from evalplatform.jobs.sending import send

BATCH = 200


def sweep() -> int:
    """Free expired leases, fail what was lost too often, re-send what waits; return how many."""
    lost = Job.all_rows.filter(state=Job.State.RUNNING, lease_until__lt=Now())
    lost.filter(attempt__gte=Job.MAX_ATTEMPTS).update(
        state=Job.State.FAILED,
        error=f"Its worker died {Job.MAX_ATTEMPTS} times: the machine may lack memory.",
        finished_at=Now(),
        lease_until=None,
    )
    lost.update(state=Job.State.READY, lease_until=None, sent_at=None)
    stale = Now() - timedelta(seconds=settings.JOB_RESEND_SECONDS)
    waiting = Job.all_rows.filter(
        Q(sent_at=None, created_at__lt=Now() - timedelta(seconds=2)) | Q(sent_at__lt=stale),
        Q(not_before=None) | Q(not_before__lte=Now()),
        state=Job.State.READY,
    )
    ids = list(waiting.order_by("created_at").values_list("pk", flat=True)[:BATCH])
    return sum(send(job_id) for job_id in ids)
