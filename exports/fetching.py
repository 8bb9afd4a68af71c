"""Rows of a statement: one thread asks and waits for them, another makes them.

psycopg takes the interpreter's lock again for each bit that arrives, and the server waits as long:
up to 5 ms each time where another thread lays out what was read before. libpq waits without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import starmap
from typing import Any, TypeVar

from django.db import connections
from psycopg import OperationalError
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Fetched:
    """The rows of a SELECT as the server sent them; to be made in any thread, at any time."""

    result: PGresult
    loading: Any

    @classmethod
    def of(cls, statement: str, using: str) -> Fetched:
        """Ask, and wait until all of them are here."""
        connection: Any = connections[using]
        connection.ensure_connection()
        asked = connection.connection
        with connection.wrap_database_errors:
            result = asked.pgconn.exec_(statement.encode())
            if asked.pgconn.status != ConnStatus.OK:
                raise OperationalError(asked.pgconn.get_error_message())
            if result.status != ExecStatus.TUPLES_OK:
                raise error_from_result(result)
        loading = Transformer(asked)
        loading.set_pgresult(result)
        return cls(result, loading)

    def __len__(self) -> int:
        return self.result.ntuples

    def tuples(self) -> list[Any]:
        """The rows as they are."""
        rows: list[Any] = self.loading.load_rows(0, len(self), tuple)
        return rows

    def rows(self, make: Callable[..., Row]) -> Iterator[Row]:
        """Each row as what `make` makes of its columns."""
        return starmap(make, self.tuples())

    def texts(self, column: int = 0) -> list[bytes]:
        """A column as the server wrote it; of none that is null."""
        value: Any = self.result.get_value
        return [value(n, column) for n in range(len(self))]

    def ids(self, *columns: int) -> set[str]:
        """What stands in these columns."""
        return {text.decode() for column in columns for text in self.texts(column)}


def copied(statement: str, using: str) -> list[bytes]:
    """The lines of a COPY; one line each, whatever line breaks its cells hold."""
    with connections[using].cursor() as cursor, cursor.copy(statement) as source:
        return [bytes(line) for line in source]


def made(blocks: Iterable[Any]) -> Iterator[Any]:
    """The same blocks; those are made here that were left to who takes them."""
    for block in blocks:
        yield block() if callable(block) else block
