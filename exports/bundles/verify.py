"""Checks a bundle of evalplatform: it is whole, and nothing in it is other than it was written.

    python3 verify.py BUNDLE.zip     the archive as it was downloaded
    python3 verify.py FOLDER         the same, unpacked
    python3 verify.py                the folder in which this program lies
    ... --digest HEX                 and it is the bundle of that digest, known from elsewhere

Needs Python 3.8 or later and nothing else. Reads a piece at a time; unpacks, writes and sends
nothing. Exit code 0: whole; 1: not, and each difference is named; 2: it was called wrongly.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import struct
import sys
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from itertools import count, islice
from typing import Any

SCHEMA = "evalplatform-bundle/1"
MANIFEST = "manifest.json"
MAX_MANIFEST, MAX_PARTS, MAX_NAME = 4_000_000, 10_000, 1_000
BLOCK = 1 << 18
_LOCAL, _CENTRAL = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L")
_SIZES = struct.Struct("<HHQQ")
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\\\\:]")
_FULL, _MANY, _UTF8, _FIRST_OF_1980 = 0xFFFFFFFF, 0xFFFF, 0x800, 33


class NotWhole(Exception):  # noqa: N818 - what it says of the bundle
    """The bundle is not what was written; the text says where."""


# --- the archive: stored members in one layout, so that each of its bytes can be foretold ---------


def local_header(name: str, crc: int, size: int) -> bytes:
    """The bytes before a member's own."""
    raw, short = name.encode(), min(size, _FULL)
    head = (b"PK\3\4", 45, _UTF8, 0, 0, _FIRST_OF_1980, crc, short, short, len(raw), _SIZES.size)
    return _LOCAL.pack(*head) + raw + _SIZES.pack(1, 16, size, size)


def directory_entry(name: str, crc: int, size: int, offset: int) -> bytes:
    """The bytes about a member in the directory."""
    raw, short = name.encode(), min(size, _FULL)
    large = [each for each in (size, size, offset) if each >= _FULL]
    extra = struct.pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
    head = (b"PK\1\2", 3 << 8 | 45, 45, _UTF8, 0, 0, _FIRST_OF_1980, crc, short, short, len(raw))
    tail = (len(extra), 0, 0, 0, 0o100644 << 16, min(offset, _FULL))
    return _CENTRAL.pack(*head, *tail) + raw + extra


def directory_end(count: int, size: int, start: int) -> bytes:
    """The bytes behind the directory."""
    end = b""
    if count >= _MANY or size >= _FULL or start >= _FULL:
        end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
        end += struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
    few, short, place = min(count, _MANY), min(size, _FULL), min(start, _FULL)
    return end + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, few, few, short, place, 0)


