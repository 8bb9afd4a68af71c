"""What a file of a run is made of: its head, and its rows with their checks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalplatform.scoping.actor import Actor
from exports.formats.records import ItemTally
from exports.formats.run_records import RunHead
from exports.reading_ahead import AtSnapshot, look_at_nothing, rows_ahead
from exports.run_catalog import RunExportFormat, RunOptions
from exports.run_reading import finished_rows, read_head
from runs.models import Run

if TYPE_CHECKING:
    from exports.models import Export

STILL_RUNNING = (
    "The run was still running: rows that waited are left out, and figures by category, tag and "
    "check are not there yet."
)


@dataclass
class RunFile:
    """What a format is given: the head, and what its own `read` gave of the rows."""

    head: RunHead
    rows: Iterator[Any]
    options: RunOptions
    tally: ItemTally = field(default_factory=ItemTally)


class RunContent:
    """A run in a format of runs; rows are its test results, those that wait left out."""

    n_sessions = None
    at_snapshot: AtSnapshot = staticmethod(look_at_nothing)

    def __init__(self, export: Export, actor: Actor) -> None:
        assert export.run is not None
        assert isinstance(export.export_format, RunExportFormat)
        self.run = export.run
        self.format = export.export_format
        self.options = RunOptions.parse(export.options)
        self.actor = actor
        self.file: RunFile | None = None

    @property
    def n_rows(self) -> int:
        return self.file.tally.n_rows if self.file else 0

    def n_expected(self) -> int:
        return int(finished_rows(self.run, self.actor).count())

    def n_in_database(self, using: str) -> int:
        return int(finished_rows(self.run, self.actor).using(using).count())

    @contextmanager
    def pieces(self) -> Iterator[Iterator[str] | Iterator[bytes]]:
        with rows_ahead(self.read, self.at_snapshot) as rows:
            self.file = RunFile(next(rows), rows, self.options)
            yield self.format.write(self.file)

    def read(self, using: str) -> Iterator[list[Any]]:
        """The head, then the rows of the same moment."""
        yield [read_head(self.run.pk, self.actor, using)]
        yield from self.format.read(self.run.pk, self.options, using)

    def facts(self) -> dict[str, Any]:
        assert self.file is not None
        head = self.file.head
        told = {"id": head.run_id, "name": head.name, "status": head.status}
        if head.status in Run.OPEN:
            told["remark"] = STILL_RUNNING
        return {"rows": self.n_rows, "rowsAre": self.format.row_name, "run": told}
