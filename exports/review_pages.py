"""Pages of a file of reviews: ranges of a run or a queue, and the SELECTs of what is in one.

What is in a page is found anew by the rules of who asks (review_scope.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import Max, Q

from exports import review_statements as statements
from exports.review_scope import ReviewScope
from reviews.models import QueueItem

A_PAGE = 1_000
ROW = "queue_item__run_item"


def ids(rows: Any, using: str) -> str:
    """The SELECT of a queryset's ids, `id` by name."""
    return _select(rows, using, {"id": "pk"}, "SELECT NULL::uuid WHERE false")


def held(rows: Any, using: str) -> str:
    """The SELECT of a queryset of reviews, with what the statements ask of them."""
    return _select(rows, using, statements.HELD, statements.NOTHING_HELD)


def _placed(rows: Any, using: str, order_index: str) -> str:
    """The SELECT of a queryset's ids with their places in the run."""
    nothing = "SELECT NULL::uuid, NULL::int WHERE false"
    return _select(rows, using, {"id": "pk", "order_index": order_index}, nothing)


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
    yield from up_to(scope.cases().using(using).aggregate(last=Max("order_index"))["last"])


def up_to(last: int | None) -> Iterator[tuple[int, int]]:
    """Ranges of so many each that reach the last."""
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


class Selects:
    """The SELECTs of what a file may hold of a run; each is put together once, if asked for."""

    def __init__(self, scope: ReviewScope, using: str) -> None:
        self.scope = scope
        self.using = using

    def pages(self) -> Iterator[Page]:
        """The pages that hold the cases."""
        for first, last in ranges(self.scope, self.using):
            yield Page(self, first, last)

    @cached_property
    def cases(self) -> str:
        return _placed(self.scope.cases(), self.using, "order_index")

    @cached_property
    def reviews(self) -> str:
        return held(self.scope.reviews().filter(self._of_run), self.using)

    @cached_property
    def completed(self) -> str:
        return held(self.scope.completed().filter(self._of_run), self.using)

    @cached_property
    def adjudications(self) -> str:
        rows = self.scope.adjudications().filter(self._of_run)
        return _placed(rows, self.using, f"{ROW}__order_index")

    @property
    def _of_run(self) -> Q:
        """Named so that the index of its rows answers."""
        return Q((f"{ROW}__run", self.scope.run_id))


@dataclass(frozen=True)
class Page:
    """A range of the run's rows, and the SELECTs of what is in it."""

    selects: Selects
    first: int
    last: int

    @property
    def cases(self) -> str:
        return f"SELECT id FROM ({self._only(self.selects.cases)}) page"  # noqa: S608

    @property
    def reviews(self) -> str:
        return self._only(self.selects.reviews)

    @property
    def completed(self) -> str:
        return self._only(self.selects.completed)

    @property
    def adjudications(self) -> str:
        return f"SELECT id FROM ({self._only(self.selects.adjudications)}) page"  # noqa: S608

    def _only(self, select: str) -> str:
        return f"{select} WHERE found.order_index BETWEEN {self.first} AND {self.last}"
