"""Writing of a file's pieces in a thread: the same bytes, and every failure is told."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest

from exports import writing
from exports.writing import write_pieces

TEXTS = [f"Zeile {n}: größer als {n * n}\n" for n in range(2_000)]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "CHUNK", 1_000)
    monkeypatch.setattr(writing, "TO_DISK", 5_000)


@pytest.mark.parametrize("to_disk", [False, True])
@pytest.mark.parametrize("as_bytes", [False, True])
def test_the_file_and_its_digest_are_those_of_all_pieces(as_bytes: bool, to_disk: bool) -> None:
    whole = "".join(TEXTS).encode()
    pieces: Any = (each.encode() for each in TEXTS) if as_bytes else iter(TEXTS)
    with tempfile.TemporaryFile() as file:
        digest = write_pieces(file, pieces, to_disk=to_disk)
        file.seek(0)
        assert file.read() == whole
    assert (digest.n_bytes, digest.sha256) == (len(whole), sha256(whole).hexdigest())


def test_a_file_of_no_pieces_is_empty() -> None:
    with tempfile.TemporaryFile() as file:
        digest = write_pieces(file, iter(()))
        assert file.read() == b""
    assert (digest.n_bytes, digest.sha256) == (0, sha256().hexdigest())


@pytest.mark.parametrize("last", [1, 3, len(TEXTS)])
def test_a_disk_that_is_full_is_told_and_no_more_is_made(last: int) -> None:
    made = []

    def pieces() -> Iterator[str]:
        for text in TEXTS[:last]:
            made.append(text)
            yield text

    with pytest.raises(OSError, match="No space left on device"), open("/dev/full", "wb") as full:
        write_pieces(full, pieces())
    assert len("".join(made)) < 10_000


def test_who_stops_it_after_a_chunk_leaves_no_thread_that_writes() -> None:
    class StoppedError(Exception):
        pass

    def stop() -> None:
        raise StoppedError

    with tempfile.TemporaryFile() as file:
        with pytest.raises(StoppedError):
            write_pieces(file, iter(TEXTS), stop)
        written = file.tell()
        assert 0 < written < 3_000
