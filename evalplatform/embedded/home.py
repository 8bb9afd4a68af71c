"""The private folder that holds everything of one installation, and the paths inside it."""

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from evalplatform.embedded.account import Account
from evalplatform.embedded.refusals import StartError, plain_disk_errors
from evalplatform.embedded.stopping import Pause

DEFAULT = "var"
LONGEST_SOCKET_PATH = 100  # the kernel refuses more than 107 bytes
LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
ROOM_NEEDED = 150 * 1024 * 1024  # bytes: a new cluster and its first write-ahead log
STOPPING = "stopping"
SIGNS_OF_A_HOME = ("lock", "secret_key", "services.json", "postgres", "redis")


@dataclass(frozen=True)
class Home:
    """EVALPLATFORM_HOME: readable by its owner only."""

    path: Path

    @classmethod
    def from_environment(cls) -> "Home":
        return cls(Path(os.environ.get("EVALPLATFORM_HOME") or DEFAULT).absolute())

    @property
    def services_file(self) -> Path:
        return self.path / "services.json"

    @property
    def processes_file(self) -> Path:
        return self.path / "processes.json"

    @property
    def lock_file(self) -> Path:
        return self.path / "lock"

    @property
    def demo_file(self) -> Path:
        return self.path / "demo.json"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def make(self) -> None:
        """Create the folder, 0700; refuse one that holds somebody's other things."""
        with plain_disk_errors(self.path):
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._refuse_a_foreign_folder()
            self.path.chmod(0o700)
            self.logs.mkdir(mode=0o700, exist_ok=True)

    def require_room(self) -> None:
        free = shutil.disk_usage(self.path).free
        if free < ROOM_NEEDED:
            raise StartError(
                f"The disk that holds {self.path} is full: {free // 2**20} MB free, "
                f"{ROOM_NEEDED // 2**20} MB needed. Free some space and start again."
            )

    def is_full(self, output: str) -> bool:
        """Whether a program with this last output failed for want of space, even if mute."""
        return "No space left" in output or shutil.disk_usage(self.path).free < 2**20

    def folder(self, name: str, account: Account | None) -> Path:
        """A folder of the home, 0700, that belongs to the account that its server runs under."""
        path = self.path / name
        with plain_disk_errors(path):
            path.mkdir(mode=0o700, exist_ok=True)
            if account is not None:
                account.own(path)
        return path

    def sockets(self, account: Account | None) -> Path:
        """Where the servers' sockets lie: in the home, or in a short private folder it links to."""
        inside = self.path / "sockets"
        with plain_disk_errors(inside):
            self._drop_link(inside)
            if len(os.fsencode(inside / LONGEST_SOCKET_NAME)) <= LONGEST_SOCKET_PATH:
                return self.folder("sockets", account)
            short = Path(tempfile.mkdtemp(prefix="evalplatform-", dir="/tmp"))
            inside.symlink_to(short)
            if account is not None:
                account.own(short)
            return short

    def drop_sockets(self) -> None:
        """Remove a short socket folder outside the home; one inside may stay."""
        self._drop_link(self.path / "sockets")

    def write_services(self, urls: dict[str, str]) -> None:
        """Tell `settings` and every `manage.py` where the servers are; replaced whole, 0600."""
        write_private(self.services_file, json.dumps(urls, indent=1) + "\n")

    def hold(self, patience: float = 30.0, pause: Pause = time.sleep) -> IO[str]:
        """Take this home for one running instance; the kernel lets go when the process ends.

        One that is stopping right now is waited for, `patience` seconds at most.
        """
        with plain_disk_errors(self.path):
            lock = self.lock_file.open("a+")
        deadline = time.monotonic() + patience
        while not _lock_now(lock):
            lock.seek(0)
            holder, _, state = lock.read().strip().partition(" ")
            if state != STOPPING or time.monotonic() > deadline:
                lock.close()
                raise StartError(
                    f"evalplatform is already running on {self.path} (process {holder}). "
                    "Stop it first, or set EVALPLATFORM_HOME to another folder."
                )
            pause(0.1)
        write_holder(lock)
        return lock

    def _refuse_a_foreign_folder(self) -> None:
        ours = any((self.path / name).exists() for name in SIGNS_OF_A_HOME)
        if not ours and any(self.path.iterdir()):
            raise StartError(
                f"{self.path} holds other files. Set EVALPLATFORM_HOME to an empty or new folder."
            )

    def _drop_link(self, link: Path) -> None:
        if link.is_symlink():
            target = link.readlink()
            link.unlink()
            if target.name.startswith("evalplatform-"):
                shutil.rmtree(target, ignore_errors=True)


def write_holder(lock: IO[str], state: str = "") -> None:
    """Say in the lock who holds it, and whether that one is on its way out."""
    with contextlib.suppress(OSError):  # a full disk must not keep anyone from stopping
        lock.truncate(0)
        lock.write(f"{os.getpid()} {state}\n")
        lock.flush()


def _lock_now(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only."""
    with plain_disk_errors(path.parent):
        fresh = path.with_name(path.name + ".new")
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        fresh.replace(path)
