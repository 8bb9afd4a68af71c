"""A run as plain tables in a ZIP: run, metrics, items and checks, each with one header.

pandas, Polars and DuckDB read them as they are. Members are stored, not compressed again; the same
rows give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

from exports.formats.records import ItemTally
from exports.formats.run_records import Rate, RunBlock, RunHead
from exports.formats.tables import Kinds, lines, write_archive

Row = dict[str, Any]
RUN: Kinds = {
    "run_id": "word",
    "test_suite_id": "word",
    "test_suite_title": "text",
    "name": "text",
    "status": "word",
    "error_message": "text",
    "error_analysis": "text",
    "completed_at": "time",
    "parameters": "json",
    "percent_of_checks_passed": "real",
    "amount_of_checks_passed": "int",
    "standard_deviation_for_checks_passed": "real",
    "percent_of_tests_passed": "real",
    "amount_of_tests_passed": "int",
    "standard_deviation_for_tests_passed": "real",
    "needs_review_percentage": "real",
}
METRICS: Kinds = {
    "group": "word",
    "name": "text",
    "criteria": "text",
    "category": "text",
    "evaluator": "text",
    "n": "int",
    "passed": "int",
    "fraction": "real",
    "standard_deviation": "real",
    "low": "int",
    "skipped": "int",
    "errors": "int",
}


def write(
    out: BinaryIO,
    head: RunHead,
    blocks: Iterable[RunBlock],
    kinds: dict[str, Kinds],
    tally: ItemTally,
    *,
    is_parquet: bool = False,
    is_safe: bool = False,
) -> Iterator[None]:
    """Writes the archive, a block a step; `kinds` are the columns of items and checks.

    `is_safe` is for CSV: a ' before what a spreadsheet would run, as the blocks have it.
    """
    small = (
        RunBlock("run", 0, lines([_run(head)], RUN, is_safe=is_safe)),
        RunBlock("metrics", 0, lines(_metrics(head), METRICS, is_safe=is_safe)),
    )
    kinds = {"run": RUN, "metrics": METRICS, **kinds}
    for name, n_rows in write_archive(out, chain(small, blocks), kinds, is_parquet=is_parquet):
        tally.n_rows += n_rows if name == "items" else 0
        yield


# --- the small tables -----------------------------------------------------------------------------


def _run(head: RunHead) -> Row:
    figures = head.figures
    return {
        "run_id": head.run_id,
        "test_suite_id": head.suite_id or None,
        "test_suite_title": head.suite_title or None,
        "name": head.name,
        "status": head.status,
        "error_message": head.error_message,
        "error_analysis": head.error_analysis,
        "completed_at": head.completed_at and f"{head.completed_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "parameters": head.parameters,
        "percent_of_checks_passed": figures.checks.fraction,
        "amount_of_checks_passed": figures.n_checks_passed,
        "standard_deviation_for_checks_passed": figures.checks.deviation,
        "percent_of_tests_passed": figures.tests.fraction,
        "amount_of_tests_passed": figures.n_tests_passed,
        "standard_deviation_for_tests_passed": figures.tests.deviation,
        "needs_review_percentage": figures.needs_review,
    }


def _metrics(head: RunHead) -> Iterator[Row]:
    """The whole, then each category, tag and check; a row says in `group` of what it is."""
    yield _metric("tests", {"name": "all"}, head.figures.tests)
    low = {"low": head.figures.n_low}
    yield _metric("checks", {"name": "all"} | low, head.figures.checks)
    for group in ("category", "tag"):
        for each in head.metrics.get(f"by_{group}", ()):
            yield _metric(group, {"name": each["name"]}, Rate(each["passed"], each["n"]))
    for each in head.metrics.get("by_check", ()):
        told = {name: each.get(name) for name in METRICS if name in each}
        yield _metric("check", told | {"name": each["operator"]}, Rate(each["passed"], each["n"]))


def _metric(group: str, told: Row, rate: Rate) -> Row:
    counted = {"n": rate.n, "passed": rate.n_passed, "fraction": rate.fraction}
    return told | {"group": group, "standard_deviation": rate.deviation} | counted
