"""What the writers of suites take and count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from datasets.formats.items import CheckRecord, ItemRecord
from datasets.formats.suite_context import loses_type


class SuiteHead(NamedTuple):
    """What a suite is besides its tests."""

    title: str = ""
    description: str = ""
    global_checks: tuple[CheckRecord, ...] = ()


@dataclass
class SuiteTally:
    """What a suite file came to hold, and what it could not hold."""

    n_items: int = 0
    n_checks: int = 0
    n_global_checks: int = 0
    n_without_input: int = 0  # left out: a test of a suite has an input
    n_untyped_values: int = 0  # context values that come back as text

    def takes(self, item: ItemRecord) -> bool:
        """Counts the item; False when a suite cannot hold it."""
        if not item.input.strip():
            self.n_without_input += 1
            return False
        self.n_items += 1
        self.n_checks += len(item.checks)
        return True

    def count_untyped(self, item: ItemRecord) -> None:
        """Counts context values of which a CSV keeps the text alone."""
        self.n_untyped_values += sum(map(loses_type, item.context.values()))
