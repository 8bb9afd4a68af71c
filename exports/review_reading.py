"""Reading of reviews for a file: all of one moment's state, some lines at a time.

Lines leave the database as they go into the file. A page is a range of the run's rows, or of the
places in the queue; what is in it is found anew by the rules of who asks (review_scope.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import starmap
from typing import Any, NamedTuple, cast

import msgspec
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Max, Q

from exports import review_lab_statements as lab
from exports import review_statements as statements
from exports import review_table_statements as tables
from exports.formats.review_records import (
    LabItem,
    LabPage,
    LabReview,
    ReviewedCheck,
    ReviewedPage,
    ReviewedTest,
    SavedReview,
)
from exports.formats.run_records import RunBlock
from exports.review_lab_results import LabResults
from exports.review_lab_rows import ANSWERS, csv_rows
from exports.review_lab_statements import LabPlan, Rows
from exports.review_scope import ReviewScope
from exports.review_sql import constant, ids_of
from exports.review_suggestions import cells_of
from reviews.models import QueueItem

A_PAGE = 1_000


Rate = float | None
Rates = tuple[Rate, Rate, Rate, Rate]


class Unfinished(NamedTuple):
    """A block that the writer has still to lay out, while the next one is read."""

    table: str
    n_rows: int
    data: Callable[[], bytes]


Blocks = Iterator[list[RunBlock | Unfinished]]


def finished(blocks: Iterable[Any]) -> Iterator[Any]:
    """The same blocks, those that were not finished made so."""
    for block in blocks:
        if isinstance(block, Unfinished):
            yield RunBlock(block.table, block.n_rows, block.data())
        else:
            yield block


_decode = msgspec.json.decode


# --- pages ----------------------------------------------------------------------------------------


def ids(rows: Any, using: str) -> str:
    """The SELECT of a queryset's ids, `id` by name."""
    return _select(rows, using, {"id": "pk"}, "SELECT NULL::uuid WHERE false")


def held(rows: Any, using: str) -> str:
    """The SELECT of a queryset of reviews, with what the statements ask of them."""
    return _select(rows, using, statements.HELD, statements.NOTHING_HELD)


def _select(rows: Any, using: str, columns: dict[str, str], nothing: str) -> str:
    try:
        chosen = rows.order_by().values_list(*columns.values())
        sql, params = chosen.query.sql_with_params()
    except EmptyResultSet:
        return statements.named(nothing, columns)
    operations: Any = connections[using].ops
    return statements.named(operations.compose_sql(sql, params), columns)


def ranges(scope: ReviewScope, using: str) -> Iterator[tuple[int, int]]:
    """Ranges of order_index that hold the cases, one page each."""
    yield from _up_to(scope.cases().using(using).aggregate(last=Max("order_index"))["last"])


def _up_to(last: int | None) -> Iterator[tuple[int, int]]:
    for first in range(0, -1 if last is None else last + 1, A_PAGE):
        yield first, first + A_PAGE - 1


def places(scope: ReviewScope, using: str) -> Iterator[tuple[int, int]]:
    """Ranges of position that hold the queue's items: of a shuffled queue they are far apart."""
    rows = QueueItem.objects.visible_to(scope.actor).using(using).filter(queue=scope.queue)
    positions = rows.order_by("position").values_list("position", flat=True)
    first = None
    for n, position in enumerate(positions.iterator(chunk_size=10_000)):
        if n % A_PAGE == 0:
            if first is not None:
                yield first, position - 1
            first = position
    if first is not None:
        yield first, position


def copied(statement: str, using: str) -> list[bytes]:
    """The lines of a COPY; one line each, whatever line breaks its cells hold."""
    with connections[using].cursor() as cursor, cursor.copy(statement) as source:
        return [bytes(line) for line in source]


def all_of(statement: str, using: str) -> list[Any]:
    """The rows of a SELECT."""
    with connections[using].cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())


def lines_of(statement: str, using: str) -> list[str]:
    """The lines of a SELECT of one text: a third of the time that a COPY of them takes here."""
    return [f"{line}\n" for (line,) in all_of(statement, using)]


# --- human reviews --------------------------------------------------------------------------------


def human_pages(scope: ReviewScope, using: str) -> Iterator[list[ReviewedPage]]:
    """The completed reviews with their tests and checks."""
    for first, last in ranges(scope, using):
        rows = held(scope.completed().filter(_page(scope, first, last)), using)
        told = statements.human_reviews(rows, sees_run=scope.run is not None)
        reviews = list(starmap(SavedReview, all_of(told, using)))
        tests = ids_of({each.test_id for each in reviews})
        yield [
            ReviewedPage(
                reviews,
                list(starmap(ReviewedTest, all_of(statements.human_tests(tests), using))),
                list(starmap(ReviewedCheck, all_of(statements.human_checks(tests), using))),
            )
        ]


def rates(scope: ReviewScope, using: str) -> Rates:
    """Pass rate, flagged rate, agreement with the machine, agreement among reviewers."""
    if scope.queue is None or not scope.queue.reviews_auto_evals:
        return (None, None, None, None)
    statement = statements.rates(
        ids(scope.completed(), using), constant(scope.queue.pk), sees_run=scope.run is not None
    )
    (found,) = all_of(statement, using)
    return cast(Rates, found)


# --- the Lab session ------------------------------------------------------------------------------


