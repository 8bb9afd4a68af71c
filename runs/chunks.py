"""A chunk of a run: its pending rows are carried out, and saved together a few times a second.

What is saved is saved once: each save holds the job's row, so that a worker that was taken for dead
saves nothing any more, and rows that are not pending any more are left alone. At each save, and at
least each second, the chunk looks whether the run still goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from time import monotonic
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from datasets.models import Dataset
from evalplatform.accounts.roles import Verb
from evalplatform.jobs.kinds import JobRefusedError, job_kind
from evalplatform.jobs.pulse import Pulse
from evalplatform.jobs.running import Turn
from runs import steering
from runs.documents import Documents, wants_documents
from runs.handing_out import CHUNK
from runs.models import ModelEndpoint, Run
from runs.places import places_at
from runs.plans import asks_servers, endpoints_of
from runs.row_reading import Row, rows_of
from runs.row_work import Asker, Stopped, Work
from runs.saving import Finished, save, status_of

SAVED_AT_ONCE, SAVE_EVERY, LOOK_EVERY = 1000, 0.5, 1.0


@job_kind(CHUNK)
def work_chunk(turn: Turn) -> dict[str, Any] | None:
    """Carry out a range of rows with the rights of its person, then hand out what is next."""
    run: Run | None = None
    try:
        if not turn.actor.may(Verb.RUN_PROMPTS):
            raise PermissionDenied("Your role may not go on with runs.")
        run = run_of(turn)
        if run is None:
            return None
        see_dataset(run, turn)
        stopping = threading.Event()
        work = work_of(run, turn, stopping)
        begin(run)
        with Pulse(turn) as pulse:
            n_rows = Chunk(turn, run, work, pulse, stopping).carry_out()
    except (PermissionDenied, JobRefusedError) as error:
        if run:
            steering.rest(run, str(error))
        raise
    with transaction.atomic():
        # Of two chunks that end at once, the later one to get the run's row must see that the
        # other has no rows any more, or neither would finish the run.
        turn.keep({"rows": n_rows}, n_rows, n_rows)
        steering.advance(run, by=turn.actor)
    return {"rows": n_rows}


def run_of(turn: Turn) -> Run | None:
    """The run of this chunk, if it is on its way and its person sees it."""
    runs = Run.objects.visible_to(turn.actor).select_related("dataset", "team")
    run: Run | None = runs.filter(pk=turn.arguments["run"], status__in=steering.GOING).first()
    return run


def see_dataset(run: Run, turn: Turn) -> None:
    """JobRefusedError when the person does not see the run's dataset any more."""
    seen = Dataset.objects.visible_to(turn.actor)
    if run.dataset_id and not seen.filter(pk=run.dataset_id).exists():
        raise JobRefusedError("The dataset of this run is not there any more.")


def work_of(run: Run, turn: Turn, stopping: threading.Event) -> Work:
    """The plan with the endpoints as they are now; JobRefusedError when one is out of reach."""
    wanted = {each["endpoint"]: each["name"] for each in endpoints_of(run.plan)}
    seen = ModelEndpoint.objects.visible_to(turn.actor).filter(pk__in=wanted)
    found = {str(endpoint.pk): endpoint for endpoint in seen}
    for pk, name in wanted.items():
        if pk not in found:
            raise JobRefusedError(f"The endpoint “{name}” is not there any more.")
    askers = {pk: Asker.of(endpoint, stopping) for pk, endpoint in found.items()}
    level = run.dataset.level if run.dataset else Dataset.Level.MESSAGE
    return Work(run.plan, level, askers)


def begin(run: Run) -> None:
    """Note that the first chunk began."""
    Run.all_rows.filter(pk=run.pk, status=Run.Status.PENDING).update(
        status=Run.Status.RUNNING, started_at=timezone.now()
    )


