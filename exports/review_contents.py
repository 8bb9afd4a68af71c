"""What a file of reviews is made of: what stands above, and its lines, of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evalplatform.scoping.actor import Actor
from exports import review_lab_reading as lab_reading
from exports import review_reading as reading
from exports.fetching import made
from exports.formats.records import ItemTally
from exports.formats.review_records import LabHead
from exports.reading_ahead import AtSnapshot, look_at_nothing, rows_ahead
from exports.review_agreement import agreement_rows
from exports.review_catalog import ReviewExportFormat, ReviewOptions
from exports.review_heads import human_head, lab_head, lab_plan
from exports.review_scope import ReviewScope

if TYPE_CHECKING:
    from exports.models import Export

# Of a Lab session the cases take longest to lay out, and the reviews to be read.
PAGES_AHEAD = 8


@dataclass
class ReviewFile:
    """What a format is given: what stands above, its lines, and whether they have suggestions."""

    head: Any
    rows: Iterator[Any]
    options: ReviewOptions
    suggests: bool
    tally: ItemTally = field(default_factory=ItemTally)


class ReviewContent:
    """Reviews of a run or a queue in a format of reviews, as far as their person may have them."""

    n_sessions = None
    at_snapshot: AtSnapshot = staticmethod(look_at_nothing)

    def __init__(self, export: Export, actor: Actor) -> None:
        assert isinstance(export.export_format, ReviewExportFormat)
        self.export = export
        self.format = export.export_format
        self.options = ReviewOptions.parse(export.options)
        self.scope = ReviewScope.of(actor, run=export.run, queue=export.queue)
        self.suggests = self.format.suggests
        if self.options.suggestions is not None:
            self.suggests = self.options.suggestions
        self.file: ReviewFile | None = None

    @property
    def n_rows(self) -> int:
        return self.file.tally.n_rows if self.file else 0

    def n_expected(self) -> int:
        return int(counted(self.format, self.scope).count())

    def n_in_database(self, using: str) -> int:
        return int(counted(self.format, self.scope).using(using).count())

    @contextmanager
    def pieces(self) -> Iterator[Iterator[str] | Iterator[bytes]]:
        with rows_ahead(self.read, self.at_snapshot, n_ahead=PAGES_AHEAD) as rows:
            lines = made(rows)
            self.file = ReviewFile(next(lines), lines, self.options, self.suggests)
            yield self.format.write(self.file)

    def read(self, using: str) -> Iterator[list[Any]]:
        """What stands above, then the lines of the same moment."""
        scope, is_safe = self.scope, self.options.spreadsheet_safe
        kind = self.format.rows
        if kind == "human":
            yield [human_head(scope, using)]
            yield from reading.human_pages(scope, using)
        elif kind == "tables":
            yield [agreement_rows(scope)]
            yield from reading.table_blocks(scope, using, is_safe=is_safe)
        elif kind in ("labels", "objects"):
            yield [None]
            is_json = kind == "objects"
            yield from reading.label_blocks(scope, using, is_json=is_json, is_safe=is_safe)
        else:
            yield from self.read_session(using)

    def read_session(self, using: str) -> Iterator[list[Any]]:
        """The Lab session."""
        asked = self.export
        head = lab_head(self.scope, using, asked_at=asked.created_at, asked_by=asked.exported_by)
        yield [head]
        plan = lab_plan(self.scope, using, suggests=self.suggests)
        if self.format.rows == "lab":
            yield from lab_reading.lab_blocks(self.scope, plan, using)
        elif self.format.rows == "pairs":
            yield from lab_reading.lab_pairs(self.scope, plan, using)
        else:
            is_safe = self.options.spreadsheet_safe
            yield from lab_reading.lab_lines(self.scope, plan, using, is_safe=is_safe)

    def facts(self) -> dict[str, Any]:
        assert self.file is not None
        run, queue = self.scope.run, self.scope.queue
        told: dict[str, Any] = {
            "rows": self.n_rows,
            "rowsAre": self.format.row_name,
            "ownReviewsOnly": self.scope.is_own_only,
            "run": run and {"id": str(run.pk), "name": run.title, "status": run.status},
            "queue": queue and about(queue),
        }
        if isinstance(self.file.head, LabHead):
            told["suspiciousNulls"] = self.file.head.n_suspicious
        return told


def about(queue: Any) -> dict[str, Any]:
    """The queue and the version of the rubric that it asks."""
    version = queue.rubric_version
    return {
        "id": str(queue.pk),
        "name": queue.name,
        "status": queue.status,
        "isFinalized": queue.is_finalized,
        "rubric": {
            "id": str(version.rubric_id),
            "name": version.rubric.name,
            "version": version.number,
        },
    }


def counted(export_format: ReviewExportFormat, scope: ReviewScope) -> Any:
    """The rows that the file will have, to count."""
    if export_format.rows == "human":
        return scope.completed()
    if export_format.rows == "tables":
        return scope.reviews()
    return scope.labels() if export_format.rows in ("labels", "objects") else scope.cases()
