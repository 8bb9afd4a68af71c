"""Writing of a file's text as bytes, hashed and counted on the way."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, BinaryIO

CHUNK = 256 * 1024  # characters gathered before they are encoded, hashed and written
TO_DISK = 16 * 1024 * 1024  # bytes after which the disk gets what was written


@dataclass
class Digest:
    """What is known of the bytes written so far."""

    hash: Any = field(default_factory=sha256)
    n_bytes: int = 0

    def add(self, data: bytes) -> None:
        """Take note of bytes on their way."""
        self.hash.update(data)
        self.n_bytes += len(data)

    @property
    def sha256(self) -> str:
        return str(self.hash.hexdigest())


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Pause the search for garbage in cycles: rows make none, and it takes a third of the time.

    For a process that does nothing else meanwhile.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def write_pieces(
    handle: BinaryIO,
    pieces: Iterable[str] | Iterable[bytes],
    after_chunk: Callable[[], None] = lambda: None,
    *,
    to_disk: bool = False,
) -> Digest:
    """Write the pieces, text as UTF-8; `after_chunk` may stop it by raising.

    A thread hashes and writes one chunk, without the interpreter's lock, while the next is made.
    `to_disk` is for a file that is to stay there: its parts go to the disk as they are written.
    """
    digest = Digest()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="export-writer") as pool:
        writing = pool.submit(_put, handle, digest, b"", to_disk)
        for chunk in chunks(pieces):
            data = chunk.encode() if isinstance(chunk, str) else chunk
            writing.result()
            writing = pool.submit(_put, handle, digest, data, to_disk)
            after_chunk()
        writing.result()
    return digest


def _put(handle: BinaryIO, digest: Digest, data: bytes, to_disk: bool) -> None:
    """Write, and now and then bring what was written to the disk.

    The disk need not take all of it at the end, and its memory is given back: else a large file
    drives the database's pages out.
    """
    begun = digest.n_bytes // TO_DISK
    digest.add(data)
    handle.write(data)
    if to_disk and digest.n_bytes // TO_DISK > begun:
        handle.flush()
        os.fsync(handle.fileno())
        if hasattr(os, "posix_fadvise"):  # not everywhere people develop
            os.posix_fadvise(handle.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def chunks(pieces: Iterable[Any]) -> Iterable[Any]:
    """Join pieces, all text or all bytes, to such as are worth a write.

    An empty piece goes on at once: its writer works and has nothing to show yet.
    """
    gathered: list[Any] = []
    length = 0
    for piece in pieces:
        if not piece:
            yield piece
            continue
        gathered.append(piece)
        length += len(piece)
        if length >= CHUNK:
            yield type(piece)().join(gathered)
            gathered, length = [], 0
    if gathered:
        yield type(gathered[0])().join(gathered)
