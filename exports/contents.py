"""What a file is about: sessions that were selected, a version of a dataset, a run, reviews."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from evalplatform.scoping.actor import Actor
from exports.catalog import ExportFormat
from exports.formats.records import Tally
from exports.item_contents import ItemsContent
from exports.models import Export
from exports.preview import count
from exports.reading_ahead import AtSnapshot, look_at_nothing, sessions_ahead
from exports.review_catalog import REVIEW_FORMATS
from exports.review_contents import ReviewContent
from exports.run_contents import RunContent


class Content(Protocol):
    """One file on its way: how much it will be and is, its pieces, and what to say of it.

    `at_snapshot` is asked of the snapshot that the pieces are of, before them.
    """

    at_snapshot: AtSnapshot

    @property
    def n_rows(self) -> int:
        """How many rows are written."""

    @property
    def n_sessions(self) -> int | None:
        """How many sessions those are of; None where the file is not about sessions."""

    def n_expected(self) -> int:
        """How many rows there will be, at most."""

    def n_in_database(self, using: str) -> int:
        """How many of what its facts count the database has, in the snapshot of a connection."""

    def pieces(self) -> AbstractContextManager[Iterable[str] | Iterable[bytes]]:
        """The file in pieces, all of one snapshot."""

    def facts(self) -> dict[str, Any]:
        """What the manifest says of it, once all pieces are written."""


def content_of(export: Export, actor: Actor) -> Content:
    """The content of an export, as its person sees it now."""
    if export.dataset_id is not None:
        return ItemsContent(export, actor)
    if export.format in REVIEW_FORMATS:
        return ReviewContent(export, actor)
    if export.run_id is not None:
        return RunContent(export, actor)
    return SessionsContent(export, actor)


class SessionsContent:
    """Selected sessions in a format of sessions; rows are its test cases or conversations."""

    at_snapshot: AtSnapshot = staticmethod(look_at_nothing)

    def __init__(self, export: Export, actor: Actor) -> None:
        self.export = export
        self.actor = actor
        self.tally = Tally()
        assert isinstance(export.export_format, ExportFormat)
        self.format = export.export_format

    @property
    def n_rows(self) -> int:
        return self.format.count_rows(self.tally)

    @property
    def n_sessions(self) -> int:
        return self.tally.n_sessions

    def n_expected(self) -> int:
        counts = count(self.export.selection.limited_rows(self.actor))
        return counts.expected_rows(self.format, self.export.parsed_options)

    def n_in_database(self, using: str) -> int:
        return count(self.export.selection.limited_rows(self.actor).using(using)).n_sessions

    @contextmanager
    def pieces(self) -> Iterator[Iterator[str]]:
        selection = self.export.selection
        rows = selection.rows(self.actor)
        with sessions_ahead(rows, limit=selection.limit, first=self.at_snapshot) as sessions:
            yield self.format.write(sessions, self.export.parsed_options, self.tally)

    def facts(self) -> dict[str, Any]:
        filters = self.export.filters
        return {
            "rows": self.n_rows,
            "rowsAre": self.format.row_name,
            "sessions": self.tally.n_sessions,
            "sessionsSkipped": self.tally.n_skipped,
            "testCases": self.tally.n_test_cases,
            "filters": filters.get("filters", {}),
            "sessionIds": filters.get("sessionIds"),
            "limit": filters.get("limit"),
        }