def lab_blocks(scope: ReviewScope, plan: LabPlan, using: str) -> Blocks:
    """Three parts: the order of the cases, the cases, and what was said of each."""
    for part, statement in (("order", lab.order), ("cases", lab.cases)):
        yield [RunBlock(part, 0, b"")]
        for rows in _rows(scope, using):
            lines = lines_of(statement(plan, rows), using)
            yield [RunBlock(part, len(lines), "".join(lines).encode())]
    yield [RunBlock("results", 0, b"")]
    results = LabResults(plan.keys, suggests=plan.suggests, sees_run=plan.sees_run)
    for rows in _rows(scope, using):
        page = lab_page(plan, rows, using)
        yield [Unfinished("results", len(page.items), partial(_joined, results.lines, page))]


def lab_pairs(scope: ReviewScope, plan: LabPlan, using: str) -> Iterator[list[tuple[Any, Any]]]:
    """Each case with what was said of it, read: for files that people read."""
    results = LabResults(plan.keys, suggests=plan.suggests, sees_run=plan.sees_run)
    for rows in _rows(scope, using):
        told = [line.encode() for line in lines_of(lab.cases(plan, rows), using)]
        said = results.lines(lab_page(plan, rows, using))
        yield [(_value(case), _value(result)) for case, result in zip(told, said, strict=True)]


def lab_page(plan: LabPlan, rows: Rows, using: str) -> LabPage:
    """The cases of a page with what was said of them."""
    return LabPage(
        list(starmap(LabItem, all_of(lab.items(plan, rows), using))),
        list(starmap(LabReview, all_of(lab.reviews(plan, rows), using))),
        dict(all_of(lab.settled(rows), using)),
    )


def lab_lines(scope: ReviewScope, plan: LabPlan, using: str, *, is_safe: bool) -> Blocks:
    """The rows of the Lab's CSV."""
    for rows in _rows(scope, using):
        lines = copied(csv_rows(plan, rows, is_safe=is_safe), using)
        if plan.suggests:
            yield [Unfinished("cases", len(lines), partial(_joined, with_twins, lines))]
        else:
            yield [RunBlock("cases", len(lines), b"".join(lines))]


def _joined(lines_of: Callable[[Any], Iterable[bytes]], page: Any) -> bytes:
    return b"".join(lines_of(page))


@dataclass
class Page:
    """A page of a Lab session; of what it holds, only that is asked which a statement needs."""

    scope: ReviewScope
    using: str
    first: int
    last: int

    @cached_property
    def cases(self) -> str:
        of_page = self.scope.cases().filter(order_index__range=(self.first, self.last))
        return ids(of_page, self.using)

    @cached_property
    def reviews(self) -> str:
        return held(self.scope.reviews().filter(self._of_page), self.using)

    @cached_property
    def adjudications(self) -> str:
        return ids(self.scope.adjudications().filter(self._of_page), self.using)

    @property
    def _of_page(self) -> Q:
        return _page(self.scope, self.first, self.last)


def _rows(scope: ReviewScope, using: str) -> Iterator[Rows]:
    for first, last in ranges(scope, using):
        yield Page(scope, using, first, last)


def _page(scope: ReviewScope, first: int, last: int) -> Q:
    """What is of a page of the run's rows; the run is named so that its index answers."""
    row = "queue_item__run_item"
    return Q((f"{row}__run", scope.run_id), (f"{row}__order_index__range", (first, last)))


def _value(line: bytes) -> Any:
    """What stands behind the key of a line of an object."""
    (value,) = _decode(b"{" + line.strip().rstrip(b",") + b"}").values()
    return value


def with_twins(lines: list[bytes]) -> Iterator[bytes]:
    """The lines with suggested values behind them; first cells hold the texts, in hexadecimal."""
    for line in lines:
        texts, _, rest = line.partition(b",")
        if texts:
            status, prompt, response = _decode(bytes.fromhex(texts.decode()))
            yield b"%s,%s\n" % (rest[:-1], cells_of(prompt, response, status))
        else:
            yield rest[:-1] + b"," * len(ANSWERS) + b"\n"


# --- labels and tables ----------------------------------------------------------------------------


def label_blocks(scope: ReviewScope, using: str, *, is_json: bool, is_safe: bool = False) -> Blocks:
    """The behavioral labels, a block a page of the run's rows."""
    furthest = scope.labels().using(using).aggregate(last=Max("run_item__order_index"))["last"]
    for first, last in _up_to(furthest):
        rows = ids(scope.labels().filter(run_item__order_index__range=(first, last)), using)
        statement = (
            statements.label_objects(rows)
            if is_json
            else statements.label_cells(rows, is_safe=is_safe)
        )
        lines = copied(statement, using)
        yield [RunBlock("labels", len(lines), b"".join(lines))]


def table_blocks(scope: ReviewScope, using: str, *, is_safe: bool) -> Blocks:
    """The lines of the tables, one behind the other; each has a block, if an empty one."""
    pages = list(places(scope, using))
    is_reviewing = scope.is_reviewing
    for name in tables.TABLES:
        yield [RunBlock(name, 0, b"")]
        found = scope.adjudications() if name == "adjudications" else scope.reviews()
        for page in pages:
            rows = ids(found.filter(queue_item__position__range=page), using)
            statement = tables.table_rows(name, rows, is_reviewing=is_reviewing, is_safe=is_safe)
            lines = copied(statement, using)
            yield [RunBlock(name, len(lines), b"".join(lines))]
