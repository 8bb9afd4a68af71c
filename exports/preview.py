"""What a file would hold, counted without reading a message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from exports.catalog import ExportFormat
from exports.formats.options import ExportOptions, TurnMode

MANY = 1_000


@dataclass(frozen=True)
class Counts:
    """Of the sessions that were selected; a pair is a user message with its reply."""

    n_sessions: int
    n_with_messages: int
    n_with_pairs: int
    n_pairs: int
    n_models: int
    n_without_model: int

    @property
    def n_without_messages(self) -> int:
        return self.n_sessions - self.n_with_messages

    def expected_sessions(self, export_format: ExportFormat) -> int:
        """Return how many sessions have something for this format."""
        return self.n_with_pairs if export_format.holds_test_cases else self.n_with_messages

    def expected_test_cases(self, export_format: ExportFormat, options: ExportOptions) -> int:
        """Return the number of pairs, or one a session where turns are not kept apart."""
        if export_format.holds_test_cases and options.turn_mode is not TurnMode.PER_TURN:
            return self.n_with_pairs
        return self.n_pairs

    def expected_rows(self, export_format: ExportFormat, options: ExportOptions) -> int:
        """Return how many rows the file will have, at most; options may cut some away."""
        if export_format.holds_test_cases:
            return self.expected_test_cases(export_format, options)
        return self.n_with_messages


def count(rows: Any) -> Counts:
    """Count selected sessions in one query."""
    return Counts(
        **rows.aggregate(
            n_sessions=Count("pk"),
            n_with_messages=Count("pk", filter=Q(n_messages__gt=0)),
            n_with_pairs=Count("pk", filter=Q(n_pairs__gt=0)),
            n_pairs=Coalesce(Sum("n_pairs"), 0),
            n_models=Count("model", distinct=True, filter=~Q(model="")),
            n_without_model=Count("pk", filter=Q(model="")),
        )
    )