class Chunk:
    """One turn at a range of rows."""

    def __init__(
        self, turn: Turn, run: Run, work: Work, pulse: Pulse, stopping: threading.Event
    ) -> None:
        self.turn, self.run, self.work, self.pulse, self.stopping = turn, run, work, pulse, stopping
        self.first, self.last = turn.arguments["first"], turn.arguments["last"]
        self.finished: list[Finished] = []
        self.n_saved = 0
        self.saved_at = self.looked_at = monotonic()
        self.status = Run.Status.RUNNING.value

    def carry_out(self) -> int:
        """Carry out the rows and save them; how many were saved."""
        rows = self._rows()
        try:
            if asks_servers(self.run.plan):
                self._ask(rows)
            else:
                self._decide(rows)
        finally:
            self.stopping.set()
        self._save()
        return self.n_saved

    def _rows(self) -> Iterator[Row]:
        """The pending rows, with the texts of their files where a check asks for them."""
        documents = Documents(self.turn.actor)
        for row in rows_of(self.run.pk, self.first, self.last):
            if row.attachments and wants_documents([*row.checks, *self.work.global_checks]):
                row.case = replace(row.case, documents=documents.of(row.attachments))
            yield row

    def _decide(self, rows: Iterator[Row]) -> None:
        """One row after the other: nothing waits for anybody."""
        for row in rows:
            self.finished.append(self.work.carry_out(row))
            if not self._goes_on():
                return

    def _ask(self, rows: Iterator[Row]) -> None:
        """Several rows at a time, a thread each; this thread alone reads and saves."""
        pks = [each["endpoint"] for each in endpoints_of(self.run.plan)]
        seen = ModelEndpoint.objects.visible_to(self.turn.actor).filter(pk__in=pks)
        with places_at(list(seen), self._waits) as n_threads:
            if n_threads:
                self._ask_at_once(rows, n_threads)

    def _waits(self) -> bool:
        """Keep the lease while all places are taken; whether to wait on."""
        self.pulse.tell(0, self.last - self.first + 1, "Waiting for the endpoint")
        return self._goes_on()

    def _ask_at_once(self, rows: Iterator[Row], n_threads: int) -> None:
        pool = ThreadPoolExecutor(n_threads, thread_name_prefix="run-row")
        asked: set[Future[Finished]] = set()
        try:
            while True:
                asked |= {
                    pool.submit(self.work.carry_out, row)
                    for row in some(rows, n_threads - len(asked), self.stopping)
                }
                if not asked:
                    return
                done, asked = wait(asked, timeout=SAVE_EVERY, return_when=FIRST_COMPLETED)
                self._take(done)
                if not self._goes_on():
                    self.stopping.set()
                if self.status not in Run.OPEN:
                    return  # nobody waits for answers that nobody wants
        finally:
            self.stopping.set()
            pool.shutdown(wait=False, cancel_futures=True)

    def _take(self, done: set[Future[Finished]]) -> None:
        for each in done:
            try:
                self.finished.append(each.result())
            except Stopped:
                continue  # the row stays pending

    def _goes_on(self) -> bool:
        """Save when there is enough or it is time; whether the run still goes on."""
        self.pulse.tell(self.n_saved + len(self.finished), self.last - self.first + 1)
        now = monotonic()
        is_due = len(self.finished) >= SAVED_AT_ONCE or now - self.saved_at >= SAVE_EVERY
        if self.finished and is_due:
            return self._save()
        if now - self.looked_at >= LOOK_EVERY:
            self.looked_at = now
            self.status = status_of(self.run.pk)
        return self.status in steering.GOING

    def _save(self) -> bool:
        """Save what is finished, once; nothing of a run that ended. Whether it still goes on."""
        self.saved_at = self.looked_at = monotonic()
        with transaction.atomic():
            self.turn.hold()
            self.status = status_of(self.run.pk, is_held=True)
            if self.status in Run.OPEN and self.finished:
                self.n_saved += save(self.run.pk, self.finished)
        self.finished = []
        return self.status in steering.GOING


def some(rows: Iterator[Row], n: int, stopping: threading.Event) -> Iterator[Row]:
    """The next rows, up to n; none once the run is to stop."""
    while n > 0 and not stopping.is_set() and (row := next(rows, None)):
        yield row
        n -= 1
