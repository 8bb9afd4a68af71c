"""Reads the directory of a ZIP archive and trusts none of it: places and names are checked.

Not Python's zipfile: that one reads a directory of any size into memory, passes over bytes before
the archive, and believes sizes.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

MAX_DIRECTORY = 16_000_000
STORED, DEFLATED = 0, 8
_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_NO_ZIP = "This is not a whole ZIP archive. Pack the folder again and choose the new file."
_AGAIN = "Pack the folder again with the tool of your system."


class ZipFault(ValueError):  # noqa: N818 - a fault of the archive, not of the program
    """The archive cannot be used; the message says why, then what to do."""


class Member(NamedTuple):
    """One entry of the directory. The sizes are what the archive says, which may be a lie."""

    name: str
    raw_name: bytes
    flags: int
    method: int
    crc: int
    n_packed: int
    n_bytes: int
    mode: int
    offset: int

    @property
    def is_folder(self) -> bool:
        """Whether the entry is a folder, which holds nothing itself."""
        return self.name.endswith("/")

    @property
    def is_encrypted(self) -> bool:
        """Whether the flags or the method say so."""
        return bool(self.flags & 0x2041) or self.method == 99


def read_directory(stream: BinaryIO, max_members: int) -> list[Member]:
    """The entries in the order of the directory, or ZipFault."""
    n_members, size, start = _read_end(stream)
    if n_members > max_members:
        raise ZipFault(
            f"The archive holds {n_members:,} files. At most {max_members:,} can be taken: "
            "split it, or leave out what no test names."
        )
    stream.seek(start)
    directory = stream.read(size)
    members = [*_entries(directory)]
    if len(members) != n_members:
        raise ZipFault(_NO_ZIP)
    _check_places(stream, members, start)
    return members


def _read_end(stream: BinaryIO) -> tuple[int, int, int]:
    """Number of entries, size and place of the directory, as the end of the archive says."""
    n_archive = stream.seek(0, os.SEEK_END)
    n_tail = min(n_archive, _END.size + 0xFFFF)
    stream.seek(n_archive - n_tail)
    tail = stream.read(n_tail)
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or len(tail) - at < _END.size:
        raise ZipFault(_NO_ZIP)
    _, disk, first_disk, n_here, n_members, size, start, n_comment = _END.unpack_from(tail, at)
    if 0xFFFF in (n_here, n_members) or 0xFFFFFFFF in (size, start):
        raise ZipFault(f"This archive is of the kind ZIP64, which is not taken. {_AGAIN}")
    if disk or first_disk or n_here != n_members:
        raise ZipFault(f"This is one part of an archive in several files. {_AGAIN}")
    end = n_archive - n_tail + at
    if end + _END.size + n_comment != n_archive or start + size > end:
        raise ZipFault(_NO_ZIP)
    if start + size < end:
        raise ZipFault(f"Something stands before the archive or inside its directory. {_AGAIN}")
    if size > MAX_DIRECTORY:
        raise ZipFault(f"The directory of the archive is too large. {_AGAIN}")
    return n_members, size, start


def _entries(directory: bytes) -> Iterator[Member]:
    at = 0
    while at < len(directory):
        if len(directory) - at < _CENTRAL.size or directory[at : at + 4] != b"PK\x01\x02":
            raise ZipFault(_NO_ZIP)
        (_, _, _, flags, method, _, _, crc, n_packed, n_bytes, n_name, n_extra, n_comment) = (
            _CENTRAL.unpack_from(directory, at)[:13]
        )
        _, _, attributes, offset = _CENTRAL.unpack_from(directory, at)[13:]
        begin = at + _CENTRAL.size
        at = begin + n_name + n_extra + n_comment
        raw = directory[begin : begin + n_name]
        if at > len(directory) or 0xFFFFFFFF in (n_packed, n_bytes, offset):
            raise ZipFault(_NO_ZIP)
        name = _name(raw, flags)
        yield Member(name, raw, flags, method, crc, n_packed, n_bytes, attributes >> 16, offset)


def _name(raw: bytes, flags: int) -> str:
    """UTF-8 whether the archive says so or not, as many tools write it; else the old code page."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        if flags & 0x800:
            raise ZipFault(f"A name in the archive is no valid text. {_AGAIN}") from None
        return raw.decode("cp437")


def _check_places(stream: BinaryIO, members: list[Member], start: int) -> None:
    """The first entry begins at the first byte, and none reaches into the next."""
    free = 0
    for member in sorted(members, key=lambda each: each.offset):
        if free == 0 and member.offset:
            raise ZipFault(f"Something stands before the archive. {_AGAIN}")
        if member.offset < free:
            raise ZipFault(f'"{member.name[:200]}" overlaps another file in the archive. {_AGAIN}')
        free = data_place(stream, member) + member.n_packed
        if free > start:
            raise ZipFault(f'"{member.name[:200]}" reaches out of the archive. {_AGAIN}')
    if not members and start:
        raise ZipFault(f"Something stands before the archive. {_AGAIN}")


def data_place(stream: BinaryIO, member: Member) -> int:
    """Where the packed bytes begin: behind the entry's own header, which must tell the same."""
    stream.seek(member.offset)
    header = stream.read(_LOCAL.size)
    if len(header) < _LOCAL.size:
        raise ZipFault(_NO_ZIP)
    magic, _, flags, method, _, _, _, n_packed, n_bytes, n_name, n_extra = _LOCAL.unpack(header)
    is_same = (magic, method) == (b"PK\x03\x04", member.method)
    is_same = is_same and flags & 0x2041 == member.flags & 0x2041
    if not flags & 8 and 0xFFFFFFFF not in (n_packed, n_bytes):
        is_same = is_same and (n_packed, n_bytes) == (member.n_packed, member.n_bytes)
    if not is_same or stream.read(n_name) != member.raw_name:
        name = member.name[:200]
        raise ZipFault(f'The archive says two different things about "{name}". {_AGAIN}')
    return member.offset + int(_LOCAL.size + n_name + n_extra)
