"""Which rows go to which chunk, and what becomes of rows whose chunk could not be carried out."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from evalplatform.jobs.models import Job
from evalplatform.scoping.actor import Actor
from runs.models import CheckResult, Run, RunItem
from runs.plans import asks_servers

CHUNK = "run_chunk"
ASKED, PLAIN = 25, 5000  # rows of a chunk: when a server is asked, and when none is
Range = tuple[int, int]


def pending(run: Run) -> QuerySet[RunItem]:
    """The rows that wait, by the index of those."""
    rows: QuerySet[RunItem] = RunItem.all_rows.filter(run=run, status=RunItem.Status.PENDING)
    return rows


def open_ranges(run: Run) -> list[Range]:
    """The ranges that open chunks have; one that has kept its result is through with its rows."""
    jobs = Job.all_rows.filter(
        kind=CHUNK, state__in=Job.OPEN, result__isnull=True, arguments__run=str(run.pk)
    )
    return [(told["first"], told["last"]) for told in jobs.values_list("arguments", flat=True)]


def hand_out(run: Run, taken: list[Range], *, by: Actor) -> None:
    """Ask for a chunk for each free lane, and note its range; the cursor moves behind it."""
    while len(taken) < settings.RUN_LANES and (found := next_range(run, taken)):
        told = {"run": str(run.pk), "first": found[0], "last": found[1]}
        Job.enqueue(CHUNK, told, by=by)
        taken.append(found)
        run.cursor = found[1] + 1


def next_range(run: Run, taken: list[Range]) -> Range | None:
    """The next rows that wait, up to a chunk of them, none of which an open chunk has."""
    size = ASKED if asks_servers(run.plan) else PLAIN
    rows = outside(pending(run).filter(order_index__gte=run.cursor), taken)
    found = list(rows.order_by("order_index").values_list("order_index", flat=True)[:size])
    if not found:
        return None
    end = min((first for first, _ in taken if first > found[0]), default=found[-1] + 1)
    return found[0], max(n for n in found if n < end)


def outside(rows: QuerySet[RunItem], taken: list[Range]) -> QuerySet[RunItem]:
    """Those of the rows that no open chunk has."""
    for first, last in taken:
        rows = rows.exclude(order_index__range=(first, last))
    return rows


def has_left_behind(run: Run, taken: list[Range]) -> bool:
    """Whether rows wait before the cursor that no open chunk has: paused, cancelled or failed."""
    return outside(pending(run).filter(order_index__lt=run.cursor), taken).exists()


# --- chunks that failed ----------------------------------------------------------------------


def failed_chunks(run: Run) -> Any:
    """The chunks of the run that failed for good and were not settled yet."""
    return Job.all_rows.filter(
        requested_by=run.carried_by_id,
        created_at__gte=run.created_at,
        kind=CHUNK,
        state=Job.State.FAILED,
        result__isnull=True,
        arguments__run=str(run.pk),
    )


def settle_failures(run: Run) -> str:
    """Give rows of chunks that erred or died too often their error; why the run cannot go on.

    A chunk that was refused, by a right that ended or a full disk, says nothing about its rows.
    """
    reason = ""
    for job in failed_chunks(run):
        if job.n_errors >= Job.MAX_ERRORS or job.attempt >= Job.MAX_ATTEMPTS:
            told = (job.arguments["first"], job.arguments["last"])
            pending(run).filter(order_index__range=told).update(
                status=RunItem.Status.ERROR,
                error=job.error,
                is_passed=False,
                finished_at=timezone.now(),
            )
        else:
            reason = job.error
        Job.all_rows.filter(pk=job.pk).update(result={"settled": True})
    return reason


def forget_failures(run: Run) -> None:
    """Settle what failed before without effect: somebody has it tried again."""
    failed_chunks(run).update(result={"settled": True})


def rows_with_failures(run: Run) -> QuerySet[RunItem]:
    """Rows in error, and rows with checks that could not be carried out."""
    rows: QuerySet[RunItem] = RunItem.all_rows.filter(
        Q(status=RunItem.Status.ERROR) | Q(n_errors__gt=0), run=run
    )
    return rows


def redo_failed_rows(run: Run) -> int:
    """Make them pending again, without the results that were errors; how many."""
    CheckResult.all_rows.filter(run=run, state=CheckResult.State.ERROR).delete()
    return rows_with_failures(run).update(
        status=RunItem.Status.PENDING, error="", is_passed=None, finished_at=None
    )
