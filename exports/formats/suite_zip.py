"""The suite ZIP: the suite at the root, the files its tests name in documents/.

Members are stored, not compressed: the bytes are then the same on every machine, and no text,
however often it repeats itself, looks like an attack to who imports it.
"""

from __future__ import annotations

import re
import shutil
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import BinaryIO, NamedTuple

from datasets.formats.zip_names import FOLDER, MAX_NAME

_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX, _PLAIN_FILE = 3, 0o100644 << 16
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\\\\:]")
_CHUNK = 1 << 20


class ZipFile(NamedTuple):
    """A file for the archive: where it goes, and how to open it when its turn comes."""

    path: str
    open: Callable[[], BinaryIO]


def write(out: BinaryIO, name: str, suite: Iterable[str], files: Iterable[ZipFile]) -> None:
    """Writes the archive: `suite` are the pieces of suite.csv or suite.json, `name` says which.

    Memory holds a piece at a time; the same content gives the same bytes.
    """
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        with archive.open(_entry(name), "w") as member:
            for piece in suite:
                member.write(piece.encode())
        for file in files:
            with file.open() as source, archive.open(_entry(file.path), "w") as member:
                shutil.copyfileobj(source, member, _CHUNK)


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _TIME)
    entry.create_system = _UNIX
    entry.external_attr = _PLAIN_FILE
    return entry


def paths(files: Iterable[tuple[str, str]]) -> Mapping[tuple[str, str], str]:
    """Where each file of a name and a sha256 goes: documents/<name>, and documents/<hash>/<name>
    when different files have that name. The order of the files plays no part.
    """
    by_name: dict[str, dict[str, str]] = {}
    distinct = sorted(set(files))
    for name, sha256 in distinct:
        by_name.setdefault(_alike(name), {}).setdefault(sha256, _safe(name))
    return {(name, sha256): _path(by_name[_alike(name)], sha256) for name, sha256 in distinct}


def _path(by_hash: Mapping[str, str], sha256: str) -> str:
    folder = f"{FOLDER}{sha256[:16]}/" if len(by_hash) > 1 else FOLDER
    return folder + by_hash[sha256]


def _alike(name: str) -> str:
    """The same for names that an archive cannot hold side by side."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", _safe(name)).casefold())


def _safe(name: str) -> str:
    """The name as an archive may have it: no folder, nothing that leads out of one."""
    last = _UNSAFE.sub("_", name.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]).strip()
    if last in ("", ".", ".."):
        return "file"
    stem, dot, suffix = last.rpartition(".")
    longest = MAX_NAME - 100
    return last if len(last) <= longest else f"{(stem or last)[:longest]}{dot}{suffix[:20]}"
