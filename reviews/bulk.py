"""Labelling of many sessions: a few at once, more as a job that tells how far it is.

What the act is about is frozen when it is asked for: the ids of the sessions, sorted, go into the
job's arguments as one text of 22 characters each, so that neither the job's own changes nor anybody
else's move what "all of this view" meant. The job works in chunks. Each chunk's labels, its audit
events and the count of it are saved in one transaction that holds the job: a killed worker loses
the chunk it was at and repeats none, and what was done before a cancel stays, exactly counted.
One transaction for all would also be slow: what the checks at its end have to look at grows with
every label, so that 20,000 took half a minute where twenty chunks take a few seconds.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import newest_event
from evalplatform.jobs.freezing import digest_of, earlier_job, packed, unpacked
from evalplatform.jobs.kinds import job_kind
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import Turn
from evalplatform.scoping.actor import Actor
from reviews.batches import BATCH, Rule, Tally, label_batch
from reviews.changes import LEFT, LabelChange
from reviews.labelling import (
    Moment,
    Outcome,
    label_ids,
    moment_of,
    rule_of,
    rule_of_return,
    take_back,
)

KIND = "label"
AT_ONCE = 500  # sessions; more of them are a job
MOST_FAILURES = 10_000  # that a job keeps by id; all are counted
FindIds = Callable[[], Sequence[uuid.UUID]]


@dataclass(frozen=True, slots=True)
class Report:
    """What a job has done so far; the job keeps it as its result, in the API's words."""

    n_done: int = 0
    n_changed: int = 0
    n_unchanged: int = 0
    n_failed: int = 0
    failed: tuple[dict[str, str], ...] = ()

    @classmethod
    def of(cls, kept: dict[str, Any] | None) -> Report:
        """Read what the job kept, nothing when it has not begun."""
        if not kept:
            return cls()
        n_changed = kept["updated"] - kept["unchanged"]
        failed = tuple(kept["errors"])
        return cls(kept["done"], n_changed, kept["unchanged"], kept["nFailed"], failed)

    def as_json(self) -> dict[str, Any]:
        """Return what `of` reads; `updated` are as asked now, `unchanged` of them were before."""
        return {
            "done": self.n_done,
            "updated": self.n_changed + self.n_unchanged,
            "unchanged": self.n_unchanged,
            "nFailed": self.n_failed,
            "errors": list(self.failed),
        }

    def after(self, n: int, tally: Tally) -> Report:
        """Return the report with one chunk of `n` sessions more."""
        return Report(
            self.n_done + n,
            self.n_changed + tally.n_changed,
            self.n_unchanged + tally.n_unchanged,
            self.n_failed + len(tally.failed),
            (self.failed + tally.failed)[:MOST_FAILURES],
        )


def label_many(
    find: FindIds, change: LabelChange, *, by: Actor, key: str | None = None, asked: Any = None
) -> Outcome | Job:
    """Label the sessions that `find` gives at this moment, as a job when they are many.

    The same idempotency key gives the job there is; Conflict if something else was `asked` then.
    """
    digest = digest_of(asked)
    earlier = earlier_job(KIND, key, digest, by) if key else None
    if earlier:
        return earlier
    pks = sorted(set(find()))
    if len(pks) <= AT_ONCE:
        return label_ids(pks, change, by=by)
    arguments = {"change": as_json(change), "asked": digest}
    return enqueue(pks, arguments, by=by, key=key)


def take_back_many(token: str, *, by: Actor) -> Outcome | Job:
    """Undo one own act, as a job when it changed many; pressed twice, it is undone once."""
    moment = moment_of(token, by=by)
    pks, _ = rule_of_return(moment, by=by)
    if len(pks) <= AT_ONCE:
        return take_back(token, by=by)
    return enqueue(pks, {"moment": moment}, by=by, key=f"undo:{moment[0]}:{moment[1]}")


def enqueue(
    pks: Sequence[uuid.UUID], arguments: dict[str, Any], *, by: Actor, key: str | None
) -> Job:
    """Write the job, with what it is about and the moment that undoing it looks back to."""
    with transaction.atomic():
        frozen = {"sessions": packed(pks), "n": len(pks), "since": newest_event(by, "label")}
        return Job.enqueue(KIND, arguments | frozen, by=by, idempotency_key=key)


@job_kind(KIND)
def label_sessions(turn: Turn) -> dict[str, Any]:
    """Label the frozen sessions from where the last turn ended, chunk by chunk."""
    require_label(turn.actor)
    pks, rule = unpacked(turn.arguments["sessions"]), rule_for(turn)
    report = Report.of(turn.job.result)
    while report.n_done < len(pks):
        turn.progress(report.n_done, len(pks), "Labelling")
        require_label(turn.actor)
        chunk = pks[report.n_done : report.n_done + BATCH]
        with transaction.atomic():
            report = report.after(len(chunk), label_batch(chunk, rule, by=turn.actor))
            turn.keep(report.as_json(), report.n_done, len(pks), "Labelling")
    return report.as_json()


def require_label(actor: Actor) -> None:
    """403 for those whose role or key may not label, also when that changes while a job runs."""
    if not actor.may(Verb.LABEL):
        raise PermissionDenied("Your role may not label sessions.")


def rule_for(turn: Turn) -> Rule:
    """Return what this job does to each label: the change asked for, or taking an act back."""
    if "moment" in turn.arguments:
        since, request_id = turn.arguments["moment"]
        return rule_of_return((since, request_id), by=turn.actor)[1]
    return rule_of(change_in(turn.job))


def moment_before(job: Job) -> Moment:
    """Return what undoing this job looks back to."""
    return job.arguments["since"], job.request_id


def change_in(job: Job) -> LabelChange:
    """Return the change that a job makes."""
    kept = job.arguments["change"]
    tuples = {name: tuple(kept[name]) for name in ("tags", "add_tags") if name in kept}
    return LabelChange(**(kept | tuples))


def as_json(change: LabelChange) -> dict[str, Any]:
    """Return the change as plain JSON; what it leaves is absent."""
    named = {field.name: getattr(change, field.name) for field in fields(change)}
    return {name: value for name, value in named.items() if value is not LEFT}
