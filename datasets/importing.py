"""Import of a file of conversations: a dry run that shows everything, then one atomic commit.

Both runs read the same file the same way and count the same things; the commit goes through only
when its counts are those that the person looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import Any, BinaryIO

from django.core.exceptions import PermissionDenied
from django.db import OperationalError, transaction
from django.utils import timezone
from psycopg.errors import DiskFull

from datasets.formats import catalog
from datasets.formats.records import RowError, RowWarning, SessionRecord
from datasets.formats.report import Report
from datasets.intake import MAX_LOCKS, Counts, Intake, chunks, lock_sources
from datasets.models import SessionImport, Source
from datasets.searching import request_index
from evalplatform.accounts.roles import Verb
from evalplatform.jobs.kinds import JobRefusedError, job_kind
from evalplatform.jobs.pulse import Pulse
from evalplatform.jobs.running import Turn

PREVIEWED_SESSIONS, PREVIEWED_MESSAGES, PREVIEWED_CHARACTERS = 3, 6, 600
KIB = 1024
FOLDER = "imports"
SPARED = timedelta(hours=1)  # an upload is stored before its row is
KINDS = {"claude-code": Source.Kind.CODING_TOOL}
Tell = Callable[[int, int | None, str], None]
Found = tuple[int, SessionRecord] | RowError | RowWarning
COUNTED = ("counts", "sessions", "messages", "n_errors")


class LookAgain(Exception):  # noqa: N818 - a turn of events, not an error
    """What the commit would do is not what the person looked at."""


@job_kind(SessionImport.CHECK_KIND)
def check_import(turn: Turn) -> dict[str, Any] | None:
    """Dry run: read it all, compare it with what is stored, save nothing but the report."""
    row = import_of(turn)
    if row.state != row.State.CHECKING or row.check_job_id != turn.job.pk:
        return None
    with Pulse(turn) as pulse, refusing_full_disk(), transaction.atomic():
        report = examine(row, Intake(turn.actor, kind_of(row), is_dry=True), pulse.tell)
        transaction.set_rollback(True)
    report["looks_again"] = bool(turn.arguments.get("looks_again"))
    with transaction.atomic():
        still_held(row, turn).finish_check(report)
    return summary(turn, report)


@job_kind(SessionImport.COMMIT_KIND)
def commit_import(turn: Turn) -> dict[str, Any] | None:
    """Save all of the file in one transaction, or nothing; once saved, do nothing more."""
    row = import_of(turn)
    if row.state == row.State.COMMITTED:
        row.forget_file()
    if row.state != row.State.COMMITTING or row.commit_job_id != turn.job.pk:
        return None
    try:
        with Pulse(turn) as pulse, refusing_full_disk(), transaction.atomic():
            report = save_all(row, turn, pulse.tell)
    except LookAgain:
        row.look_again(by=turn.actor)
        return {"looks_again": True}
    return summary(turn, report)


def save_all(row: SessionImport, turn: Turn, tell: Tell) -> dict[str, Any]:
    """Take the file in; LookAgain when the counts are others than those of the preview."""
    intake = Intake(turn.actor, kind_of(row))
    lock_sources(turn.actor, row.report["sources"])
    report = examine(row, intake, tell)
    if any(report[key] != row.report[key] for key in COUNTED):
        raise LookAgain
    still_held(row, turn).finish_commit(report)
    intake.record("session_import.commit", row)
    request_index(turn.actor)
    return report


def still_held(row: SessionImport, turn: Turn) -> SessionImport:
    """Lock the import, then the job, as discarding does; LeaseLostError when it is not ours."""
    rows = SessionImport.objects.editable_by(turn.actor).select_for_update(of=("self",))
    locked: SessionImport = rows.get(pk=row.pk)
    turn.hold()
    return locked


def summary(turn: Turn, report: dict[str, Any]) -> dict[str, Any]:
    """Show the bar full, and give the numbers as the job's result."""
    n_sessions = report["counts"]["sessions"]
    turn.mine().update(n_done=n_sessions, n_expected=n_sessions)
    return {key: report[key] for key in ("ok", *COUNTED)}


def import_of(turn: Turn) -> SessionImport:
    """The import this job works on, if its person still has it and may bring conversations in."""
    if not turn.actor.may(Verb.EDIT_EVIDENCE):
        raise PermissionDenied("Your role may not bring conversations in any more.")
    rows = SessionImport.objects.visible_to(turn.actor)
    row: SessionImport | None = rows.filter(pk=turn.arguments["import"]).first()
    if row is None:
        raise JobRefusedError("This import is not there any more.")
    return row


