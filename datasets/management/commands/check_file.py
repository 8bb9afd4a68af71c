"""`manage.py check_file FILE`: the dry run of an import, without a database."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from datasets.formats.catalog import FORMATS, ITEM_FORMATS
from datasets.formats.records import RowError, RowWarning, row_error
from datasets.formats.report import Report, check


class Command(BaseCommand):
    """Prints what the file holds and what is wrong with it; leaves with 1 when it is refused."""

    help = (
        "Checks a file of conversations or items: what would be taken, and what is wrong with it."
    )
    requires_system_checks = []  # works where no database is

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="the file to check")
        parser.add_argument(
            "--format",
            default="",
            metavar="FORMAT",
            help=f"one of {', '.join([*FORMATS, *ITEM_FORMATS])}; else guessed",
        )
        parser.add_argument("--source", default="", help="the source of sessions that name none")
        parser.add_argument("--json", action="store_true", help="print the report as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        report = checked(Path(options["file"]), options["format"], options["source"])
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
        else:
            self.stdout.write(_showable("\n".join(lines(report, is_guessed=not options["format"]))))
        if not report.is_ok:
            sys.exit(1)


def checked(path: Path, format_slug: str, source: str) -> Report:
    """The report on a file, also on one that cannot be opened."""
    try:
        with path.open("rb") as stream:
            return check(stream, path.name, format_slug=format_slug, source=source)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        message = f"The file cannot be read: {why}. Name a file that exists and is readable."
        return Report(format=format_slug, errors=[row_error(None, "", message, str(path))])


def lines(report: Report, *, is_guessed: bool) -> list[str]:
    """The report for people."""
    verdict = "The file can be taken." if report.is_ok else "The file is refused."
    texts = [f"{verdict} It holds {_held(report)}."]
    known = FORMATS.get(report.format) or ITEM_FORMATS.get(report.format)
    if known:
        how = " (guessed from the file)" if is_guessed else ""
        texts.append(f"Format: {known.label}, {known.slug}{how}")
    texts += _listed("error", report.errors, report.n_more_errors)
    texts += _listed("warning", report.warnings, report.n_more_warnings)
    return texts


def _held(report: Report) -> str:
    """The counts in words; the first are those that were good."""
    names = {key: key.replace("_", " ").removesuffix("s") for key in report.counts}
    (first, n_first), *others = report.counts.items()
    good = _n(n_first, f"good {names[first]}")
    return ", ".join([good, *(_n(count, names[key]) for key, count in others)])


def _listed(what: str, found: list[RowError] | list[RowWarning], n_more: int) -> list[str]:
    texts = [f"\n{_n(len(found) + n_more, what)}:"] if found else []
    texts += [f"  {_place(each)}{each.message}{_value(each)}" for each in found]
    return texts + ([f"  and {n_more} more"] if n_more else [])


def _place(found: RowError | RowWarning) -> str:
    row = "" if found.row is None else f"row {found.row}"
    place = ", ".join(part for part in (row, found.column) if part)
    return f"{place}: " if place else ""


def _value(found: RowError | RowWarning) -> str:
    value = getattr(found, "value", "")
    return f" Found: {' '.join(value.split())}" if value else ""


def _n(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def _showable(text: str) -> str:
    """The text as the terminal can show it; what it cannot is escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
