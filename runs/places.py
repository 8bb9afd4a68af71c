"""How many questions an endpoint is asked at once, by all workers together: `max_parallel` places.

A place is a lock of PostgreSQL that belongs to the connection: it is free again the moment a worker
dies. Endpoints are taken in the order of their ids, so that two chunks never wait for each other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from runs.models import ModelEndpoint

LOOK_EVERY = 0.3  # seconds between two looks for a free place
TAKE = """
    SELECT n FROM generate_series(1, %(all)s) n
    WHERE pg_try_advisory_lock(hashtext(%(name)s), n) LIMIT %(wanted)s"""
LEAVE = "SELECT pg_advisory_unlock(hashtext(%s), %s)"


@contextmanager
def places_at(endpoints: Sequence[ModelEndpoint], waits: Callable[[], bool]) -> Iterator[int]:
    """Hold places at all these servers; how many rows may be worked on at once, 0 to stop.

    While none is free, `waits` is asked again and again whether to go on waiting.
    """
    taken: list[tuple[str, int]] = []
    n_places = settings.RUN_MOST_THREADS
    try:
        for endpoint in sorted(endpoints, key=lambda each: each.pk):
            if endpoint.kind != ModelEndpoint.Kind.OPENAI:
                continue
            held = _take(endpoint, waits)
            taken += held
            n_places = min(n_places, len(held))
        yield n_places
    finally:
        with connection.cursor() as cursor:
            for place in taken:
                cursor.execute(LEAVE, place)


def _take(endpoint: ModelEndpoint, waits: Callable[[], bool]) -> list[tuple[str, int]]:
    """A fair share of the endpoint's places: what one lane gets when all are open."""
    name = f"endpoint {endpoint.pk}"
    wanted = max(1, -(-endpoint.max_parallel // settings.RUN_LANES))
    told: dict[str, str | int] = {"name": name, "all": endpoint.max_parallel, "wanted": wanted}
    while True:
        with connection.cursor() as cursor:
            cursor.execute(TAKE, told)
            if found := cursor.fetchall():
                return [(name, n) for (n,) in found]
        if not waits():
            return []
        time.sleep(LOOK_EVERY)
