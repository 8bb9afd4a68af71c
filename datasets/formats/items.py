"""What readers of datasets and suites yield, and what their writers take: items, checks, files.

No database here. An item says which of its fields the file gave (`said`), so that an update changes
those alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from datasets.formats.records import RowError, RowWarning

# The fields of an item that a file may give; an item's versions differ in these.
FIELDS = (
    "input",
    "output",
    "expected_output",
    "context",
    "history",
    "participant_data",
    "session_state",
    "summary",
    "tags",
    "created_at",
    "checks",
    "files",
)


class Example(NamedTuple):
    """An output that passes (`positive`) or fails (`negative`) a check."""

    type: str
    text: str


class CheckRecord(NamedTuple):
    """One check; `operator` is a slug of datasets.operators. Weight is 0-1000."""

    operator: str
    criteria: str = ""
    weight: int = 1
    category: str = ""
    extractor: str = ""
    conditional_operator: str = ""
    conditional_criteria: str = ""
    examples: tuple[Example, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The check as the database keeps it; what is at its default is absent."""
        empty = self._field_defaults
        kept = {
            name: value
            for name, value in self._asdict().items()
            if name not in empty or value != empty[name]
        }
        if self.examples:
            kept["examples"] = [each._asdict() for each in self.examples]
        return kept

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> CheckRecord:
        """Reads what `as_json` gave."""
        examples = tuple(Example(**each) for each in kept.get("examples", ()))
        return cls(**(kept | {"examples": examples}))


class ItemRecord(NamedTuple):
    """One item as it will be stored; its dictionaries and lists are never changed in place.

    `history` holds messages {"role", "content"} and, when known, "summary". `files` are the names
    of attachments under which a ZIP holds them (`documents/map.pdf`). `said` are the fields whose
    column or key is in the file; a JSON field is in it only when the file gives it whole here.
    """

    public_id: str = ""
    input: str = ""
    output: str = ""
    expected_output: str = ""
    context: dict[str, Any] = {}
    history: tuple[dict[str, Any], ...] = ()
    participant_data: dict[str, Any] = {}
    session_state: dict[str, Any] = {}
    summary: str = ""
    tags: tuple[str, ...] = ()
    created_at: datetime | None = None
    checks: tuple[CheckRecord, ...] = ()
    files: tuple[str, ...] = ()
    said: frozenset[str] = frozenset()


class Item(NamedTuple):
    """An item and the row on which it begins, as people count."""

    row: int
    record: ItemRecord


class GlobalCheck(NamedTuple):
    """A check on every item of the dataset."""

    row: int
    check: CheckRecord


class AttachmentRecord(NamedTuple):
    """A file that a ZIP brings; its bytes are read again from the archive when it is stored."""

    name: str
    sha256: str
    n_bytes: int


class SuiteTitle(NamedTuple):
    """What a suite file says about itself; heeded only when a new dataset is made of it."""

    title: str
    description: str


class FieldCoverage(NamedTuple):
    """What the columns of a file cover, where that is less than whole fields; given once, first.

    `paths` are the dotted columns of each JSON field, `objects` the JSON fields that have a column
    of their own. `is_unmarked`: marks against formulas were taken off because all cells had one.
    """

    paths: dict[str, tuple[tuple[str, ...], ...]] = {}
    objects: frozenset[str] = frozenset()
    is_unmarked: bool = False


ItemFinding = (
    FieldCoverage | Item | GlobalCheck | AttachmentRecord | SuiteTitle | RowError | RowWarning
)
ItemReading = Iterator[ItemFinding]
