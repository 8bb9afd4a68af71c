"""Reading of reviews for a file: all of one moment's state, some lines at a time.

Lines leave the database as they go into the file, or rows that who writes the file lays out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import cast

from django.db.models import Max

from exports import review_statements as statements
from exports import review_table_statements as tables
from exports.fetching import Fetched, copied
from exports.formats.review_records import (
    ReviewedCheck,
    ReviewedPage,
    ReviewedTest,
    SavedReview,
)
from exports.formats.run_records import RunBlock
from exports.review_pages import Selects, ids, places, up_to
from exports.review_scope import ReviewScope
from exports.review_sql import constant, ids_of

Rate = float | None
Rates = tuple[Rate, Rate, Rate, Rate]


# --- human reviews --------------------------------------------------------------------------------


def human_pages(scope: ReviewScope, using: str) -> Iterator[list[Callable[[], ReviewedPage]]]:
    """The completed reviews with their tests and checks."""
    for page in Selects(scope, using).pages():
        told = statements.human_reviews(page.completed, sees_run=scope.run is not None)
        reviews = Fetched.of(told, using)
        tests = ids_of(reviews.ids(statements.TEST))
        yield [
            partial(
                _reviewed,
                reviews,
                Fetched.of(statements.human_tests(tests), using),
                Fetched.of(statements.human_checks(tests), using),
            )
        ]


def _reviewed(reviews: Fetched, tests: Fetched, checks: Fetched) -> ReviewedPage:
    return ReviewedPage(
        list(reviews.rows(SavedReview)), tests.rows(ReviewedTest), checks.rows(ReviewedCheck)
    )


def rates(scope: ReviewScope, using: str) -> Rates:
    """Pass rate, flagged rate, agreement with the machine, agreement among reviewers."""
    if scope.queue is None or not scope.queue.reviews_auto_evals:
        return (None, None, None, None)
    statement = statements.rates(
        ids(scope.completed(), using), constant(scope.queue.pk), sees_run=scope.run is not None
    )
    (found,) = Fetched.of(statement, using).tuples()
    return cast(Rates, found)


# --- labels and tables ----------------------------------------------------------------------------


def label_blocks(
    scope: ReviewScope, using: str, *, is_json: bool, is_safe: bool = False
) -> Iterator[list[RunBlock]]:
    """The behavioral labels, a block a page of the run's rows."""
    furthest = scope.labels().using(using).aggregate(last=Max("run_item__order_index"))["last"]
    for first, last in up_to(furthest):
        rows = ids(scope.labels().filter(run_item__order_index__range=(first, last)), using)
        statement = (
            statements.label_objects(rows)
            if is_json
            else statements.label_cells(rows, is_safe=is_safe)
        )
        lines = copied(statement, using)
        yield [RunBlock("labels", len(lines), b"".join(lines))]


def table_blocks(scope: ReviewScope, using: str, *, is_safe: bool) -> Iterator[list[RunBlock]]:
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
