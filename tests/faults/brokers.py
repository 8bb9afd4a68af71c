"""A Redis of one test's own, to be stopped, killed and flushed without harm to other tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

import redis

from evalplatform.embedded.redis import binary
from tests.faults.workers import wait_until


class Broker:
    """`broker.start()` again after `stop()` or `kill()` keeps what it held."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "r.sock"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self) -> None:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "dir": str(self.folder),
            "save": "",
            "appendonly": "yes",
        }
        words = [word for name, value in options.items() for word in (f"--{name}", value)]
        self.process = subprocess.Popen([str(binary()), *words], stdout=subprocess.DEVNULL)
        wait_until(self.answers)

    def answers(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"it ended with code {self.process.returncode}"
        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False

    def client(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.socket))

    def stop(self) -> None:
        """SIGTERM: it ends as a restarted service does."""
        if self.process:
            self.process.terminate()
            self.process.wait(10)

    def kill(self) -> None:
        """SIGKILL: it ends as a crash does."""
        if self.process:
            self.process.kill()
            self.process.wait()
