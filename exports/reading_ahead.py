"""Reading of sessions in a thread while the caller writes: the database works meanwhile.

The thread has a connection of its own, so that the caller can save progress beside the snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import Full, Queue
from threading import Event
from typing import Any

from django.db import connections

from exports.formats.records import ExportSession
from exports.source import read_batches, snapshot

LOOK_EVERY = 0.1  # seconds between looks at whether the other side still wants anything
Batch = list[ExportSession]
Shelf = Queue[Batch | None]


@contextmanager
def sessions_ahead(rows: Any, *, limit: int | None) -> Iterator[Iterator[ExportSession]]:
    """Give the sessions of one snapshot; leaving the block ends the reading, whatever is left."""
    shelf: Shelf = Queue(maxsize=1)
    enough = Event()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="export-reader") as pool:
        reading = pool.submit(fill, shelf, enough, rows, limit)
        try:
            yield taken(shelf, reading)
        finally:
            enough.set()


def taken(shelf: Shelf, reading: Future[None]) -> Iterator[ExportSession]:
    """Take batches until there is none; what stopped the reader is raised here."""
    while (batch := shelf.get()) is not None:
        yield from batch
    reading.result()


def fill(shelf: Shelf, enough: Event, rows: Any, limit: int | None) -> None:
    """Read one snapshot, at most one batch ahead; None says that there is no more."""
    try:
        with snapshot() as using:
            for batch in read_batches(rows, using=using, limit=limit):
                put(shelf, batch, enough)
                if enough.is_set():
                    return
    finally:
        connections.close_all()
        put(shelf, None, enough)


def put(shelf: Shelf, batch: Batch | None, enough: Event) -> None:
    """Wait for room, but not for somebody who wants no more."""
    while not enough.is_set():
        try:
            shelf.put(batch, timeout=LOOK_EVERY)
        except Full:
            continue
        return
