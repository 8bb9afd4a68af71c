"""A real Celery worker in a process group of its own, on the database of the test."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from types import TracebackType

from django.db import connection
from psycopg.conninfo import make_conninfo

COMMAND = ["celery", "-A", "evalplatform", "worker", "--concurrency=1", "--loglevel=WARNING"]
QUIET = ["--without-gossip", "--without-mingle"]


class Worker:
    """`with Worker() as worker:`; `worker.kill()` ends the whole group with SIGKILL.

    `redis_url` gives it another broker than the session's.
    """

    def __init__(self, *, lease_seconds: int = 2, redis_url: str = "") -> None:
        self.environment = environment(lease_seconds=lease_seconds, redis_url=redis_url)

    def __enter__(self) -> Worker:
        self.process = subprocess.Popen(
            [sys.executable, "-m", *COMMAND, *QUIET], env=self.environment, start_new_session=True
        )
        return self

    def kill(self) -> None:
        """End worker and pool children at once, as a power cut would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, *, patience: float = 60) -> None:
        """Ask it to end, as a deploy would: it finishes what it does."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(patience)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.kill()


def environment(*, lease_seconds: int = 2, redis_url: str = "") -> dict[str, str]:
    """Return what a process needs to work on the database of the test, impatiently."""
    name = str(connection.settings_dict["NAME"])
    return os.environ | {
        "DATABASE_URL": make_conninfo(os.environ["DATABASE_URL"], dbname=name),
        "REDIS_URL": redis_url or os.environ["REDIS_URL"],
        "EVALPLATFORM_JOB_LEASE_SECONDS": str(lease_seconds),
        "EVALPLATFORM_JOB_RESEND_SECONDS": "2",
    }


def run_code(code: str, **chosen: str) -> subprocess.CompletedProcess[str]:
    """Run Python with Django ready in a process of its own, to its end."""
    return subprocess.run(
        [sys.executable, "-c", f"import django\ndjango.setup()\n{code}"],
        env=environment(**chosen),
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )


def wait_until(is_so: Callable[[], bool], *, seconds: float = 60) -> None:
    """Look ten times a second until it is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.1)
