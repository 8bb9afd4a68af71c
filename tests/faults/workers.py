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
    """`with Worker() as worker:`; `worker.kill()` ends the whole group with SIGKILL."""

    def __init__(self, *, lease_seconds: int = 2) -> None:
        name = str(connection.settings_dict["NAME"])
        self.environment = os.environ | {
            "DATABASE_URL": make_conninfo(os.environ["DATABASE_URL"], dbname=name),
            "EVALPLATFORM_JOB_LEASE_SECONDS": str(lease_seconds),
        }

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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.kill()


def wait_until(is_so: Callable[[], bool], *, seconds: float = 60) -> None:
    """Look ten times a second until it is so."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(0.1)
