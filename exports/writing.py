"""Writing of a file's text as bytes, hashed and counted on the way."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, BinaryIO

CHUNK = 256 * 1024  # characters gathered before they are encoded, hashed and written


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
    handle: BinaryIO, pieces: Iterable[str], after_chunk: Callable[[], None] = lambda: None
) -> Digest:
    """Write the pieces as UTF-8; `after_chunk` may stop it by raising."""
    digest = Digest()
    for chunk in chunks(pieces):
        data = chunk.encode()
        digest.add(data)
        handle.write(data)
        after_chunk()
    return digest


def chunks(pieces: Iterable[str]) -> Iterable[str]:
    """Join pieces to texts that are worth a write."""
    gathered: list[str] = []
    n_characters = 0
    for piece in pieces:
        gathered.append(piece)
        n_characters += len(piece)
        if n_characters >= CHUNK:
            yield "".join(gathered)
            gathered, n_characters = [], 0
    yield "".join(gathered)
