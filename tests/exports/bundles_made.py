"""A small bundle without a database, and ways to do it harm."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

from exports.bundles import verify
from exports.bundles.building import ALWAYS, HERE
from exports.bundles.layouts import layout_of, layout_of_member
from exports.bundles.writing import BundleWriter
from exports.catalog import FORMATS
from exports.formats.options import ExportOptions
from exports.formats.records import Tally
from tests.exports.conversations import RICH, session

LINES = [f'{{"messages": [{{"role": "user", "content": "number {n}"}}]}}\n' for n in range(1, 9)]
TABLE = 'id,text\n1,"one\nline ""more"""\n2,two\n3,\n'
DOCUMENT = 'data/documents/für "später"? e\u0301.bin'
CALLED = [session(("user", f"question {n}"), ("assistant", f"answer {n}")) for n in range(1, 6)]


def make_bundle(path: Path) -> Path:
    """Write a bundle of four parts: of rows, of test cases, of lines, and one without lines."""
    tally = Tally()
    cases = FORMATS["deepeval"].write([RICH, *CALLED], ExportOptions(), tally)
    with path.open("w+b") as out:
        writer = BundleWriter(out)
        for name in ALWAYS:
            writer.add(name, [(HERE / name).read_bytes()])
        writer.add("data/chats.jsonl", LINES, layout_of("openai", ".jsonl")).rows = len(LINES)
        part = writer.add("data/cases.json", cases, layout_of("deepeval", ".json"))
        part.rows, part.rows_are = tally.n_test_cases, "test cases"
        writer.add("data/table.csv", [TABLE], layout_of_member("table.csv")).rows = 3
        writer.add(DOCUMENT, [bytes(range(256)) * 20])
        writer.close(manifest_for(writer))
    return path


def manifest_for(writer: BundleWriter, **content: Any) -> dict[str, Any]:
    """Return a manifest of these parts."""
    parts = [part.told() for part in writer.parts]
    return signed({"content": {"format": "some", **content, "parts": parts}})


def signed(manifest: dict[str, Any]) -> dict[str, Any]:
    """The same with the digests that belong to it: what a forger would do."""
    manifest = {"schema": verify.SCHEMA} | manifest
    manifest["contentDigest"] = verify.content_digest(manifest)
    manifest["bundleDigest"] = verify.bundle_digest(manifest)
    return manifest


def members(path: Path) -> dict[str, bytes]:
    """Return what is in a bundle, as any ZIP program reads it."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, held: dict[str, bytes]) -> Path:
    """Write an archive of these members that is right as an archive, whatever they hold."""
    out, entries = b"", b""
    for name, data in held.items():
        crc = zlib.crc32(data)
        entries += verify.directory_entry(name, crc, len(data), len(out))
        out += verify.local_header(name, crc, len(data)) + data
    path.write_bytes(out + entries + verify.directory_end(len(held), len(entries), len(out)))
    return path


def unpack(path: Path, folder: Path) -> Path:
    """Unpack a bundle as any ZIP program does."""
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return folder


def problems(path: Path, digest: str | None = None) -> list[str]:
    return verify.check(str(path), digest)[1]
