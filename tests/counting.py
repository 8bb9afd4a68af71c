"""How many queries an act makes: for tests that a list does not ask once per row."""

from collections.abc import Callable

from django.db import connection
from django.test.utils import CaptureQueriesContext


def queries_of(act: Callable[[], object]) -> int:
    """Return the number of queries of one call."""
    with CaptureQueriesContext(connection) as queries:
        act()
    return len(queries)
