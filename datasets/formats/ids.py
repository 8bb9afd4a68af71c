"""What a whole file must keep: ids once each, and each unknown key named once."""

import hashlib
from collections.abc import Iterable, Iterator

from datasets.formats.records import (
    MessageRecord,
    RowError,
    RowWarning,
    SessionRecord,
    row_error,
)


class Ids:
    """The ids of one file: none twice under one source; who has none gets a stable one."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], tuple[str, int]] = {}
        self._n_alike: dict[str, int] = {}

    def settle(self, row: int, session: SessionRecord, column: str) -> SessionRecord | RowError:
        """The session with its id, or the error that it was there before; made ids are numbered."""
        if not session.external_id:
            session = session._replace(external_id=self._made(session.messages))
        external_id = session.external_id
        key = (session.source, external_id.casefold())
        first, first_row = self._rows.setdefault(key, (external_id, row))
        if first_row == row:
            return session
        if first == external_id:
            message = (
                f"This id stands on row {first_row} already. Give each conversation its own id."
            )
        else:
            message = f'This id differs from "{first}" on row {first_row} in case only. Change one.'
        return row_error(row, column, message, external_id)

    def _made(self, messages: Iterable[MessageRecord]) -> str:
        made = stable_id(messages)
        n_alike = self._n_alike[made] = self._n_alike.get(made, 0) + 1
        return made if n_alike == 1 else f"{made}-{n_alike}"


def stable_id(messages: Iterable[MessageRecord]) -> str:
    """An id made of roles and texts alone: the same conversation has the same in every file."""
    text = "\0\0".join([f"{message.role}\0{message.content}" for message in messages])
    return f"sha256-{hashlib.sha256(text.encode()).hexdigest()[:40]}"


class OnceEach:
    """Lets the warning about an unknown key through once a file, not once a row."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()

    def fresh(self, warnings: Iterable[RowWarning]) -> Iterator[RowWarning]:
        """The warnings that were not said before for the same place in another row."""
        for warning in warnings:
            if not warning.message.endswith("it is ignored."):
                yield warning
                continue
            place = (without_numbers(warning.column), warning.message)
            if place not in self._seen:
                self._seen.add(place)
                yield RowWarning(
                    warning.row, warning.column, f"{warning.message} (Said once a file.)"
                )


def without_numbers(column: str) -> str:
    """The path without its numbers."""
    return "".join(
        part.partition("]")[2] if n else part for n, part in enumerate(column.split("["))
    )
