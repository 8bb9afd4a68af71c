"""`make run`: the servers, migrations, demo team, web, worker and beat under one parent."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from evalplatform import env
from evalplatform.embedded.home import STOPPING, Home, write_holder, write_private
from evalplatform.embedded.keeping import Keeper
from evalplatform.embedded.processes import (
    Launch,
    dies_with_parent,
    end_recorded,
    last_lines,
    read_records,
    signal_when_parent_dies,
)
from evalplatform.embedded.refusals import StartError, full_disk_line
from evalplatform.embedded.servers import Servers
from evalplatform.embedded.stopping import Stop, Wishes, run_to_end

PROJECT = Path(__file__).resolve().parents[2]
HOST = "127.0.0.1"
PROGRAMS = ("web", "worker", "beat")  # they need the servers, so they end first
SERVERS = ("postgres", "redis")


def run(wishes: Wishes, *, stop_with_parent: bool = False) -> None:
    """Start everything and stay until asked to stop."""
    if stop_with_parent:
        signal_when_parent_dies(signal.SIGTERM)
    home = Home.from_environment()
    home.make()
    try:
        with home.hold(pause=wishes.pause) as lock:
            end_recorded(read_records(home.processes_file), pause=wishes.pause)
            with open_port(port_wanted()) as listener:
                _run_until_asked(Installation(home, Keeper(home, say, wishes), listener), lock)
    except Stop:
        pass


def _run_until_asked(installation: "Installation", lock: IO[str]) -> None:
    try:
        installation.start()
        installation.keeper.watch()
    except Stop:
        say("Stopping")
    finally:
        write_holder(lock, STOPPING)
        installation.stop()


@dataclass
class Installation:
    """Everything that one home runs."""

    home: Home
    keeper: Keeper
    listener: socket.socket

    def start(self) -> None:
        begun = time.monotonic()
        self._start_servers()
        if not env.text("SECRET_KEY"):
            env.keep_new_secret_key()
        self._prepare()
        web = self.keeper.keep(self._web())
        self.keeper.keep(self._worker())
        self.keeper.keep(self._beat())
        self._wait_for_web(web)
        self._announce(time.monotonic() - begun)

    def stop(self) -> None:
        """Programs first, then what they stand on; nothing is left but the data."""
        self.keeper.stop(*PROGRAMS)
        self.keeper.stop(*SERVERS)
        self.home.drop_sockets()
        for file in (self.home.services_file, self.home.processes_file):
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.listener.getsockname()[1]}"

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "EVALPLATFORM_HOME": str(self.home.path),
            "EVALPLATFORM_URL": self.address,
            "PYTHONUNBUFFERED": "1",
        }

    def _start_servers(self) -> None:
        servers = Servers.needed(self.home, os.environ)
        pause = self.keeper.wishes.pause
        started = []
        for server in servers:
            server.prepare(pause)
            prepare = partial(server.prepare, pause)
            started.append((server, self.keeper.keep(server.launch(), prepare)))
        for server, process in started:
            server.wait_ready(process, pause=pause)
        if servers.postgres is not None:
            servers.postgres.make_database()
        self.home.write_services(servers.urls())

    def _prepare(self) -> None:
        """Run the preparations to their end; what they print matters only when they fail."""
        code, said = run_to_end(
            [sys.executable, "-m", "evalplatform.embedded.preparing"],
            self.keeper.wishes.pause,
            folder=PROJECT,
            environment=self.environment,
            preexec_fn=dies_with_parent(signal.SIGKILL),
        )
        if code != 0:
            log = self.home.logs / "start.log"
            with contextlib.suppress(OSError):
                log.write_text(said)
            raise StartError(self._why_failed(said, log))

    def _why_failed(self, output: str, log: Path) -> str:
        if self.home.is_full(output):
            return full_disk_line(self.home.path)
        last = output.strip().splitlines()[-1:] or ["it said nothing"]
        return f"Preparing the database failed: {last[0]} (see {log})"

    def _web(self) -> Launch:
        """Gunicorn on a port that we hold: while it starts again, callers wait."""
        options = {
            "--bind": f"fd://{self.listener.fileno()}",
            "--worker-class": "gthread",
            "--workers": "2",
            "--threads": "8",
            "--timeout": "60",
            "--limit-request-line": "8190",  # ids and filters of an export are in the address
            "--graceful-timeout": "8",
        }
        flat = [part for option in options.items() for part in option]
        return self._program(
            "web",
            ["gunicorn", "evalplatform.wsgi", "--no-control-socket", *flat],
            inherited=(self.listener.fileno(),),
        )

    def _worker(self) -> Launch:
        options = ["--pool", "prefork", "--concurrency", "2", "--loglevel", "INFO"]
        quiet = ["--without-gossip", "--without-mingle"]  # there is only this one
        return self._program("worker", ["celery", "-A", "evalplatform", "worker", *options, *quiet])

    def _beat(self) -> Launch:
        schedule = str(self.home.path / "celerybeat-schedule")
        files = ["--schedule", schedule, "--pidfile="]
        return self._program("beat", ["celery", "-A", "evalplatform", "beat", *files])

    def _program(self, name: str, module: list[str], inherited: tuple[int, ...] = ()) -> Launch:
        return Launch(
            name=name,
            arguments=[sys.executable, "-m", *module],
            folder=PROJECT,
            log=self.home.logs / f"{name}.log",
            environment=self.environment,
            inherited=inherited,
        )

    def _wait_for_web(self, process: subprocess.Popen[bytes], patience: float = 60.0) -> None:
        """Until it answers at all; the port is open before the program behind it is."""
        log = self.home.logs / "web.log"
        deadline = time.monotonic() + patience
        while process.poll() is None and time.monotonic() < deadline:
            if _answers(*self.listener.getsockname()):
                return
            self.keeper.wishes.pause(0.02)
        raise StartError(f"The web server does not answer: {last_lines(log)} (see {log})")

    def _announce(self, seconds: float) -> None:
        say(f"evalplatform runs at {self.address}  (started in {seconds:.1f} s)")
        for line in demo_lines(self.home, self.address):
            say(line)
        say(f"Data and logs are in {self.home.path}. Ctrl-C stops everything.")


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def demo_lines(home: Home, address: str) -> list[str]:
    """The demo sign-ins; the file is told of a new port first."""
    try:
        demo = json.loads(home.demo_file.read_text())
    except (OSError, ValueError):
        return []
    if demo.get("url") != address:
        demo["url"] = address
        write_private(home.demo_file, json.dumps(demo, indent=2) + "\n")
    users = demo.get("users", [])
    return [
        f"  {u.get('role', ''):<10} {u.get('email', '')}  {u.get('password', '')}" for u in users
    ]


def port_wanted() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 <= int(text) <= 65535:
        raise StartError(
            f"PORT is {text!r}; it must be a number from 0 to 65535 (0: any free one)."
        )
    return int(text)


def open_port(port: int) -> socket.socket:
    """Listen at once, so that nobody else can take the port while we start."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        reason = "not yours to open" if isinstance(error, PermissionError) else "already in use"
        example = f"PORT={max(port, 1024) + 1} make run"
        raise StartError(f"Port {port} is {reason}. Choose another: {example}") from None
    return listener


def say(line: str) -> None:
    """One line for the person at the terminal, who may be gone."""
    with contextlib.suppress(OSError):
        print(line, flush=True)
