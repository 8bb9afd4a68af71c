"""The suite ZIP: one suite.csv or suite.json at the root, and the files it names in documents/."""

from __future__ import annotations

import hashlib
import io
import itertools
import tempfile
from collections.abc import Iterator, Set
from typing import BinaryIO, cast

from datasets.formats import suite_csv, suite_json
from datasets.formats.items import AttachmentRecord, ItemFinding, ItemReading
from datasets.formats.options import ReadOptions
from datasets.formats.records import RowError, row_error, row_warning
from datasets.formats.zip_directory import Member, ZipFault, read_directory
from datasets.formats.zip_members import MemberStream, TooMuch, ZipCaps, caps_in_force, unpacked
from datasets.formats.zip_names import FOLDER, FileNames, is_noise, is_suite, member_faults

_DEFAULTS = ReadOptions()


def read(
    stream: BinaryIO, *, options: ReadOptions = _DEFAULTS, caps: ZipCaps | None = None
) -> ItemReading:
    """The suite inside; each AttachmentRecord stands before the first test that names the file.

    Every member is unpacked and its checksum compared, none is written under its own name.
    """
    caps = caps or caps_in_force()
    try:
        members = read_directory(stream, caps.max_members)
    except ZipFault as fault:
        yield row_error(None, "", str(fault))
        return
    faults = [*member_faults(members)]
    yield from (row_error(None, name, fault, name) for name, fault in faults)
    yield from _Archive(stream, members, caps, {name for name, _ in faults}).read(options)


def open_attachment(stream: BinaryIO, name: str, caps: ZipCaps | None = None) -> io.BufferedReader:
    """The file of that name in an archive that was read before; ZipFault when it is not whole."""
    caps = caps or caps_in_force()
    for member in read_directory(stream, caps.max_members):
        if member.name == name and name.startswith(FOLDER):
            return io.BufferedReader(MemberStream(stream, member, caps))
    raise ZipFault(f'The archive holds no file "{name[:200]}". Import it again.')


class _Archive:
    """An archive whose directory is sound; what its members hold is still to be seen."""

    def __init__(
        self, stream: BinaryIO, members: list[Member], caps: ZipCaps, faulty: Set[str]
    ) -> None:
        self._stream = stream
        self._members = [member for member in members if not member.is_folder]
        self._caps = caps
        self._faulty = faulty  # never unpacked
        self._n_left = caps.max_bytes
        self._digests: dict[str, tuple[str, int]] = {}

    def read(self, options: ReadOptions) -> Iterator[ItemFinding]:
        """Errors of the members, then what the suite says, then the files."""
        suites = [member for member in self._members if is_suite(member.name)]
        if len(suites) != 1:
            yield _no_single_suite(suites)
        with tempfile.TemporaryFile() as copy:
            yield from self._unpack(suites, cast(BinaryIO, copy))
            if len(suites) == 1 and suites[0].name in self._digests:
                yield from self._suite(suites[0], cast(BinaryIO, copy), options)

    def _unpack(self, suites: list[Member], copy: BinaryIO) -> Iterator[RowError]:
        """Reads every member; the suite goes to `copy`, of the others the hash is kept."""
        for member in self._members:
            if member.name in self._faulty:
                continue
            try:
                self._digests[member.name] = self._digest(
                    member, copy if member in suites else None
                )
            except TooMuch as fault:
                yield row_error(None, member.name, str(fault), member.name)
                return  # a bomb is not looked into further
            except ZipFault as fault:
                yield row_error(None, member.name, str(fault), member.name)

    def _digest(self, member: Member, copy: BinaryIO | None) -> tuple[str, int]:
        digest, n_bytes = hashlib.sha256(), 0
        for piece in unpacked(self._stream, member, self._caps, self._n_left):
            digest.update(piece)
            n_bytes += len(piece)
            self._n_left -= len(piece)
            if copy:
                copy.write(piece)
        return digest.hexdigest(), n_bytes

    def _suite(self, suite: Member, copy: BinaryIO, options: ReadOptions) -> Iterator[ItemFinding]:
        copy.seek(0)
        files = FileNames([member.name for member in self._members])
        reader = suite_csv if suite.name.lower().endswith(".csv") else suite_json
        n_given = 0
        for found in reader.read(copy, options=options, find_file=files.find):
            if len(files.used) > n_given:
                for name in itertools.islice(files.used, n_given, None):
                    if name in self._digests:
                        yield AttachmentRecord(name, *self._digests[name])
                n_given = len(files.used)
            yield found
        yield from self._unused(files)

    def _unused(self, files: FileNames) -> Iterator[ItemFinding]:
        for member in self._members:
            name = member.name
            if name in files.used or is_suite(name) or is_noise(name):
                continue
            if name.startswith(FOLDER):
                message = "No test names this file, it is ignored."
            else:
                message = "This is neither the suite nor in the folder documents, it is ignored."
            yield row_warning(None, name, message)


def _no_single_suite(suites: list[Member]) -> RowError:
    if not suites:
        message = "The ZIP holds no suite. Put a suite.csv or suite.json at its top, in no folder."
        return row_error(None, "", message)
    names = ", ".join(member.name for member in suites)
    message = f"The ZIP holds {len(suites)} suites at its top. Leave one of them."
    return row_error(None, "", message, names)
