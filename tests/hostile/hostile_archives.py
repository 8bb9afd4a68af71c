"""I12: archives that lie, climb or burst, by what is wrong with them."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Callable

from tests.datasets.archives import Entry, archive, suite

LINK, DEVICE = stat.S_IFLNK | 0o777, stat.S_IFBLK | 0o666
NAMED = b"Test Input,Files\nWhat?,evil\n"


def with_member(name: str | bytes, data: bytes = b"x", **lies: object) -> Callable[[], bytes]:
    return lambda: suite(Entry(name, data, **lies))


def many_members() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as members:
        members.writestr("suite.csv", "Test Input\nWhat?\n")
        for n in range(100_000):
            members.writestr(f"documents/{n}", b"")
    return data.getvalue()


def kernel_shared_by_all() -> bytes:
    """Many entries that stand on the same packed bytes, as the better zip bombs do."""
    kernel = Entry("documents/0", bytes(5_000_000), method=8)
    others = [
        Entry(f"documents/{n}", bytes(5_000_000), method=8, packed=b"", offset=0)
        for n in range(1, 200)
    ]
    return archive(kernel, *others)


def nested() -> bytes:
    """An archive in an archive in an archive, as 42.zip is."""
    data = suite(Entry("documents/bomb", bytes(50_000_000), method=8))
    for _ in range(3):
        data = suite(*[Entry(f"documents/{n}.zip", data) for n in range(8)])
    return data


def said_to_be_zip64() -> bytes:
    data = bytearray(suite())
    data[-14:-6] = struct.pack("<2L", 0xFFFFFFFF, 0xFFFFFFFF)
    return bytes(data)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "parent": with_member("../evil"),
    "parents within": with_member("documents/../../../../tmp/evil"),
    "absolute": with_member("/tmp/evil"),
    "backslash": with_member("documents\\..\\..\\evil"),
    "drive": with_member("C:/evil"),
    "share": with_member("\\\\host\\evil"),
    "NUL in a name": with_member(b"documents/evil\0.txt"),
    "no text": with_member(b"documents/\xff\xfe"),
    "link": with_member("documents/evil", b"/etc/passwd", mode=LINK),
    "device": with_member("documents/evil", mode=DEVICE),
    "one name twice": lambda: suite(Entry("documents/evil", b"1"), Entry("documents/evil", b"2")),
    "one name in two cases": lambda: suite(Entry("documents/e", b"1"), Entry("documents/E", b"2")),
    "encrypted": with_member("documents/evil", flags=0x801),
    "other method": with_member("documents/evil", method=14),
    "too many": many_members,
    "in each other": nested,
    "on each other": kernel_shared_by_all,
    "bomb": with_member("documents/bomb", bytes(300_000_000), method=8),
    "bomb in the suite": lambda: archive(Entry("suite.csv", bytes(300_000_000), method=8)),
    "says less": with_member("documents/evil", bytes(20_000_000), method=8, n_bytes=10),
    "says more": with_member("documents/evil", b"x", n_bytes=2**31),
    "other checksum": with_member("documents/evil", crc=1),
    "other header": with_member("documents/evil", local_name=b"documents/good"),
    "ZIP64": said_to_be_zip64,
    "program before": lambda: b"MZ" + suite(),
    "bytes behind": lambda: suite(after=b"x" * 100),
    "cut": lambda: suite()[:-30],
    "no suite": lambda: archive(Entry("documents/evil", b"x")),
    "file outside": lambda: archive(Entry("suite.csv", NAMED), Entry("evil", b"x")),
}
