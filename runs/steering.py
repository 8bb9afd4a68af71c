"""Where a run goes: chunks are handed out, it is paused, resumed, cancelled, retried, looked after.

A run is steered under the lock of its row. Rows are handed out from `cursor` on, a range at a time
and never one that an open chunk job has; the chunks find out by themselves that a run was paused.
"""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, transaction

from evalplatform.accounts.actors import actor_again
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.jobs.models import Job
from evalplatform.scoping.actor import Actor
from runs.finishing import finish
from runs.handing_out import (
    CHUNK,
    forget_failures,
    hand_out,
    has_left_behind,
    open_ranges,
    redo_failed_rows,
    settle_failures,
)
from runs.models import Run
from runs.models.run import locked

log = logging.getLogger(__name__)
Status = Run.Status
GOING = (Status.PENDING, Status.RUNNING)
AGAIN = ("cursor", "carried_by", "completed_at", "failure_type", "failure_reason", "failed_at")
LOST = "Who started this run has no access any more. Somebody else may resume it."


def advance(run: Run, *, by: Actor) -> None:
    """Hand out what the run's lanes can take, or finish it."""
    with transaction.atomic():
        row = held(run.pk)
        if row is None:
            return
        if row.carried_by and row.carried_by != by.membership:
            by = row.carried_by.act(via="job")
        taken = open_ranges(row)
        hand_out(row, taken, by=by)
        if has_left_behind(row, taken):
            if reason := settle_failures(row):
                _turn(row, Status.PAUSED, by=by, reason=reason)
                return
            row.cursor = 0
            hand_out(row, taken, by=by)
        row.save(update_fields=["cursor"])
        if not taken:
            finish(row, by=by)


def held(pk: Any) -> Run | None:
    """The run's row, locked, when it is on its way; None for one that rests, ended or is gone."""
    rows = Run.all_rows.select_for_update(of=("self",)).filter(pk=pk, deleted_at=None)
    people = rows.select_related("carried_by__user", "carried_by__team", "team")
    row: Run | None = people.filter(status__in=GOING).first()
    return row


# --- what people do --------------------------------------------------------------------------


def pause(run: Run, *, by: Actor) -> None:
    """Let no further row begin; what is under way is saved."""
    with transaction.atomic():
        row = _locked(run, by, GOING, "Only a run that is on its way can be paused.")
        _turn(row, Status.PAUSED, by=by)
    run.refresh_from_db()


def resume(run: Run, *, by: Actor) -> None:
    """Go on with a paused run, from now on with the rights of who resumes it."""
    with transaction.atomic():
        row = _locked(run, by, (Status.PAUSED,), "Only a paused run can be resumed.")
        _go_on(row, by)
    run.refresh_from_db()


def cancel(run: Run, *, by: Actor) -> None:
    """End the run as it is; rows that were not begun stay pending."""
    with transaction.atomic():
        row = _locked(run, by, Run.OPEN, "This run has ended already.")
        finish(row, by=by, is_cancelled=True)
    run.refresh_from_db()


def retry_failed(run: Run, *, by: Actor) -> int:
    """Redo rows in error, and the checks that could not be carried out; how many rows.

    Verdicts that there are stay, and so do overrides.
    """
    with transaction.atomic():
        row = _locked(
            run, by, (Status.ERROR, Status.SUCCESS), "Only a run that has ended can be retried."
        )
        n_rows = redo_failed_rows(row)
        if not n_rows:
            raise Conflict("Nothing failed in this run.")
        _go_on(row, by, n_rows=n_rows)
    run.refresh_from_db()
    return n_rows


def _locked(run: Run, by: Actor, allowed: tuple[str, ...], refusal: str) -> Run:
    """The run's row, locked, in one of the allowed states; Conflict otherwise."""
    row = locked(run, by)
    if row.status not in allowed:
        raise Conflict(refusal)
    return row


def _turn(row: Run, status: str, *, by: Actor | None, reason: str = "", **told: Any) -> None:
    """Save another status with its reason, and what else the row became; and tell the audit."""
    before, row.status, row.error_message = row.status, status, reason
    row.save(update_fields=["status", "error_message", *AGAIN])
    if by:
        changes = {"status": [before, status]} | {name: [None, n] for name, n in told.items()}
        record(by, "run.steer", row, changes=changes)


def _go_on(row: Run, by: Actor, **told: Any) -> None:
    """Make a run that rests or ended go on from its first pending row."""
    if not by.may(Verb.RUN_PROMPTS):
        raise PermissionDenied("Your role may not go on with runs.")
    forget_failures(row)
    row.cursor, row.carried_by = 0, by.membership
    row.failure_type, row.failure_reason = "", ""
    row.failed_at = row.completed_at = None
    _turn(row, Status.RUNNING if row.started_at else Status.PENDING, by=by, **told)
    advance(row, by=by)


# --- what happens by itself ------------------------------------------------------------------


def rest(run: Run, reason: str, *, by: Actor | None = None) -> None:
    """Pause a run that cannot go on, and say why."""
    with transaction.atomic():
        row = held(run.pk)
        if row:
            _turn(row, Status.PAUSED, by=by, reason=reason)


def coordinate() -> int:
    """Rouse the runs that are on their way and have no open chunk; how many."""
    going = Run.all_rows.filter(status__in=GOING, deleted_at=None).order_by("created_at")
    busy = busy_runs()
    stalled = [run for run in going.only("pk") if str(run.pk) not in busy]
    for run in stalled:
        try:
            rouse(run)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # one run that cannot be roused holds up no other
            log.exception("run not roused", extra={"run": str(run.pk)})
    return len(stalled)


def busy_runs() -> set[str]:
    """The ids of the runs that have an open chunk job."""
    jobs = Job.all_rows.filter(kind=CHUNK, state__in=Job.OPEN)
    return set(jobs.values_list("arguments__run", flat=True))


def rouse(run: Run) -> None:
    """Settle what the chunks of a stalled run left behind, and go on or finish."""
    with transaction.atomic():
        row = held(run.pk)
        if row is None or open_ranges(row):
            return
        reason = settle_failures(row)
        actor = actor_again(row.carried_by.act(via="job")) if row.carried_by else None
        if actor is None or reason:
            _turn(row, Status.PAUSED, by=actor, reason=reason or LOST)
        else:
            advance(row, by=actor)
