"""Running of one job under a lease: take it, work, renew with progress, end it if still mine."""

from __future__ import annotations

import errno
import logging
import uuid
from datetime import timedelta
from time import monotonic
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from evalplatform.jobs.kinds import KINDS, JobRefusedError
from evalplatform.jobs.models import Job
from evalplatform.scoping.actor import Actor

log = logging.getLogger(__name__)
RENEW_EVERY = 1.0
OUT_OF_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOENT, errno.EACCES}


class LeaseLostError(Exception):
    """Another worker has the job now, or it was cancelled: stop without a trace."""


class Turn:
    """One worker's turn at one job: who it is for, what it was told, and how far it is."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.actor: Actor = job.actor()
        self._renewed = 0.0

    @property
    def arguments(self) -> dict[str, Any]:
        return dict(self.job.arguments)

    def mine(self) -> Any:
        """Return the job's row if this turn still holds it (fencing number), else no row."""
        return Job.all_rows.filter(
            pk=self.job.pk, attempt=self.job.attempt, state=Job.State.RUNNING
        )

    def progress(self, n_done: int, n_expected: int | None = None, note: str = "") -> None:
        """Tell how far it is and renew the lease, at most once a second; rights are read again.

        Raises LeaseLostError when the turn is over, PermissionDenied when the person's access is.
        """
        if monotonic() - self._renewed < RENEW_EVERY:
            return
        self._renewed = monotonic()
        held = self.mine().update(
            n_done=n_done, n_expected=n_expected, note=note, lease_until=lease_end()
        )
        if not held:
            raise LeaseLostError(str(self.job.pk))
        again = Job.all_rows.select_related("api_key").defer("arguments", "result")
        self.actor = again.get(pk=self.job.pk).actor()

    def keep(self, result: dict[str, Any], n_done: int, n_expected: int, note: str = "") -> None:
        """Keep what is done so far, inside the transaction that does it, or LeaseLostError.

        A later turn finds it as the job's result and goes on from there.
        """
        held = self.mine().update(
            result=result, n_done=n_done, n_expected=n_expected, note=note, lease_until=lease_end()
        )
        if not held:
            raise LeaseLostError(str(self.job.pk))

    def hold(self) -> None:
        """Lock the job's row for the transaction that saves the outcome, or LeaseLostError."""
        if not self.mine().select_for_update().exists():
            raise LeaseLostError(str(self.job.pk))


def lease_end() -> Any:
    """Return the database's now plus one lease."""
    return Now() + timedelta(seconds=settings.JOB_LEASE_SECONDS)


def run_job(job_id: uuid.UUID | str) -> None:
    """Run the job if it is ready or its lease has run out; otherwise do nothing."""
    job = take(job_id)
    if job is None:
        return
    try:
        turn = Turn(job)
        result = KINDS[job.kind](turn)
    except LeaseLostError:
        log.info("turn over", extra={"job": str(job_id)})
    except (OperationalError, InterfaceError):
        raise  # the database is away: the lease runs out and the job is taken again
    except (JobRefusedError, PermissionDenied) as error:
        end(job, Job.State.FAILED, error=str(error))
    except OSError as error:
        end_after_os_error(job, error)
    except Exception as error:
        log.exception("job failed", extra={"job": str(job_id)})
        try_again_or_fail(job, error)
    else:
        end(job, Job.State.DONE, result=result)


def take(job_id: uuid.UUID | str) -> Job | None:
    """Make the job this worker's under a new fencing number, in one statement."""
    free = Q(state=Job.State.READY) | Q(state=Job.State.RUNNING, lease_until__lt=Now())
    due = Q(not_before=None) | Q(not_before__lte=Now())
    with transaction.atomic():
        n_taken = Job.all_rows.filter(free, due, pk=job_id, attempt__lt=Job.MAX_ATTEMPTS).update(
            state=Job.State.RUNNING,
            attempt=F("attempt") + 1,
            lease_until=lease_end(),
            started_at=Now(),
            error="",
        )
        if not n_taken:
            return None
        job: Job = Job.all_rows.select_related("requested_by", "api_key").get(pk=job_id)
        return job


def end(job: Job, state: str, *, error: str = "", result: dict[str, Any] | None = None) -> None:
    """Commit the terminal state alone, if the turn still holds the job.

    What the turn has kept stays its result when it ends without another.
    """
    outcome = {} if result is None else {"result": result}
    Job.all_rows.filter(pk=job.pk, attempt=job.attempt, state=Job.State.RUNNING).update(
        state=state, error=error, finished_at=Now(), lease_until=None, **outcome
    )


def end_after_os_error(job: Job, error: OSError) -> None:
    """A full or unwritable disk is told as such; other faults of the system are tried again."""
    if error.errno in OUT_OF_SPACE:
        log.error("job cannot write", extra={"job": str(job.pk), "why": str(error)})
        remedy = "free space or mend the folder, then start it again."
        end(job, Job.State.FAILED, error=f"{error.strerror}: {remedy}")
    else:
        try_again_or_fail(job, error)


def try_again_or_fail(job: Job, error: Exception) -> None:
    """Make the job ready again after a pause, or failed when it erred too often."""
    if job.n_errors + 1 >= Job.MAX_ERRORS:
        name = type(error).__name__
        reason = f"Stopped after {Job.MAX_ERRORS} errors ({name}); the log has them as {job.pk}."
        Job.all_rows.filter(pk=job.pk, attempt=job.attempt, state=Job.State.RUNNING).update(
            state=Job.State.FAILED,
            n_errors=F("n_errors") + 1,
            error=reason,
            finished_at=Now(),
            lease_until=None,
        )
        return
    pause = timedelta(seconds=5 * 2**job.n_errors)
    Job.all_rows.filter(pk=job.pk, attempt=job.attempt, state=Job.State.RUNNING).update(
        state=Job.State.READY,
        n_errors=F("n_errors") + 1,
        not_before=Now() + pause,
        lease_until=None,
        sent_at=None,
    )
