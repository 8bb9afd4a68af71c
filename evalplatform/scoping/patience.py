"""The patience of list pages: five seconds in the database, then a kind word instead of a wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

SECONDS = 5


class TooBroadError(Exception):
    """A list asked for more than the database finds in time: narrow the filter."""


@contextmanager
def patience(seconds: float = SECONDS) -> Iterator[None]:
    """Give each statement inside so long. Raises TooBroadError when one takes longer."""
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = %s", [int(seconds * 1000)])
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooBroadError from error
        raise


@contextmanager
def walking() -> Iterator[None]:
    """Inside a transaction, keep the database from gathering rows by an index without an order.

    It does not know how many rows fit a JSON list or a text, and gathers 100,000 to give fifty.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        yield
        cursor.execute("SET LOCAL enable_bitmapscan = DEFAULT")
