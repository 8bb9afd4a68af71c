"""What a format is given to write, and what it says it has written."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple


class ExportMessage(NamedTuple):
    """One message; role is user, assistant, system, tool or unknown."""

    role: str
    content: str


class ExportSession(NamedTuple):
    """One conversation with its label, messages in their stored order.

    Named tuples, not dataclasses: an export makes one per message, and these cost a third.
    """

    id: str
    title: str
    source: str
    model: str
    project: str
    started_at: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: Decimal | None
    duration_ms: int | None
    tags: tuple[str, ...]
    eval_status: str | None
    label_tags: tuple[str, ...]
    expected_output: str | None
    messages: tuple[ExportMessage, ...]

    @property
    def all_tags(self) -> tuple[str, ...]:
        """The session's own tags, then the label's, each once."""
        return tuple(dict.fromkeys(self.tags + self.label_tags))


@dataclass
class Tally:
    """Counts of one file, right once the writer's iterator is spent."""

    n_sessions: int = 0
    n_skipped: int = 0
    n_test_cases: int = 0

    def count_session(self, n_test_cases: int) -> None:
        """Count a session that is in the file."""
        self.n_sessions += 1
        self.n_test_cases += n_test_cases

    def count_skipped(self) -> None:
        """Count a session that had nothing to contribute."""
        self.n_skipped += 1


@dataclass
class ItemTally:
    """Counts of one file of dataset items, right once the writer's iterator is spent.

    `skipped` says how many items are not in the file, by the reason as a person reads it.
    """

    n_rows: int = 0
    skipped: dict[str, int] = field(default_factory=dict)

    @property
    def n_skipped(self) -> int:
        """How many items are not in the file."""
        return sum(self.skipped.values())

    def count_row(self) -> None:
        """Count an item that is in the file."""
        self.n_rows += 1

    def count_skipped(self, reason: str) -> None:
        """Count an item that the format cannot hold."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1
