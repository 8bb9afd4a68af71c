"""Drives a real `python -m evalplatform.embedded run` in a home of its own."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psutil

from evalplatform.embedded.account import Account
from evalplatform.embedded.postgres import binaries
from evalplatform.embedded.redis import binary

PROJECT = Path(__file__).resolve().parents[2]
QUICKLY = {"PORT": "0", "EVALPLATFORM_DEMO": "0"}
GIVEN = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DJANGO_SETTINGS_MODULE", "EVALPLATFORM_HOME")


def bare_environment(home: Path, **more: str) -> dict[str, str]:
    """As a person's shell has it: nothing of this test session."""
    kept = {name: value for name, value in os.environ.items() if name not in GIVEN}
    kept.pop("EVALPLATFORM_PLAIN_STATIC", None)
    return kept | {"EVALPLATFORM_HOME": str(home), **QUICKLY} | more


class Installation:
    """One running parent and what it says."""

    def __init__(
        self, home: Path, *, words: Sequence[str] = (), become: Sequence[str] = (), **more: str
    ) -> None:
        self.home = home
        program = [sys.executable, "-m", "evalplatform.embedded", "run"]
        home.parent.mkdir(parents=True, exist_ok=True)
        self._output = Path(tempfile.mkstemp(prefix="said-", dir=home.parent)[1])
        with self._output.open("ab") as output:
            self.parent = subprocess.Popen(
                [*become, *(words or program)],
                cwd=PROJECT,
                env=bare_environment(home, **more),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def said(self) -> str:
        return self._output.read_text()

    def wait_until_it_says(self, words: str, seconds: float = 180) -> str:
        wait_for(lambda: words in self.said or self.parent.poll() is not None, seconds)
        assert words in self.said, self.said
        return self.said

    def wait_until_it_serves(self) -> None:
        self.wait_until_it_says("Ctrl-C stops")

    def wait_until_ready(self, seconds: float = 60) -> None:
        wait_for(lambda: self.get("/readyz")[0] == 200, seconds)

    @property
    def address(self) -> str:
        found = re.search(r"runs at (http://\S+)", self.said)
        assert found, self.said
        return found[1]

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def child(self, name: str) -> psutil.Process:
        """The child as it is recorded now."""
        return psutil.Process(self.recorded_pid(name))

    def recorded_pid(self, name: str) -> int:
        return next(int(r["pid"]) for r in self.records() if r["name"] == name)

    def records(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads((self.home / "processes.json").read_text())
        return found

    def everything(self) -> list[psutil.Process]:
        """All that was given this home or works in it, recorded or not."""
        return [p for p in psutil.process_iter() if _belongs_to(p, self.home)]

    def services(self) -> dict[str, str]:
        found: dict[str, str] = json.loads((self.home / "services.json").read_text())
        return found

    def processes(self) -> list[psutil.Process]:
        """Everything that runs for this home, whoever its parent is by now."""
        sessions = {record["pid"] for record in self.records()}
        return [p for p in psutil.process_iter() if _session(p) in sessions]

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 120) -> int:
        """Longer than all the grace that is given to children that do not listen."""
        self.parent.send_signal(number)
        return self.parent.wait(seconds)

    def kill_and_clear(self) -> None:
        """For the end of a test that failed: nothing may be left."""
        with contextlib.suppress(ProcessLookupError):
            self.parent.kill()
        self.parent.wait(10)


def as_nobody() -> list[str]:
    """Words that run a command as an ordinary user who can read the checkout wherever it lies.

    Folders are passed through their groups, as root's servers pass them; a capability to read is
    not enough, because initdb asks with access(2), which does not count it.
    """
    nobody = Account(uid=65534, gid=65534)
    nobody.reach(binaries() / "postgres", binary(), PROJECT / "manage.py")
    groups = ",".join(map(str, sorted(nobody.groups | {nobody.gid})))
    reads = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]
    return ["setpriv", "--reuid", "65534", "--regid", "65534", "--groups", groups, *reads]


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"did not happen within {seconds} s"
        time.sleep(0.05)


def gone(processes: list[psutil.Process]) -> bool:
    return not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in processes)


def _belongs_to(process: psutil.Process, home: Path) -> bool:
    with contextlib.suppress(psutil.Error):
        given = process.environ().get("EVALPLATFORM_HOME")
        return given == str(home) or Path(process.cwd()).is_relative_to(home)
    return False


def _session(process: psutil.Process) -> int | None:
    try:
        return os.getsid(process.pid)
    except OSError:
        return None
