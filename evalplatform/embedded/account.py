"""Which operating-system account the servers run under: PostgreSQL refuses to run as root."""

import os
import pwd
import stat
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evalplatform.embedded.refusals import StartError

NAME = "pgserver"  # the name that the PostgreSQL wheel gives its own such account


@dataclass
class Account:
    """An unprivileged account, and the groups through which it may pass our folders."""

    uid: int
    gid: int
    groups: set[int] = field(default_factory=set)

    def popen_arguments(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": sorted(self.groups)}

    def own(self, path: Path) -> None:
        os.chown(path, self.uid, self.gid)

    def reach(self, *paths: Path) -> None:
        """Let the account pass every folder above `paths`, through groups; never open one to all.

        A folder that others cannot search is passed as a member of its group, which gets the
        search bit and no more. A member of a group is judged by the group's bits alone, so each
        folder of a joined group needs the bit.
        """
        folders = {folder for path in paths for folder in path.resolve().parents}
        status = {folder: folder.stat() for folder in folders}
        others = {f: s for f, s in status.items() if s.st_uid != self.uid}
        self.groups |= {s.st_gid for s in others.values() if not s.st_mode & stat.S_IXOTH}
        for folder, seen in others.items():
            if seen.st_gid in self.groups | {self.gid} and not seen.st_mode & stat.S_IXGRP:
                folder.chmod(stat.S_IMODE(seen.st_mode) | stat.S_IXGRP)


def account_for(home: Path) -> Account | None:
    """None: as whoever starts us. For root: the owner of the home, else an account of its own."""
    if os.geteuid() != 0:
        return None
    owner = home.stat().st_uid
    entry = pwd.getpwuid(owner) if owner else _own_account()
    return Account(entry.pw_uid, entry.pw_gid)


def _own_account() -> pwd.struct_passwd:
    """The account `pgserver`, made when missing; without useradd, `nobody`."""
    for name in (NAME, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            if name == NAME and _make_account():
                return pwd.getpwnam(name)
    raise StartError(
        "PostgreSQL refuses to run as root and no other account could be made. "
        "Start as an ordinary user."
    )


def _make_account() -> bool:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME]
    try:
        made = subprocess.run(command, check=False, capture_output=True)  # noqa: S603
    except FileNotFoundError:
        return False
    return made.returncode in (0, 9)  # 9: another start made it in this moment
