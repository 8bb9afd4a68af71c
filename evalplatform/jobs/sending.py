"""Sending of a job's number to the workers; a message that is lost is sent again by the sweeper."""

from __future__ import annotations

import logging
import uuid

from django.db.models.functions import Now
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def send(job_id: uuid.UUID) -> bool:
    """Send "run job N"; False, and no exception, when the broker is away."""
    from evalplatform.jobs.models import Job
    from evalplatform.jobs.tasks import run

    try:
        run.apply_async(args=(str(job_id),), retry=False)
    except (OperationalError, RedisError, OSError) as error:
        log.warning("job not sent, the sweeper will", extra={"job": str(job_id), "why": str(error)})
        return False
    Job.all_rows.filter(pk=job_id).update(sent_at=Now())
    return True
