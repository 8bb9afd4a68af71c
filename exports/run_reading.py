"""Reading of a run for a file: its head, then its rows with their checks, page by page.

All is one moment's state, so the figures of the head are those of the rows that follow. Rows that
wait are left out: of a run that goes on, the file holds what is done.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connections
from django.db.models import Count, Max, Q, Sum
from django.db.models.functions import Coalesce

from evalplatform.scoping.actor import Actor
from exports.formats.run_json import test_object
from exports.formats.run_records import (
    Figures,
    RunBlock,
    RunHead,
    RunLines,
    StoredTest,
    TestsText,
)
from exports.formats.stored_items import LineBlock
from exports.run_csv_statement import LineStatements
from exports.run_json_statement import PAGE, PARTS
from exports.run_statements import RunStatements
from runs.models import Run, RunItem

A_PAGE = 1_000
_PASSED_OR_NOT = Q(is_passed__isnull=False) | Q(status=RunItem.Status.ERROR)
_MARKED = b"t"
_COMMA, _QUOTE = b',"'
Told = dict[str, Any]


def read_head(pk: Any, actor: Actor, using: str) -> RunHead:
    """The run as the actor sees it; DoesNotExist when it is not visible any more."""
    run = Run.objects.visible_to(actor).using(using).select_related("dataset").get(pk=pk)
    return RunHead(
        run_id=str(run.pk),
        suite_id=str(run.dataset_id) if run.dataset_id else "",
        suite_title=run.dataset.name if run.dataset else "",
        name=run.title,
        status=run.status,
        error_message=run.error_message,
        error_analysis=run.error_analysis,
        completed_at=run.completed_at,
        parameters=run.parameters,
        figures=_figures(run, actor, using),
        metrics=run.metrics or {},
    )


def finished_rows(run: Any, actor: Actor) -> Any:
    """The rows of a run that a file of it holds."""
    rows = RunItem.objects.visible_to(actor).filter(run=run)
    return rows.exclude(status=RunItem.Status.PENDING)


def _figures(run: Any, actor: Actor, using: str) -> Figures:
    sums = {
        "n_checks": "n_checks",
        "n_checks_passed": "n_passed",
        "n_done": "n_done",
        "n_low": "n_low",
    }
    counted = finished_rows(run, actor).using(using).aggregate(
        **{name: Coalesce(Sum(column), 0) for name, column in sums.items()},
        n_tests=Count("pk", filter=_PASSED_OR_NOT),
        n_tests_passed=Count("pk", filter=Q(is_passed=True)),
    )  # fmt: skip
    return Figures(**counted)


def read_tests(pk: Any, using: str) -> Iterator[list[TestsText]]:
    """The rows of a run that was visible in the same snapshot, in order, as JSON."""
    for told in _ranges(pk, using):
        ((text, n_tests),) = _fetched(PAGE, told, using)
        if text is None and n_tests:
            parts = [StoredTest._make(row) for row in _fetched(PARTS, told, using)]
            text = ",".join(map(test_object, parts))
        yield [TestsText(n_tests, text or "")]


def read_lines(
    pk: Any, statements: LineStatements, using: str
) -> Iterator[list[LineBlock | RunLines]]:
    """The same as lines of a CSV, or where SQL cannot write a page whole, as cells of it."""
    is_whole = True
    for told in _ranges(pk, using):
        page = _whole_lines(statements, told, using) if is_whole else None
        yield [page or _apart(statements, told, using)]
        is_whole = page is not None  # lists are in neighbouring pages, or in none


def _whole_lines(statements: LineStatements, told: Told, using: str) -> LineBlock | None:
    """The lines of a page; None when it has a list that goes down."""
    lines, n_tests = [], 0
    for line in _copied(statements.whole, told, using):
        if line[0] == _COMMA:
            n_tests += 1
            lines.append(line[1:])
        elif line[0] == _QUOTE:
            lines.append(line[3:])
        else:
            return None
    return LineBlock(n_tests, b"".join(lines))


def _apart(statements: LineStatements, told: Told, using: str) -> RunLines:
    page = RunLines([], {}, {}, {})
    marks = set()
    for line in _copied(statements.tests, told, using):
        marks.add(line[:1])
        page.tests.append(line[2:-1])
    if _MARKED in marks:
        for id_, *lists in _fetched(statements.lists, told, using):
            page.lists[id_.encode()] = (lists[0], lists[1], lists[2])
    marks = set()
    for line in _copied(statements.checks, told, using):
        marks.add(line[:1])
        page.checks.setdefault(line[2:38], []).append(line[39:-1])
    if _MARKED in marks:
        for id_, examples, n in _fetched(statements.examples, told, using):
            page.examples.setdefault(id_.encode(), {})[n] = examples
    return page


def _fetched(statement: str, told: Told, using: str) -> list[Any]:
    with connections[using].cursor() as cursor:
        cursor.execute(statement, told)
        return list(cursor.fetchall())


def read_blocks(pk: Any, statements: RunStatements, using: str) -> Iterator[list[RunBlock]]:
    """The same as lines of two tables, one behind the other; each has a block, if an empty one."""
    for table, statement in (("items", statements.items), ("checks", statements.checks)):
        yield [RunBlock(table, 0, b"")]
        for told in _ranges(pk, using):
            lines = _copied(statement, told, using)
            yield [RunBlock(table, len(lines), b"".join(lines))]


def _ranges(pk: Any, using: str) -> Iterator[Told]:
    """Ranges of order_index that hold the rows, one page each."""
    rows = RunItem.all_rows.using(using).filter(run=pk)
    last = rows.aggregate(last=Max("order_index"))["last"]
    for first in range(0, -1 if last is None else last + 1, A_PAGE):
        yield {"run": pk, "first": first, "last": first + A_PAGE - 1}


def _copied(statement: str, told: Told, using: str) -> list[bytes]:
    """The lines of a COPY; one line each, whatever line breaks its cells hold."""
    with connections[using].cursor() as cursor, cursor.copy(statement, told) as source:
        return [bytes(line) for line in source]