def kind_of(row: SessionImport) -> str:
    return KINDS.get(row.format, Source.Kind.FILE)


def examine(row: SessionImport, intake: Intake, tell: Tell) -> dict[str, Any]:
    """Run the whole file through the intake and report all there is to know about it."""
    report = Report(format=row.format)
    shown: list[dict[str, Any]] = []
    with opened(row) as stream:
        for chunk in chunks(records(stream, row, report)):
            shown += [preview(*each) for each in chunk[: PREVIEWED_SESSIONS - len(shown)]]
            intake.take(chunk)
            note_refusals(intake, report)
            tell(*progress(row, report, stream))
    return report.as_json() | {
        "n_errors": len(report.errors) + report.n_more_errors,
        "n_more_warnings": report.n_more_warnings,
        "sessions": in_words_of_a_preview(intake.sessions),
        "messages": in_words_of_a_preview(intake.messages),
        "sources": sorted(intake.sources)[: MAX_LOCKS + 1],
        "n_sources": len(intake.sources),
        "preview": shown,
    }


def note_refusals(intake: Intake, report: Report) -> None:
    """Put what the intake refused beside what the reader did; a commit ends there."""
    for error in intake.errors:
        report.add(error)
    if intake.errors and not intake.is_dry:
        raise LookAgain
    intake.errors.clear()


def progress(row: SessionImport, report: Report, stream: BinaryIO) -> tuple[int, int, str]:
    """How far it is: in KiB of the file while checking, in sessions once their number is known."""
    if row.state == row.State.CHECKING:
        return stream.tell() // KIB, row.n_bytes // KIB, f"Checking {row.file_name} (KiB)"[:200]
    n_expected = row.report["counts"]["sessions"]
    return report.n_sessions, n_expected, f"Saving {row.file_name} (sessions)"[:200]


@contextmanager
def opened(row: SessionImport) -> Iterator[BinaryIO]:
    """The file, in binary; a file that vanished is told as such."""
    try:
        handle = row.file.storage.open(str(row.file.name), "rb")
    except FileNotFoundError as error:
        raise JobRefusedError("The uploaded file is gone: upload it again.") from error
    with handle:
        # Django's File cuts lines in Python; what it wraps is as fast as files are.
        yield handle.file  # type: ignore[misc]


def records(
    stream: BinaryIO, row: SessionImport, report: Report
) -> Iterator[tuple[int, SessionRecord]]:
    """The conversations of the file; all that was found on the way goes into the report."""
    found: Found
    for found in catalog.named(row.format).read(stream, source=row.source_name):
        report.add(found)
        if isinstance(found, tuple):
            yield found


def in_words_of_a_preview(counts: Counts) -> dict[str, int]:
    names = {"inserted": "create", "updated": "update", "unchanged": "unchanged"}
    return {names[name]: n for name, n in asdict(counts).items()}


def preview(row: int, session: SessionRecord) -> dict[str, Any]:
    """The beginning of a conversation, as the page shows it before anything is saved."""
    return {
        "row": row,
        "externalId": session.external_id,
        "source": session.source,
        "title": session.title[:PREVIEWED_CHARACTERS],
        "n_messages": len(session.messages),
        "messages": [
            {"role": each.role, "content": shortened(each.content)}
            for each in session.messages[:PREVIEWED_MESSAGES]
        ],
    }


def shortened(text: str) -> str:
    return text if len(text) <= PREVIEWED_CHARACTERS else f"{text[:PREVIEWED_CHARACTERS]}…"


@contextmanager
def refusing_full_disk() -> Iterator[None]:
    """Tell a full disk of the database as a reason; every other fault goes on."""
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, DiskFull):
            raise
        raise JobRefusedError(
            "The database has no room left, nothing was saved: free space, then try again."
        ) from error


def forget_old_files() -> int:
    """Delete files that outlived their import (a crash came between) or never got one; how many."""
    storage = SessionImport._meta.get_field("file").storage
    if not storage.exists(FOLDER):
        return 0
    n_deleted = 0
    for file_name in storage.listdir(FOLDER)[1]:
        name = f"{FOLDER}/{file_name}"
        is_needed = SessionImport.all_rows.filter(file=name).exclude(state__in=SessionImport.ENDED)
        if not is_needed.exists() and storage.get_modified_time(name) < timezone.now() - SPARED:
            storage.delete(name)
            n_deleted += 1
    return n_deleted
