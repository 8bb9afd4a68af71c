"""Unpacks members of a ZIP a piece at a time; sizes are counted while reading, never believed."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from datasets.formats.encodings import CHUNK
from datasets.formats.zip_directory import STORED, Member, ZipFault, data_place

_PIECE = 1 << 18
_BROKEN = "This file is damaged. Pack the folder again."


class ZipCaps(NamedTuple):
    """How much an archive may hold. The ratio counts from `free_bytes` of a member on: a small
    text of one repeated line is packed to almost nothing, and harms nobody.
    """

    max_members: int = 1_000
    max_member_bytes: int = 100_000_000
    max_bytes: int = 1_000_000_000
    max_ratio: int = 200
    free_bytes: int = 10_000_000


_caps = ZipCaps()


def configure(caps: ZipCaps) -> None:
    """Sets the caps of this installation, once at its start; formats read no settings."""
    global _caps
    _caps = caps


def caps_in_force() -> ZipCaps:
    """The caps that hold where a caller says nothing else."""
    return _caps


class TooMuch(ZipFault):
    """The archive passes a cap; nothing more of it is unpacked."""


def unpacked(
    stream: BinaryIO, member: Member, caps: ZipCaps, n_left: int | None = None
) -> Iterator[bytes]:
    """The bytes of a member, refused before they pass a cap; ZipFault when they are not whole."""
    most = min(caps.max_member_bytes, caps.max_bytes if n_left is None else n_left)
    n_bytes, crc = 0, 0
    for piece, n_packed in _pieces(stream, member):
        n_bytes += len(piece)
        if n_bytes > most:
            raise TooMuch(_too_large(caps, most))
        if n_bytes > max(caps.free_bytes, n_packed * caps.max_ratio):
            raise TooMuch(
                "This file is packed so tightly that it looks like an attack "
                f"(more than {caps.max_ratio} to 1). Leave it out, or pack it without compression."
            )
        if n_bytes > member.n_bytes:
            raise TooMuch("This file is larger than the archive says. Pack the folder again.")
        crc = zlib.crc32(piece, crc)
        yield piece
    if n_bytes != member.n_bytes or crc != member.crc:
        raise ZipFault(_BROKEN)


def _too_large(caps: ZipCaps, most: int) -> str:
    if most == caps.max_member_bytes:
        return f"This file is larger than {_size(most)}. Make it smaller, or leave it out."
    return (
        f"With this file the archive unpacks to more than {_size(caps.max_bytes)}. "
        "Split the suite, or leave files out."
    )


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1_000_000:,.0f} MB" if n_bytes >= 1_000_000 else f"{n_bytes:,} bytes"


def _pieces(stream: BinaryIO, member: Member) -> Iterator[tuple[bytes, int]]:
    """Pieces of at most 256 KB, each with the number of packed bytes it took so far."""
    place = data_place(stream, member)
    n_left, n_read = member.n_packed, 0
    packer = None if member.method == STORED else zlib.decompressobj(-zlib.MAX_WBITS)
    while n_left:
        stream.seek(place + n_read)
        packed = stream.read(min(n_left, _PIECE if packer is None else CHUNK))
        if not packed:
            raise ZipFault(_BROKEN)
        n_left, n_read = n_left - len(packed), n_read + len(packed)
        if packer is None:
            yield packed, n_read
            continue
        while packed and not packer.eof:
            try:
                piece = packer.decompress(packed, _PIECE)
            except zlib.error:
                raise ZipFault(_BROKEN) from None
            packed = packer.unconsumed_tail
            yield piece, n_read - len(packed)
    if packer is not None:
        yield from ((piece, n_read) for piece in _held_back(packer))
        if not packer.eof or packer.unused_data:
            raise ZipFault(_BROKEN)


def _held_back(packer: zlib._Decompress) -> Iterator[bytes]:
    """What was unpacked already and did not fit into the last piece."""
    try:
        while not packer.eof and (piece := packer.decompress(b"", _PIECE)):
            yield piece
    except zlib.error:
        raise ZipFault(_BROKEN) from None


class MemberStream(io.RawIOBase):
    """One member as a stream to read from; ZipFault when it turns out damaged or too large."""

    def __init__(self, stream: BinaryIO, member: Member, caps: ZipCaps) -> None:
        self._pieces = unpacked(stream, member, caps)
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._held:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._held = piece
        n = min(len(buffer), len(self._held))
        buffer[:n], self._held = self._held[:n], self._held[n:]
        return n