class Archive:
    """A bundle as one file."""

    def __init__(self, path: str) -> None:
        self._stream = open(path, "rb")  # noqa: SIM115 - the caller closes it
        self._size = os.fstat(self._stream.fileno()).st_size
        self._members: dict[str, tuple[int, int, int, int]] = {}
        self.problems: list[str] = []
        self.bad_sums: list[str] = []

    def read_names(self) -> None:
        """Walk over the archive; NotWhole where it is no bundle any more."""
        at, last = 0, "its beginning"
        while self._bytes(at, 4) == b"PK\3\4":
            name, crc, size, begin = self._member(at, last)
            self._members[name] = (crc, size, begin, at)
            at, last = begin + size, name
            if at > self._size:
                raise NotWhole(f"{said(name)} is cut off: the archive ends in it.")
        if not self._members:
            raise NotWhole("This is no bundle, or its beginning is damaged.")
        if at == self._size:
            raise NotWhole(f"The archive is cut off behind {said(last)}.")
        if self._bytes(at, 4) != b"PK\1\2":
            raise NotWhole(
                f"What stands behind {said(last)} in the archive is no part of a bundle."
            )
        self._check_directory(at)

    def close(self) -> None:
        self._stream.close()

    def _bytes(self, at: int, n: int) -> bytes:
        self._stream.seek(at)
        return self._stream.read(n)

    def _member(self, at: int, last: str) -> tuple[str, int, int, int]:
        head = self._bytes(at, _LOCAL.size + MAX_NAME + _SIZES.size)
        if len(head) < _LOCAL.size:
            raise NotWhole(f"The archive is cut off behind {said(last)}.")
        n_name = _LOCAL.unpack_from(head)[9]
        end = _LOCAL.size + n_name + _SIZES.size
        if n_name > MAX_NAME or len(head) < end or len(self._members) > MAX_PARTS:
            raise NotWhole(
                f"What stands behind {said(last)} in the archive is no part of a bundle."
            )
        name = head[_LOCAL.size : _LOCAL.size + n_name].decode("utf-8", "replace")
        if name in self._members or not is_name(name):
            raise NotWhole(f"Behind {said(last)} stands {shown(name)}, which no part is called.")
        crc, size = _LOCAL.unpack_from(head)[6], _SIZES.unpack_from(head, end - _SIZES.size)[2]
        if local_header(name, crc, size) != head[:end]:
            raise NotWhole(f"{said(name)} stands in the archive otherwise than it was written.")
        return name, crc, size, at + end

    def _check_directory(self, start: int) -> None:
        at = start
        for name, (crc, size, _, offset) in self._members.items():
            entry = directory_entry(name, crc, size, offset)
            if not self._is_there(at, entry, f"at {said(name)}"):
                return
            at += len(entry)
        end = directory_end(len(self._members), at - start, start)
        if self._is_there(at, end, "at its end") and self._size > at + len(end):
            self.problems.append("Something stands behind the end of the archive.")

    def _is_there(self, at: int, expected: bytes, place: str) -> bool:
        found = self._bytes(at, len(expected))
        if found != expected:
            what = "damaged" if len(found) == len(expected) else "cut off"
            self.problems.append(f"The directory of the archive is {what} {place}.")
        return found == expected

    def names(self) -> list[str]:
        return list(self._members)

    def size_of(self, name: str) -> int:
        return self._members[name][1]

    def pieces(self, name: str) -> Iterator[bytes]:
        crc, left, at, _ = self._members[name]
        found = 0
        while left:
            piece = self._bytes(at, min(BLOCK, left))
            if not piece:
                raise NotWhole("the archive ends in it")
            at, left, found = at + len(piece), left - len(piece), zlib.crc32(piece, found)
            yield piece
        if found != crc:
            self.bad_sums.append(name)


