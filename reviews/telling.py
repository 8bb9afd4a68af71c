"""What is said of a bulk act: its words, how far it is, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from evalplatform.jobs.models import Job
from evalplatform.scoping.actor import Actor
from reviews.bulk import KIND, Report, change_in, moment_before
from reviews.changes import LabelChange
from reviews.labelling import UNDO_SECONDS, undo_token

WORDS = {
    "golden": "Golden",
    "correct": "Correct",
    "incorrect": "Incorrect",
    "needs_review": "Needs review",
}
SHOWN_TAGS = 3
MOST_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Act:
    """A job that labels, as a page tells of it."""

    job: Job
    words: str
    text: str
    tone: str
    undo: str

    @property
    def id(self) -> str:
        return str(self.job.pk)

    @property
    def has_ended(self) -> bool:
        return not self.job.is_open

    @classmethod
    def of(cls, job: Job, actor: Actor) -> Act:
        """Tell of a job that this person asked for."""
        report = Report.of(job.result)
        may_undo = report.n_changed and "moment" not in job.arguments and not job.is_open
        undo = undo_token(moment_before(job), by=actor) if may_undo else ""
        text, tone = told_of(job, report)
        return cls(job, words_of_job(job), text, tone, undo)


def acts_to_tell(actor: Actor, *, told: Iterable[str], shown: Iterable[str]) -> list[Act]:
    """Return one's acts that run, that have ended lately and were not told of, or are shown."""
    lately = timezone.now() - timedelta(seconds=UNDO_SECONDS)
    jobs = Job.objects.visible_to(actor).filter(kind=KIND)
    jobs = jobs.filter(Q(state__in=Job.OPEN) | Q(finished_at__gt=lately))
    hidden = set(told) - set(shown)
    newest = jobs.order_by("-created_at")[: MOST_SHOWN + len(hidden)]
    kept = [job for job in newest if job.is_open or str(job.pk) not in hidden]
    return [Act.of(job, actor) for job in kept[:MOST_SHOWN]]


def told_of(job: Job, report: Report) -> tuple[str, str]:
    """Return the sentence about a job that has ended, and the tone it is said in."""
    counts = [f"{report.n_changed:,} labelled", f"{report.n_unchanged:,} unchanged"]
    if report.n_failed:
        why = report.failed[0]["message"].rstrip(".")
        counts.append(f"{report.n_failed:,} could not be changed ({why})")
    text = f"{words_of_job(job)}: {', '.join(counts)}."
    if job.state == Job.State.DONE:
        return text, "attention" if report.n_failed else "pass"
    done = f"after {report.n_done:,} of {job.arguments['n']:,} sessions. {text}"
    if job.state == Job.State.CANCELLED:
        return f"Cancelled {done} What was done stays.", "attention"
    return f"Stopped {done} {job.error}", "fail"


def words_of_job(job: Job) -> str:
    """Return what a job does to each session, as it is said."""
    if "moment" in job.arguments:
        return "Undo"
    words = words_of(change_in(job))
    return words[:1].upper() + words[1:]


def words_of(change: LabelChange) -> str:
    """Return what a bulk act does to each session, as it is said."""
    if "status" in change.named:
        return WORDS[change.status] if change.status else "status cleared"  # type: ignore[index]
    if "is_eval_ready" in change.named:
        return "marked eval-ready" if change.is_eval_ready else "no longer eval-ready"
    more = " …" if len(change.add_tags) > SHOWN_TAGS else ""
    return f"tagged {', '.join(change.add_tags[:SHOWN_TAGS])}{more}"


def sessions(n: int) -> str:
    """Return "1 session" or "1,204 sessions"."""
    return f"{n:,} session{'' if n == 1 else 's'}"
