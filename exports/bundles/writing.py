"""Writing of a bundle's archive: one part after the other, each as a stream, memory flat.

Parts are stored, not packed, in the layout of verify.py: the bytes are the same on every machine,
and the check can foretell all of them. A header tells size and check sum, which are known at the
part's end only: it is written again then.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, BinaryIO

from evalplatform.jobs.kinds import JobRefusedError
from exports.bundles import verify
from exports.bundles.layouts import Layout
from exports.storing import temporary_file
from exports.writing import Digest, chunks

BLOCK = 256 * 1024
TOO_MANY = (
    "The bundle would be larger than its check takes: {n:,} files. Ask for the file without it."
)


@dataclass
class Part:
    """One part as it was written; `rows` are told by whoever knows them."""

    name: str
    size: int = 0
    sha256: str = ""
    rows: int | None = None
    rows_are: str = "rows"
    units: dict[str, Any] | None = None
    records: int | None = None

    def told(self) -> dict[str, Any]:
        """Return what the manifest says of it."""
        found: dict[str, Any] = {
            "name": self.name,
            "bytes": self.size,
            "sha256": self.sha256,
            "rows": self.rows,
            "rowsAre": self.rows_are,
        }
        if self.units is not None:
            found["units"] = self.units
        if self.records is not None:
            found["records"] = self.records
        return found


@dataclass
class BundleWriter:
    """The archive on its way; `go_on` is called at every block and may stop it by raising."""

    out: BinaryIO
    go_on: Callable[[], None] = lambda: None
    parts: list[Part] = field(default_factory=list)
    _members: list[tuple[str, int, int, int]] = field(default_factory=list)

    def add(
        self,
        name: str,
        pieces: Iterable[str] | Iterable[bytes],
        layout: Layout | None = None,
    ) -> Part:
        """Write a part; with a layout, its units' check sums behind it as a part of their own."""
        part = Part(name)
        if layout is None:
            self._write(part, encoded(pieces))
            return part
        units = verify.Units(layout.end.encode(), layout.is_csv)
        marks_name = "marks/" + name.removeprefix("data/") + ".crc32"
        with temporary_file() as marks:
            self._write(part, marked(pieces, units, marks))
            marks.write(units.close())
            marks.seek(0)
            part.units = layout.told(count=units.count, marks=marks_name)
            part.records = units.records if layout.is_csv else None
            self._write(Part(marks_name), blocks(marks))
        return part

    def _write(self, part: Part, pieces: Iterable[bytes]) -> None:
        if len(self._members) >= verify.MAX_PARTS:
            raise JobRefusedError(TOO_MANY.format(n=len(self._members)))
        digest, crc, offset = sha256(), 0, self.out.tell()
        self.out.write(verify.local_header(part.name, 0, 0))
        for piece in pieces:
            digest.update(piece)
            crc = zlib.crc32(piece, crc)
            part.size += len(piece)
            self.out.write(piece)
            self.go_on()
        part.sha256 = digest.hexdigest()
        self.out.seek(offset)
        self.out.write(verify.local_header(part.name, crc, part.size))
        self.out.seek(0, 2)
        self._members.append((part.name, crc, part.size, offset))
        self.parts.append(part)

    def close(self, manifest: dict[str, Any]) -> Digest:
        """Write the manifest and the directory; returns what is known of the whole archive."""
        data = verify.as_written(manifest)
        if len(data) > verify.MAX_MANIFEST:
            raise JobRefusedError(TOO_MANY.format(n=len(self._members)))
        self._write(Part(verify.MANIFEST), [data])
        start = self.out.tell()
        for member in self._members:
            self.out.write(verify.directory_entry(*member))
        size = self.out.tell() - start
        self.out.write(verify.directory_end(len(self._members), size, start))
        return self._digest()

    def _digest(self) -> Digest:
        """Read the archive once more: its headers were not written in their order."""
        digest = Digest()
        self.out.flush()
        self.out.seek(0)
        for block in blocks(self.out):
            digest.add(block)
            self.go_on()
        return digest


def encoded(pieces: Iterable[str] | Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces as bytes, joined to such as are worth a write."""
    for chunk in chunks(pieces):
        yield chunk.encode() if isinstance(chunk, str) else chunk


def marked(
    pieces: Iterable[str] | Iterable[bytes], units: verify.Units, marks: BinaryIO
) -> Iterator[bytes]:
    """Yield the same, and write down the check sums of the units that went by."""
    for data in encoded(pieces):
        marks.write(units.add(data))
        yield data


def blocks(handle: BinaryIO) -> Iterator[bytes]:
    """Yield what a file holds from where it stands."""
    while block := handle.read(BLOCK):
        yield block
