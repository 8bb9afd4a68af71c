"""ZIP archives made by hand, so that each of their fields can lie."""

import io
import struct
import zlib
from typing import NamedTuple

CSV = "Test Input,Files\nWhat?,documents/a.txt\n"


class Entry(NamedTuple):
    """One member; what is None is told truthfully."""

    name: str | bytes
    data: bytes = b""
    method: int = 0
    flags: int = 0x800
    mode: int = 0o100644
    n_bytes: int | None = None
    n_packed: int | None = None
    crc: int | None = None
    local_name: bytes | None = None
    packed: bytes | None = None
    offset: int | None = None  # where the directory says that it is
    n_local_bytes: int | None = None


def archive(*entries, before=b"", after=b"", comment=b"", n_members=None, gap=b""):
    """The bytes of an archive of these members."""
    body, directory = bytearray(before), bytearray()
    for entry in entries:
        offset = len(body)
        packed = entry.packed if entry.packed is not None else _packed(entry)
        crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
        n_bytes = len(entry.data) if entry.n_bytes is None else entry.n_bytes
        n_packed = len(packed) if entry.n_packed is None else entry.n_packed
        n_local = n_bytes if entry.n_local_bytes is None else entry.n_local_bytes
        name = entry.name if isinstance(entry.name, bytes) else entry.name.encode()
        local = name if entry.local_name is None else entry.local_name
        head = (20, entry.flags, entry.method, 0, 33, crc)
        body += b"PK\3\4" + struct.pack("<5H3L2H", *head, n_packed, n_local, len(local), 0)
        body += local + packed + gap
        place = offset if entry.offset is None else entry.offset
        directory += b"PK\1\2" + struct.pack("<6H3L", 0x031E, *head, n_packed, n_bytes)
        directory += struct.pack("<5H2L", len(name), 0, 0, 0, 0, entry.mode << 16, place) + name
    n = len(entries) if n_members is None else n_members
    end = struct.pack("<4H2LH", 0, 0, n, n, len(directory), len(body), len(comment))
    return bytes(body + directory) + b"PK\5\6" + end + comment + after


def _packed(entry):
    if entry.method != 8:
        return entry.data
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(entry.data) + packer.flush()


def suite(*entries, csv=CSV, **said):
    """An archive with a sound suite.csv and documents/a.txt besides the members given."""
    return archive(
        Entry("suite.csv", csv.encode()), Entry("documents/a.txt", b"A"), *entries, **said
    )


class Counting(io.BytesIO):
    """Counts the bytes that were read."""

    n_read = 0

    def read(self, size=-1):
        data = super().read(size)
        self.n_read += len(data)
        return data
