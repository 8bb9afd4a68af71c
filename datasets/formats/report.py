"""The dry run of a file: what it holds and all that is wrong with it, without a database."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from datasets.formats import catalog
from datasets.formats.catalog import ITEM_FORMATS, FormatNotKnown
from datasets.formats.items import (
    AttachmentRecord,
    FieldCoverage,
    GlobalCheck,
    Item,
    ItemFinding,
    SuiteTitle,
)
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError, RowWarning, SessionRecord, row_error

MAX_LISTED = 100


@dataclass
class Report:
    """Counts, the first 100 errors and warnings, and how many more there are."""

    format: str = ""
    n_sessions: int = 0
    n_messages: int = 0
    n_items: int = 0
    n_checks: int = 0
    n_global_checks: int = 0
    n_attachments: int = 0
    errors: list[RowError] = field(default_factory=list)
    n_more_errors: int = 0
    warnings: list[RowWarning] = field(default_factory=list)
    n_more_warnings: int = 0

    @property
    def is_ok(self) -> bool:
        """Whether the file can be taken as it is."""
        return not self.errors

    def add_finding(self, found: RowError | RowWarning) -> None:
        """Lists an error or a warning, or counts it when the list is full."""
        if isinstance(found, RowError):
            if len(self.errors) < MAX_LISTED:
                self.errors.append(found)
            else:
                self.n_more_errors += 1
        elif len(self.warnings) < MAX_LISTED:
            self.warnings.append(found)
        else:
            self.n_more_warnings += 1

    def add(self, found: tuple[int, SessionRecord] | ItemFinding) -> None:
        """Takes in whatever a reader yields."""
        if isinstance(found, Item):
            self.n_items += 1
            self.n_checks += len(found.record.checks)
        elif isinstance(found, GlobalCheck):
            self.n_global_checks += 1
        elif isinstance(found, AttachmentRecord):
            self.n_attachments += 1
        elif isinstance(found, SuiteTitle | FieldCoverage):
            return
        elif isinstance(found, tuple):
            self.n_sessions += 1
            self.n_messages += len(found[1].messages)
        else:
            self.add_finding(found)

    @property
    def counts(self) -> dict[str, int]:
        """What is good in the file, by the names that its kind of format has."""
        if self.format not in ITEM_FORMATS:
            return {"sessions": self.n_sessions, "messages": self.n_messages}
        return {
            "items": self.n_items,
            "checks": self.n_checks,
            "global_checks": self.n_global_checks,
            "attachments": self.n_attachments,
        }

    def as_json(self) -> dict[str, Any]:
        """The report under the keys of the contract."""
        return {
            "format": self.format or None,
            "ok": self.is_ok,
            "counts": self.counts,
            "errors": [asdict(error) for error in self.errors],
            "n_more_errors": self.n_more_errors,
            "warnings": [asdict(warning) for warning in self.warnings],
        }


def check(stream: BinaryIO, file_name: str, *, format_slug: str = "", source: str = "") -> Report:
    """Reads the whole file and says what would be taken and what is wrong."""
    report = Report(format=format_slug)
    if not stream.read(1):
        message = "The file is empty. Choose a file that holds conversations or items."
        report.add(row_error(None, "", message))
        return report
    stream.seek(0)
    try:
        report.format = format_slug or catalog.guess_any(stream, file_name)
        reading = _reading(stream, report.format, source)
    except FormatNotKnown as error:
        report.add(row_error(None, "", str(error)))
        return report
    for found in reading:
        report.add(found)
    return report


def _reading(stream: BinaryIO, slug: str, source: str) -> Iterable[Any]:
    if slug in ITEM_FORMATS:
        return ITEM_FORMATS[slug].read(stream, options=ReadOptions())
    return catalog.named(slug).read(stream, source=source)
