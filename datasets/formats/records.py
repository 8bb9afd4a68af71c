"""What every reader of a file of conversations yields: records, errors and warnings, all frozen."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from evalplatform.strict_json import excerpt, printable

_LONGEST_COLUMN = 300


class MessageRecord(NamedTuple):
    """One message as it will be stored; its dictionaries are shared, never changed in place."""

    role: str
    content: str
    external_id: str | None = None
    created_at: datetime | None = None
    model: str = ""
    tags: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    participant_data: dict[str, Any] = {}
    session_state: dict[str, Any] = {}
    summary: str = ""


class SessionRecord(NamedTuple):
    """One conversation as it will be stored, its messages in the order given."""

    external_id: str
    source: str
    messages: tuple[MessageRecord, ...]
    title: str = ""
    project_path: str = ""
    project_name: str = ""
    model: str = ""
    provider: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cost: Decimal | None = None
    duration_ms: int | None = None
    tags: tuple[str, ...] = ()
    participant_identifier: str = ""
    participant: dict[str, Any] = {}
    channel: str = ""
    session_state: dict[str, Any] = {}
    started_at: datetime | None = None


@dataclass(frozen=True)
class RowError:
    """What is wrong, then the remedy; `row` is None for a fault of the whole file."""

    row: int | None
    column: str
    message: str
    value: str = ""


@dataclass(frozen=True)
class RowWarning:
    """What a person should know although the row is taken."""

    row: int | None
    column: str
    message: str


def row_error(row: int | None, column: str, message: str, value: Any = "") -> RowError:
    """A RowError whose texts can be stored and shown; the value is cut at 200 characters."""
    return RowError(row, printable(column)[:_LONGEST_COLUMN], printable(message), excerpt(value))


def row_warning(row: int | None, column: str, message: str) -> RowWarning:
    """A RowWarning whose texts can be stored and shown whatever the file held."""
    return RowWarning(row, printable(column)[:_LONGEST_COLUMN], printable(message))
