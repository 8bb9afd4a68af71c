"""`manage.py agreement FILE.csv`: how far raters agree, of any table, without a database."""

from __future__ import annotations

import csv
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from datasets.formats.records import RowError
from reviews.agreement.long_csv import (
    EMPTY_SET,
    LEVELS,
    Columns,
    LongTable,
    RefusedError,
    read,
    set_name,
)
from reviews.agreement.quantity import Quantity
from reviews.agreement.report import Report, report


class Command(BaseCommand):
    """Prints every number of agreement; leaves with 1 and the rows when the table is refused."""

    help = (
        "Computes agreement of ratings in long form: one row a rating, with unit, rater and value. "
        f'An empty value is missing; labels of a set are separated by "|", no label is {EMPTY_SET}.'
    )
    requires_system_checks: list[str] = []  # works where no database is

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--level", required=True, choices=LEVELS)
        parser.add_argument(
            "--values", default="", help="the declared values in order, separated by commas"
        )
        for name in ("unit", "rater", "value"):
            said = f'the column of the {name}, default "{name}"'
            parser.add_argument(f"--{name}", default=name, metavar="COLUMN", help=said)
        parser.add_argument("--json", action="store_true", help="print full precision as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        columns = Columns(options["unit"], options["rater"], options["value"])
        table = _read(options["file"], options["level"], columns, _declared(options["values"]))
        found = report(table)
        if options["json"]:
            self.stdout.write(json.dumps(found.as_json(), indent=2, allow_nan=False))
        else:
            self.stdout.write(_showable("\n".join(_lines(table, found))))


def _declared(text: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([text]))] if text else []


def _read(path: Path, level: str, columns: Columns, declared: list[str]) -> LongTable:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            return read(lines, level, columns, declared)
    except OSError as error:
        why = f"{path} cannot be read: {error.strerror}. Name a file that exists and is readable."
        raise CommandError(why) from error
    except RefusedError as refused:
        told = [_told(error) for error in refused.errors]
        told += [f"and {refused.n_more} more"] if refused.n_more else []
        raise CommandError(_showable("\n  ".join([f"{path} is refused:", *told]))) from refused


def _told(error: RowError) -> str:
    row = "" if error.row is None else f"row {error.row}"
    place = ", ".join(part for part in (row, error.column) if part)
    found = f" Found: {' '.join(error.value.split())}" if error.value else ""
    return f"{place}: {error.message}{found}" if place else f"{error.message}{found}"


def _lines(table: LongTable, found: Report) -> list[str]:
    """The report for people: every quantity in one table, then the warnings."""
    n_raters = len(table.raters)
    values = ", ".join(table.values[:20]) + (", ..." if len(table.values) > 20 else "")
    how = "declared" if table.is_declared else "as seen; declare them with --values"
    width = max(map(len, found.quantities))
    texts = [
        f"{found.n_ratings} ratings of {found.n_units} units by {n_raters} raters; "
        f"{found.n_pairable_units} units were rated twice or more.",
        f"Level: {table.level}. {len(table.values)} values ({how}): {values or set_name(())}",
        "",
        f"{'quantity':<{width}}  {'value':>9}  {'95 % interval':>20}  {'n':>7}",
    ]
    texts += [f"{key:<{width}}  {_shown(each)}" for key, each in found.quantities.items()]
    if found.warnings:
        texts += ["", "Warnings:"]
        texts += [f"  {each.code}: {each.message}" for each in found.warnings]
    return texts


def _shown(quantity: Quantity) -> str:
    if quantity.value is None:
        return f"{'-':>9}  {quantity.reason}"
    between = ""
    if quantity.ci_low is not None and quantity.ci_high is not None:
        between = f"{quantity.ci_low:.4f} to {quantity.ci_high:.4f}"
    return f"{quantity.value:>9.4f}  {between:>20}  {quantity.n:>7}"


def _showable(text: str) -> str:
    """The text as the terminal can show it; what it cannot is escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