class Folder:
    """A bundle unpacked. Nothing outside is read: a link is a difference."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._paths: dict[str, str] = {}
        self.problems: list[str] = []
        self.bad_sums: list[str] = []

    def read_names(self) -> None:
        """List the files; NotWhole where they are too many."""
        for folder, folders, files in os.walk(self._path):
            links = [each for each in folders if os.path.islink(os.path.join(folder, each))]
            for name in files + links:
                if len(self._paths) > MAX_PARTS:
                    raise NotWhole("The folder holds more files than a bundle may.")
                self._add(os.path.join(folder, name))

    def _add(self, path: str) -> None:
        name = os.path.relpath(path, self._path).replace(os.sep, "/")
        if stat.S_ISREG(os.lstat(path).st_mode):
            self._paths[name] = path
        else:
            self.problems.append(f"{shown(name)} is no plain file.")

    def close(self) -> None:
        pass

    def know(self, names: Iterable[str]) -> None:
        """Give files the names of the parts that they are: some systems compose letters anew."""
        told = {unicodedata.normalize("NFC", name): name for name in names}
        self._paths = {
            told.get(unicodedata.normalize("NFC", name), name): path
            for name, path in self._paths.items()
        }

    def names(self) -> list[str]:
        return list(self._paths)

    def size_of(self, name: str) -> int:
        return os.path.getsize(self._paths[name])

    def pieces(self, name: str) -> Iterator[bytes]:
        with open(self._paths[name], "rb") as stream:
            yield from iter(lambda: stream.read(BLOCK), b"")


def is_name(name: str) -> bool:
    """Whether a part may be called so: a path that stays inside, without invisible controls."""
    is_short = len(name.encode("utf-8", "replace")) <= MAX_NAME
    return is_short and not _CONTROLS.search(name) and not {"", ".", ".."} & set(name.split("/"))


def said(name: str) -> str:
    """A name that a part may have, for a message: what a terminal might obey is escaped."""
    return name if name.isprintable() else json.dumps(name)


def shown(name: str) -> str:
    """The name for a message, whatever it holds."""
    return json.dumps(name[:100])


# --- units: lines, or what else a part is made of, each with its check sum ------------------------


class Units:
    """Counts the units of a part, each of which ends with `end`, and gives the check sum of each.

    Of CSV it counts the records too: line ends outside quotes.
    """

    def __init__(self, end: bytes, is_csv: bool) -> None:
        self._end, self._is_csv, self.count, self.records = end, is_csv, 0, 0
        self._crc, self._held, self._is_begun, self._is_quoted = 0, b"", False, 0

    def add(self, data: bytes) -> bytes:
        """The check sums of the units that end in these bytes, four bytes each."""
        if self._is_csv:
            self._count_records(data)
        *whole, rest = (self._held + data).split(self._end)
        sums = []
        for piece in whole:
            sums.append(zlib.crc32(self._end, zlib.crc32(piece, self._crc)))
            self._crc = 0
        self._is_begun = bool(rest) or (self._is_begun and not whole)
        cut = max(0, len(rest) - len(self._end) + 1)
        self._crc, self._held = zlib.crc32(rest[:cut], self._crc), rest[cut:]
        self.count += len(sums)
        return struct.pack(f"<{len(sums)}L", *sums)

    def _count_records(self, data: bytes) -> None:
        pieces = data.split(b'"')
        self.records += sum([piece.count(b"\n") for piece in pieces[self._is_quoted :: 2]])
        self._is_quoted = (self._is_quoted + len(pieces) - 1) % 2

    def close(self) -> bytes:
        """The check sum of what stands behind the last end, if anything."""
        if not self._is_begun:
            return b""
        self.count += 1
        return struct.pack("<L", zlib.crc32(self._held, self._crc))


def numbers(pieces: Iterable[bytes]) -> Iterator[int]:
    """Check sums again, of their bytes in pieces."""
    held = b""
    for piece in pieces:
        held += piece
        whole = len(held) // 4 * 4
        for (number,) in struct.iter_unpack("<L", held[:whole]):
            yield number
        held = held[whole:]


def first_difference(
    found: Iterator[int], expected: Iterator[int], n_more: int
) -> tuple[int, str] | None:
    """Place and kind of the first difference of two rows of check sums.

    There are `n_more` found than expected.
    """
    for place in count():
        one, other = next(found, None), next(expected, None)
        if one is None and other is None:
            return None
        if one == other:
            continue
        if n_more < 0 and (one is None or one == next(islice(expected, -n_more - 1, None), None)):
            return place, "is missing"
        if n_more > 0 and (other is None or other == next(islice(found, n_more - 1, None), None)):
            return place, "was added"
        if not n_more and (one, other) == (next(expected, None), next(found, None)):
            return place, "was exchanged with the next one"
        return place, "is not what was written"
    return None


# --- the manifest ---------------------------------------------------------------------------------


def canonical(value: Any) -> bytes:
    """The bytes that digests are of: keys in order, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def as_written(manifest: Any) -> bytes:
    """The bytes of the manifest's file."""
    text = json.dumps(manifest, sort_keys=True, indent=2, ensure_ascii=False)
    return (text + "\n").encode()


