"""Which names a member of a suite's ZIP may have, and which name in a Files cell means which."""

from __future__ import annotations

import re
import stat
import unicodedata
from collections.abc import Iterator, Sequence

from datasets.formats.zip_directory import DEFLATED, STORED, Member

FOLDER = "documents/"
MAX_NAME = 300  # as long as the names of attachments
_ARCHIVES = frozenset(
    {"zip", "zipx", "tar", "gz", "tgz", "bz2", "tbz", "tbz2", "xz", "txz", "lzma", "7z", "rar"}
    | {"jar", "war", "ear", "apk", "zst", "lz4", "br", "lz", "z", "cab", "iso", "arj", "lzh"}
    | {"dmg", "deb", "rpm", "whl", "egg", "ipa", "cpio", "wim", "ace", "sit"}
)
_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_DRIVE = re.compile(r"[A-Za-z]:")


def is_noise(name: str) -> bool:
    """What macOS adds to an archive by itself."""
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1] == ".DS_Store"


def member_faults(members: Sequence[Member]) -> Iterator[tuple[str, str]]:
    """Names of members that cannot be taken, and why."""
    seen: dict[str, str] = {}
    for member in members:
        if fault := _name_fault(member.name) or _kind_fault(member):
            yield member.name, fault
        key = _nfc(_nfc(member.name).casefold())
        first = seen.setdefault(key.rstrip("/"), member.name)
        if first is not member.name:
            yield member.name, _twice(first, member.name)


def _twice(first: str, name: str) -> str:
    if first == name:
        return "This file is in the archive twice. Remove one of the two."
    return f'This name is hardly different from "{first[:200]}". Rename one of the two.'


def _name_fault(name: str) -> str:
    if _CONTROLS.search(name):
        return "This name holds invisible characters. Rename the file."
    if len(name) > MAX_NAME:
        return f"This name is longer than {MAX_NAME} characters. Shorten it."
    if "\\" in name:
        return "This name holds a backslash. Pack the folder with / between folders."
    if name.startswith("/") or _DRIVE.match(name):
        return "This name begins at the root of a disk. Pack the folder, not the disk."
    parts = name.removesuffix("/").split("/")
    if any(part.strip() in ("", ".", "..") for part in parts):
        return "This name leads out of its folder. Rename the file."
    return ""


def _kind_fault(member: Member) -> str:
    if member.is_encrypted:
        return "This file is encrypted. Pack the folder without a password."
    if stat.S_IFMT(member.mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "This is a link or a device, not a file. Put the file itself into the folder."
    if member.method not in (STORED, DEFLATED):
        return (
            f"This file is compressed in a way that is not taken (method {member.method}). "
            "Pack the folder again with the tool of your system."
        )
    if member.is_folder and member.n_bytes:
        return "This folder holds bytes itself. Pack the folder again."
    if _is_archive(member.name) and not is_noise(member.name):
        return "This is an archive inside of the archive. Unpack it first."
    return ""


def _is_archive(name: str) -> bool:
    return "." in name and name.rsplit(".", 1)[1].lower() in _ARCHIVES


def is_suite(name: str) -> bool:
    """Whether a member is a suite by its name: at the root, .csv or .json in any case."""
    return "/" not in name and name.lower().endswith((".csv", ".json"))


def _nfc(name: str) -> str:
    return unicodedata.normalize("NFC", name)


class FileNames:
    """Finds the member that a Files cell names, and remembers which ones were named."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = {_nfc(name): name for name in names if name.startswith(FOLDER)}
        self.used: dict[str, None] = {}

    def find(self, name: str) -> tuple[str, str]:
        """The path of the member, or "" and what is wrong: its path, or its bare name."""
        if not name.startswith(FOLDER) and ("/" in name or "\\" in name):
            return "", (
                f'"{name[:200]}" is not in the folder documents of the ZIP. '
                "Move the file there and write documents/ before its name."
            )
        path = name if name.startswith(FOLDER) else FOLDER + name
        if (found := self._names.get(_nfc(path))) is None:
            return "", self._absent(path)
        self.used[found] = None
        return found, ""

    def _absent(self, path: str) -> str:
        near = [name for key, name in self._names.items() if key.casefold() == path.casefold()]
        hint = f'Did you mean "{near[0][:200]}"?' if near else "Add the file, or empty the cell."
        return f'The ZIP holds no file "{path[:200]}". {hint}'
