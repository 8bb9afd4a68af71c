"""Child processes that cannot outlive us unseen, known by their pid and start time."""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from evalplatform.embedded.account import Account
from evalplatform.embedded.home import write_private
from evalplatform.embedded.refusals import plain_disk_errors
from evalplatform.embedded.stopping import Pause

LARGEST_LOG = 10 * 1024 * 1024  # bytes; a larger one is set aside at the next start
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Recorded:
    """A process as `processes.json` knows it; a pid alone may be somebody else's by now."""

    name: str
    pid: int
    started: float

    @classmethod
    def of(cls, name: str, pid: int) -> "Recorded":
        return cls(name, pid, psutil.Process(pid).create_time())

    def leader(self) -> psutil.Process | None:
        """The very process that was recorded, when it still runs."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.started) < 1
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None

    def session(self) -> list[psutil.Process]:
        """All that still run of the session it led; the kernel keeps the number while any does."""
        return [p for p in psutil.process_iter() if _session_of(p) == self.pid and self._after(p)]

    def _after(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            alive: bool = process.status() != psutil.STATUS_ZOMBIE
            return alive and process.create_time() > self.started - 1
        return False


@dataclass(frozen=True)
class Launch:
    """How one child is started, and which signals end it: politely, then at once."""

    name: str
    arguments: Sequence[str]
    folder: Path
    log: Path
    environment: Mapping[str, str]
    account: Account | None = None
    polite: signal.Signals = signal.SIGTERM
    urgent: signal.Signals = signal.SIGQUIT
    inherited: tuple[int, ...] = ()

    def start(self) -> subprocess.Popen[bytes]:
        """Start it in a session of its own, output to its log, to be ended when we die."""
        set_aside(self.log)
        as_whom = self.account.popen_arguments() if self.account else {}
        with plain_disk_errors(self.log):
            log = self.log.open("ab")
        with log:
            return subprocess.Popen(  # noqa: S603
                list(self.arguments),
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=self.inherited,
                preexec_fn=dies_with_parent(self.urgent),
                **as_whom,
            )


def signal_when_parent_dies(number: signal.Signals) -> None:
    """Ask the kernel to send us `number` when our parent ends, however it ends (Linux only)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(number))


def dies_with_parent(number: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: the child gets `number` when we end, even by kill -9."""
    parent = os.getpid()

    def ask() -> None:
        if number != signal.SIGKILL:  # a shell has what it starts with & ignore SIGQUIT
            signal.signal(number, signal.SIG_DFL)
        signal_when_parent_dies(number)
        if os.getppid() != parent:  # it died before we could ask
            os._exit(1)

    return ask


def set_aside(log: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LARGEST_LOG:
            log.replace(log.with_name(log.name + ".1"))


def last_lines(log: Path, n: int = 1) -> str:
    """The end of a log, on one line, for a message."""
    with contextlib.suppress(FileNotFoundError):
        lines = log.read_text(errors="replace").splitlines()
        return " / ".join(line.strip() for line in lines[-n:] if line.strip())
    return ""


def write_records(path: Path, records: Iterable[Recorded]) -> None:
    write_private(path, json.dumps([asdict(record) for record in records], indent=1) + "\n")


def read_records(path: Path) -> list[Recorded]:
    """What an earlier start left; a torn or foreign file counts as nothing."""
    try:
        return [Recorded(r["name"], int(r["pid"]), float(r["started"])) for r in _list_in(path)]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def end_recorded(
    records: Iterable[Recorded], *, patience: float = 12.0, pause: Pause = time.sleep
) -> list[str]:
    """End what a dead parent left behind; PostgreSQL by its own signals and never by SIGKILL."""
    left = {record: record.session() for record in records}
    left = {record: processes for record, processes in left.items() if processes}
    for record in left:
        _signal(record.leader(), signal.SIGINT if record.name == "postgres" else signal.SIGTERM)
    deadline = time.monotonic() + patience / 4
    for number in (signal.SIGQUIT, signal.SIGKILL):
        _wait_until_gone(left, deadline, pause)
        for record in left:
            if record.name != "postgres" or number is signal.SIGQUIT:
                for process in record.session():
                    _signal(process, number)
        deadline = time.monotonic() + patience / 2
    _wait_until_gone(left, deadline, pause)
    return [record.name for record in left]


def end_session(record: Recorded) -> None:
    """Kill what is left of the session of a child whose leader died, and see it gone."""
    for process in record.session():
        _signal(process, signal.SIGKILL)
    _wait_until_gone([record], time.monotonic() + 5, time.sleep)


def _wait_until_gone(records: Iterable[Recorded], deadline: float, pause: Pause) -> None:
    while time.monotonic() < deadline and any(record.session() for record in records):
        pause(0.05)


def _signal(process: psutil.Process | None, number: signal.Signals) -> None:
    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def _session_of(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except OSError:
        return None


def _list_in(path: Path) -> list[dict[str, str]]:
    found = json.loads(path.read_text())
    if not isinstance(found, list):
        raise TypeError("a list of processes was expected")
    return found
