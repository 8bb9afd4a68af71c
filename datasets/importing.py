"""Import of a file of conversations, by the two turns of import_turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, BinaryIO

from datasets import import_turns
from datasets.formats import catalog
from datasets.formats.records import RowError, RowWarning, SessionRecord
from datasets.formats.report import Report
from datasets.import_turns import LookAgain, Tell, opened, still_held
from datasets.intake import MAX_LOCKS, Counts, Intake, chunks, lock_sources
from datasets.models import SessionImport, Source
from datasets.searching import SESSIONS
from evalplatform.jobs.kinds import job_kind
from evalplatform.jobs.running import Turn

PREVIEWED_SESSIONS, PREVIEWED_MESSAGES, PREVIEWED_CHARACTERS = 3, 6, 600
KIB = 1024
KINDS = {"claude-code": Source.Kind.CODING_TOOL}
Found = tuple[int, SessionRecord] | RowError | RowWarning
COUNTED = ("counts", "sessions", "messages", "n_errors")


@job_kind(SessionImport.CHECK_KIND)
def check_import(turn: Turn) -> dict[str, Any] | None:
    """Dry run of a file of conversations."""
    return summary(turn, import_turns.check(turn, SessionImport, look_at))


@job_kind(SessionImport.COMMIT_KIND)
def commit_import(turn: Turn) -> dict[str, Any] | None:
    """Save a file of conversations."""
    return summary(turn, import_turns.commit(turn, SessionImport, save_all))


def look_at(row: SessionImport, turn: Turn, tell: Tell) -> dict[str, Any]:
    """What taking the file in would do."""
    return examine(row, Intake(turn.actor, kind_of(row), is_dry=True), tell)


def save_all(row: SessionImport, turn: Turn, tell: Tell) -> dict[str, Any]:
    """Take the file in; LookAgain when the counts are others than those of the preview."""
    intake = Intake(turn.actor, kind_of(row))
    lock_sources(turn.actor, row.report["sources"])
    report = examine(row, intake, tell)
    if any(report[key] != row.report[key] for key in COUNTED):
        raise LookAgain
    still_held(row, turn).finish_commit(report)
    intake.record("session_import.commit", row)
    SESSIONS.request(turn.actor)
    return report


def summary(turn: Turn, report: dict[str, Any] | None) -> dict[str, Any] | None:
    """Show the bar full, and give the numbers as the job's result."""
    if report is None or "counts" not in report:
        return report
    n_sessions = report["counts"]["sessions"]
    turn.mine().update(n_done=n_sessions, n_expected=n_sessions)
    return {key: report[key] for key in ("ok", *COUNTED)}


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