def content_digest(manifest: Any) -> str:
    """The digest of what was asked for and came of it: the same whoever asked, and when."""
    return hashlib.sha256(canonical(manifest["content"])).hexdigest()


def bundle_digest(manifest: Any) -> str:
    """The digest of the whole manifest but for this digest itself."""
    rest = {name: value for name, value in manifest.items() if name != "bundleDigest"}
    return hashlib.sha256(canonical(rest)).hexdigest()


def read_manifest(source: Archive | Folder) -> Any:
    """The manifest, if it is what was written."""
    if MANIFEST not in source.names():
        raise NotWhole("manifest.json is missing.")
    if source.size_of(MANIFEST) > MAX_MANIFEST:
        raise NotWhole("manifest.json is larger than a manifest can be.")
    data = b"".join(source.pieces(MANIFEST))
    changed = "manifest.json was changed: "
    try:
        manifest = json.loads(data.decode())
        digests = content_digest(manifest), bundle_digest(manifest)
        is_same = as_written(manifest) == data
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise NotWhole(changed + "it is no manifest any more.") from None
    if not is_same:
        raise NotWhole(changed + "it is laid out otherwise than it was written.")
    if digests != (manifest.get("contentDigest"), manifest.get("bundleDigest")):
        raise NotWhole(changed + "it does not agree with its own digest.")
    if manifest.get("schema") != SCHEMA or not has_parts(manifest["content"]):
        raise NotWhole("manifest.json is not of the version that this program knows.")
    return manifest


def has_parts(content: Any) -> bool:
    """Whether its list of parts can be gone through."""
    try:
        parts = content["parts"]
        is_known = isinstance(parts, list) and all(is_part(part) for part in parts)
        return is_known and len({part["name"] for part in parts}) == len(parts)
    except (KeyError, TypeError, AttributeError):
        return False


def is_part(part: Any) -> bool:
    units = part.get("units") or {"end": "\n", "name": "", "marks": "", "count": 0}
    texts = (
        part["name"],
        part["sha256"],
        part["rowsAre"],
        *map(units.get, ("end", "name", "marks")),
    )
    counts = (part["bytes"], part["rows"] or 0, units["count"])
    are_known = all(isinstance(each, str) for each in texts)
    are_known = are_known and all(isinstance(each, int) for each in counts)
    return are_known and bool(units["end"]) and is_name(part["name"])


# --- the check ------------------------------------------------------------------------------------


def check(path: str, digest: str | None = None) -> tuple[Any, list[str]]:
    """The manifest, and every difference in words: the bundle is whole if there is none."""
    source: Archive | Folder = Folder(path) if os.path.isdir(path) else Archive(path)
    try:
        source.read_names()
        manifest = read_manifest(source)
        return manifest, compare(source, manifest, digest)
    except NotWhole as error:
        return None, [str(error), *source.problems]
    finally:
        source.close()


def compare(source: Archive | Folder, manifest: Any, digest: str | None) -> list[str]:
    """Every difference between the manifest and what is there."""
    problems = []
    if digest and digest.lower() != manifest["bundleDigest"]:
        problems.append(f"This is another bundle: its digest is {manifest['bundleDigest']}.")
    parts = {part["name"]: part for part in manifest["content"]["parts"]}
    if isinstance(source, Folder):
        source.know(parts)
    names = source.names()
    there = set(names)
    problems += [f"{said(name)} is missing." for name in parts if name not in there]
    more = [name for name in names if name not in parts and name != MANIFEST]
    problems += [f"{shown(name)} is no part of the bundle." for name in more]
    if not problems and isinstance(source, Archive) and names != [*parts, MANIFEST]:
        problems.append("The parts stand in another order than they were written.")
    found = {name: check_part(source, parts[name]) for name in parts if name in there}
    for name, (sha256, told) in found.items():
        others = [one["name"] for one in parts.values() if one["sha256"] == sha256]
        is_others = bool(told and others and name not in others)
        problems += [f"{said(name)} holds what {said(others[0])} should."] if is_others else told
    bad = [name for name in source.bad_sums if not found.get(name, ("", []))[1]]
    problems += [f"{said(name)} has another check sum than the archive says." for name in bad]
    return problems + source.problems


