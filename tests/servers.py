"""The web server people use, as a process of its own on the database of the test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from email.message import Message
from types import TracebackType

from django.db import connection
from psycopg.conninfo import make_conninfo

COMMAND = ["gunicorn", "evalplatform.wsgi", "--no-control-socket", "--worker-class", "gthread"]
SIZE = ["--workers", "1", "--threads", "8", "--graceful-timeout", "2"]


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP, refusals too."""

    status: int
    headers: Message
    body: bytes


class WebServer:
    """`with WebServer() as server:` answers at `server.url` until the block ends."""

    def __init__(self) -> None:
        name = str(connection.settings_dict["NAME"])
        self.environment = os.environ | {
            "DATABASE_URL": make_conninfo(os.environ["DATABASE_URL"], dbname=name),
        }
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.log = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the server)

    def __enter__(self) -> WebServer:
        number = self.listener.fileno()
        self.process = subprocess.Popen(
            [sys.executable, "-m", *COMMAND, *SIZE, "--bind", f"fd://{number}"],
            env=self.environment,
            pass_fds=[number],
            stdout=self.log,
            stderr=subprocess.STDOUT,
        )
        try:
            self.wait()
        except BaseException:
            self.end()
            raise
        return self

    def wait(self, seconds: float = 60) -> None:
        """Until it answers; the port is open before the program behind it is."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/healthz", timeout=5).close()
                return
            except OSError:
                time.sleep(0.2)
        raise AssertionError(f"the web server did not start: {self.said[-2000:]}")

    @property
    def said(self) -> str:
        self.log.seek(0)
        return self.log.read().decode()

    def get(self, path: str, key: str = "", **params: str) -> Answer:
        """Ask as a program does: over HTTP, with a key."""
        query = f"?{urllib.parse.urlencode(params)}" if params else ""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        request = urllib.request.Request(f"{self.url}{path}{query}", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as refusal:
            with refusal:
                return Answer(refusal.code, refusal.headers, refusal.read())

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.end()

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.listener.close()
        self.log.close()
