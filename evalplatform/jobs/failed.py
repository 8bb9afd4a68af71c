"""Work of one's own that failed lately, as home tells it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from evalplatform.home import Need
from evalplatform.jobs.models import Job
from evalplatform.scoping.actor import Actor

LATELY = timedelta(days=3)
MOST = 99


def failed_jobs(actor: Actor) -> Iterator[Need]:
    """How many jobs that this person asked for have failed in three days, with the last reason."""
    failed = Job.objects.visible_to(actor).filter(
        state=Job.State.FAILED, finished_at__gte=timezone.now() - LATELY
    )
    found = list(failed.order_by("-created_at").values_list("error", flat=True)[:MOST])
    if found:
        n, jobs = len(found), "job" if len(found) == 1 else "jobs"
        yield Need(
            f"{n} {jobs} that you asked for failed",
            reverse("notifications", args=[actor.team.slug]),
            " ".join(found[0].split())[:160],
            icon="x-circle", tone="fail", urgency=1,
        )  # fmt: skip
