"""The end of a run: what came of its rows, in words and in numbers."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Count
from django.utils import timezone

from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor
from runs import analysis, metrics
from runs.models import CheckResult, Run, RunItem

TOLD_REASONS = 3
LONGEST_REASON = 200
TOO_SLOW = re.compile(r"in time|timed out|stopped after [\d.]+ seconds", re.IGNORECASE)
OURS = re.compile(r"the log has|worker died", re.IGNORECASE)
ASKED = re.compile(r"asked \d+ times|asked too often", re.IGNORECASE)


def finish(run: Run, *, by: Actor, is_cancelled: bool = False) -> None:
    """End the locked run: success when every row and check was carried out, else error."""
    before, now = run.status, timezone.now()
    run.metrics = metrics.compute(run)
    told = failures_of(run)
    run.error_message = " ".join(message for message, _ in told)
    if is_cancelled:
        run.status, run.failure_type = Run.Status.CANCELLED, "cancelled"
        run.error_message = f"Cancelled. {run.error_message}".strip()
    else:
        run.status = Run.Status.ERROR if told else Run.Status.SUCCESS
        run.failure_type = told[0][1] if told else ""
    is_failed = bool(run.failure_type)
    run.failure_reason = run.error_message if is_failed else ""
    run.failed_at = now if is_failed else None
    run.completed_at = now
    run.error_analysis = analysis.summary(run)
    run.save(
        update_fields=[
            "status", "metrics", "error_message", "error_analysis", "failure_type",
            "failure_reason", "failed_at", "completed_at",
        ]
    )  # fmt: skip
    record(by, "run.end", run, changes={"status": [before, run.status]})
    if not is_cancelled:
        analysis.ask_for_more(run, by=by)


def failures_of(run: Run) -> list[tuple[str, str]]:
    """What failed, rows before checks: a sentence with counts each, and the kind of failure."""
    rows = RunItem.all_rows.filter(run=run, status=RunItem.Status.ERROR)
    checks = CheckResult.all_rows.filter(run=run, state=CheckResult.State.ERROR)
    counts = run.metrics or {}
    found = []
    if n := counts["n_error"]:
        reasons = most_frequent(rows, "error")
        kind = kind_of_failure(reasons[0][0], is_row=True)
        found.append((sentence(n, run.n_items, "item", reasons), kind))
    if n := counts["checks"]["errors"]:
        reasons = most_frequent(checks, "feedback")
        n_all = n + counts["checks"]["done"]
        kind = kind_of_failure(reasons[0][0], is_row=False)
        found.append((sentence(n, n_all, "check", reasons), kind))
    return found


def most_frequent(rows: Any, column: str) -> list[tuple[str, int]]:
    """The reasons with their counts, the most frequent first."""
    counted = rows.order_by().values(column).annotate(n=Count("pk")).order_by("-n", column)
    return [(each[column], each["n"]) for each in counted[:200]]


def sentence(n: int, n_all: int, noun: str, reasons: list[tuple[str, int]]) -> str:
    """Say how many failed and why: 3 of 50 items failed: 2 x it timed out, 1 x it broke off."""
    shown = [f"{count:,} x {short(reason)}" for reason, count in reasons[:TOLD_REASONS]]
    if n_other := n - sum(count for _, count in reasons[:TOLD_REASONS]):
        shown.append(f"{n_other:,} x other reasons")
    return f"{n:,} of {n_all:,} {noun}{'' if n_all == 1 else 's'} failed: {', '.join(shown)}."


def short(reason: str) -> str:
    text = " ".join(reason.split()).rstrip(".") or "no reason given"
    return text if len(text) <= LONGEST_REASON else f"{text[:LONGEST_REASON]}…"


def kind_of_failure(reason: str, *, is_row: bool) -> str:
    """timeout, network_error or engine_error (formats.md 3.1), by the words of the reason.

    What keeps a row from its output is the network, unless it says otherwise; of a check, we.
    """
    if TOO_SLOW.search(reason):
        return "timeout"
    is_network = is_row or bool(ASKED.search(reason))
    return "network_error" if is_network and not OURS.search(reason) else "engine_error"
