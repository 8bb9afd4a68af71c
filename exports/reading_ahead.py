"""Reading of rows in a thread while the caller writes: the database works meanwhile.

The thread has a connection of its own, so that the caller can save progress beside the snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import Full, Queue
from threading import Event
from typing import Any

from django.db import connections

from exports.formats.records import ExportSession
from exports.source import read_batches, snapshot

LOOK_EVERY = 0.1  # seconds between looks at whether the other side still wants anything
Batch = list[Any]
Shelf = Queue[Batch | None]
Read = Callable[[str], Iterator[Batch]]
AtSnapshot = Callable[[str], None]


def look_at_nothing(using: str) -> None:
    """What is asked of a snapshot, beside its rows, where nobody wants to know more."""


@contextmanager
def sessions_ahead(
    rows: Any, *, limit: int | None, first: AtSnapshot = look_at_nothing
) -> Iterator[Iterator[ExportSession]]:
    """Give the sessions of one snapshot."""
    with rows_ahead(lambda using: read_batches(rows, using=using, limit=limit), first) as sessions:
        yield sessions


@contextmanager
def rows_ahead(
    read: Read, first: AtSnapshot = look_at_nothing, *, n_ahead: int = 1
) -> Iterator[Iterator[Any]]:
    """Give what `read` yields in one snapshot; leaving the block ends it, whatever is left.

    `first` may ask more of the same snapshot. So many batches may wait to be taken.
    """
    shelf: Shelf = Queue(maxsize=n_ahead)
    enough = Event()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="export-reader") as pool:
        reading = pool.submit(fill, shelf, enough, read, first)
        try:
            yield taken(shelf, reading)
        finally:
            enough.set()


def taken(shelf: Shelf, reading: Future[None]) -> Iterator[Any]:
    """Take batches until there is none; what stopped the reader is raised here."""
    while (batch := shelf.get()) is not None:
        yield from batch
    reading.result()


def fill(shelf: Shelf, enough: Event, read: Read, first: AtSnapshot) -> None:
    """Read one snapshot, as far ahead as there is room; None says that there is no more."""
    try:
        with snapshot() as using:
            first(using)
            for batch in read(using):
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