def check_part(source: Archive | Folder, part: Any) -> tuple[str, list[str]]:
    """The SHA-256 of what is there, and what is wrong with it."""
    name, of = part["name"], part.get("units")
    sha256, n_bytes = hashlib.sha256(), 0
    units = Units(of["end"].encode(), "records" in part) if of else None
    try:
        for piece in source.pieces(name):
            sha256.update(piece)
            n_bytes += len(piece)
            if units:
                units.add(piece)
    except (NotWhole, OSError) as error:
        return "", [f"{said(name)} cannot be read whole: {error}."]
    if units:
        units.close()
    if (sha256.hexdigest(), n_bytes) != (part["sha256"], part["bytes"]):
        told = where(source, part, n_bytes, units.count if units else 0)
        return sha256.hexdigest(), [f"{said(name)} was changed{told}."]
    return sha256.hexdigest(), miscounted(part, units) if units else []


def miscounted(part: Any, units: Units) -> list[str]:
    """Where the counts that the manifest tells are not those of the part."""
    of = part["units"]
    counts = [(of["name"] + "s", units.count, of["count"])]
    if isinstance(of.get("beforeRows"), int):
        counts.append(("rows", max(0, units.count - of["beforeRows"]), part["rows"]))
    if "records" in part:
        counts.append(("records", units.records, part["records"]))
    return [
        f"{said(part['name'])} has {found} {what}, not {claimed}."
        for what, found, claimed in counts
        if found != claimed
    ]


def where(source: Archive | Folder, part: Any, n_bytes: int, n_units: int) -> str:
    """The first unit that differs, where the part has units and their check sums are there."""
    of = part.get("units")
    size = f", has {n_bytes} bytes instead of {part['bytes']}"
    size = size if n_bytes != part["bytes"] else ""
    if not of or of["marks"] not in source.names():
        return size
    units = Units(of["end"].encode(), False)

    def sums() -> Iterator[bytes]:
        for piece in source.pieces(part["name"]):
            yield units.add(piece)
        yield units.close()

    expected = numbers(source.pieces(of["marks"]))
    found = first_difference(numbers(sums()), expected, n_units - of["count"])
    if not found:
        return size
    place, kind = found
    before = of.get("beforeRows")
    if isinstance(before, int) and place >= before:
        return f"{size}: row {place - before + 1} {kind}"
    return f"{size}: {of['name']} {place + 1} {kind}"


# --- the program ----------------------------------------------------------------------------------


def report(path: str, manifest: Any, problems: list[str]) -> list[str]:
    """What the check found, line by line."""
    if problems:
        return [f"NOT WHOLE: {path}", *["  " + each for each in problems]]
    lines = [f"WHOLE: {path}"]
    for part in manifest["content"]["parts"]:
        rows = "" if part["rows"] is None else f", {part['rows']} {part['rowsAre']}"
        lines.append(f"  {said(part['name'])}: {part['bytes']} bytes{rows}")
    return [*lines, f"  bundle digest {manifest['bundleDigest']}"]


def main(arguments: list[str]) -> int:
    """Check what is named; the exit code."""
    digest, paths = None, []
    rest = iter(arguments)
    for each in rest:
        if each == "--digest":
            digest = next(rest, "")
        else:
            paths.append(each)
    path = paths[0] if paths else os.path.dirname(os.path.abspath(__file__))
    if len(paths) > 1 or digest == "" or not os.path.exists(path):
        print(__doc__)
        return 2
    manifest, problems = check(path, digest)
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    print("\n".join(report(path, manifest, problems)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
