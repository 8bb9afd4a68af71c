"""Where files of exports lie: one name per attempt, so that no two attempts share a file.

In a folder a file is written as `<name>.part` and renamed when it is whole. A storage that is no
folder (S3) is given the whole file from a nameless temporary one.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import InterfaceError, OperationalError

if TYPE_CHECKING:
    from exports.models import Export

FOLDER = "exports"
PART = ".part"
BLOCK = 256 * 1024
MANIFEST = ".manifest.json"
NAME = re.compile(r"(?P<export>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.(?P<attempt>\d+)\..+")
NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
Waiting = Callable[[], None]


def attempt_name(export: Export, attempt: int) -> str:
    """Return the name in storage of what one attempt at an export builds."""
    return f"{FOLDER}/{export.pk}.{attempt}{export.suffix}"


def temporary_file() -> BinaryIO:
    """Return a nameless file on the installation's own disk: gone when closed, or when we die."""
    folder = settings.HOME / "tmp"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return cast(BinaryIO, tempfile.TemporaryFile(dir=folder))


def made_beside(write: Callable[[BinaryIO], Iterable[object]]) -> Iterator[bytes]:
    """The blocks of what wants to be written, not asked for pieces; an empty one at each step."""
    with temporary_file() as out:
        for _ in write(out):
            yield b""
        out.seek(0)
        while block := out.read(BLOCK):
            yield block


def is_folder() -> bool:
    """Whether files are kept in a folder of this machine."""
    return isinstance(default_storage, FileSystemStorage)


@contextmanager
def whole_file(name: str, while_waiting: Waiting) -> Iterator[BinaryIO]:
    """Give a file to write and read, which has its name only once it is whole and on the disk.

    `while_waiting` is called now and then during what takes long; it may stop it by raising.
    """
    keep = folder_file if is_folder() else stored_file
    with keep(name, while_waiting) as handle:
        yield handle


@contextmanager
def folder_file(name: str, while_waiting: Waiting) -> Iterator[BinaryIO]:
    """The same in a folder: flushed, renamed, and the folder flushed that holds the name."""
    final = Path(default_storage.path(name))
    part = final.with_name(final.name + PART)
    final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with os.fdopen(os.open(part, NEW_FILE, 0o600), "w+b") as handle:
            yield handle
            handle.flush()
            while_waiting()
            os.fsync(handle.fileno())
        part.replace(final)
        flush_folder(final.parent)
    finally:
        part.unlink(missing_ok=True)


def flush_folder(folder: Path) -> None:
    """Make the names in a folder survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def stored_file(name: str, while_waiting: Waiting) -> Iterator[BinaryIO]:
    """The same in a storage that takes whole files, which may take minutes."""
    with temporary_file() as handle:
        yield handle
        handle.seek(0)
        with ThreadPoolExecutor(max_workers=1) as pool:
            saving = pool.submit(default_storage.save, name, File(handle))
            while not wait([saving], timeout=1).done:
                while_waiting()
            saving.result()


def save_manifest(name: str, manifest: dict[str, Any]) -> None:
    """Write the manifest beside the file of that name."""
    default_storage.save(name + MANIFEST, ContentFile(manifest_bytes(manifest)))


def manifest_bytes(manifest: dict[str, Any]) -> bytes:
    """Return the manifest as its file has it, keys in one order whatever kept it meanwhile."""
    return (json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


@contextmanager
def removed_on_failure(name: str) -> Iterator[None]:
    """Remove the file and its manifest when the block fails: nobody will refer to them.

    When the database went away nobody knows whether its row was saved: the sweep will see.
    """
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except BaseException:
        with suppress(OSError):
            remove(name)
        raise


def remove(name: str) -> None:
    """Remove a file, its manifest and its beginnings; what is not there is removed already."""
    for ending in ("", MANIFEST, PART):
        default_storage.delete(name + ending)


def remove_older_attempts(export: Export, attempt: int) -> None:
    """Remove what earlier attempts at this export left when their workers died."""
    for name in names_in_storage():
        found = NAME.fullmatch(name)
        if found and found["export"] == str(export.pk) and int(found["attempt"]) < attempt:
            default_storage.delete(f"{FOLDER}/{name}")


def names_in_storage() -> list[str]:
    """Return the names of all files of exports, without their folder."""
    try:
        return list(default_storage.listdir(FOLDER)[1])
    except FileNotFoundError:
        return []
