"""The embedded servers that a home needs: those whose address is not given from outside."""

import contextlib
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from evalplatform.embedded.account import account_for
from evalplatform.embedded.home import Home
from evalplatform.embedded.postgres import Postgres
from evalplatform.embedded.processes import Launch
from evalplatform.embedded.redis import Redis

Server = Postgres | Redis


@dataclass
class Servers:
    """PostgreSQL, unless DATABASE_URL names another; Redis, unless REDIS_URL does."""

    postgres: Postgres | None
    redis: Redis | None

    @classmethod
    def needed(
        cls, home: Home, environment: Mapping[str, str], *, durable: bool = True
    ) -> "Servers":
        """What has to run in this home; makes the home's folders on the way."""
        home.make()
        wants_postgres = not environment.get("DATABASE_URL")
        wants_redis = not environment.get("REDIS_URL")
        if not (wants_postgres or wants_redis):
            return cls(None, None)
        home.require_room()
        account = account_for(home.path)
        if account is not None:
            account.own(home.path)
        sockets = home.sockets(account)
        return cls(
            Postgres(home, account, sockets, durable) if wants_postgres else None,
            Redis(home, account, sockets, durable) if wants_redis else None,
        )

    def __iter__(self) -> Iterator[Server]:
        return iter([server for server in (self.postgres, self.redis) if server is not None])

    def urls(self) -> dict[str, str]:
        """The addresses, under the names that `services.json` uses."""
        found = {}
        if self.postgres is not None:
            found["database_url"] = self.postgres.url()
        if self.redis is not None:
            found["redis_url"] = self.redis.url()
        return found

    def environment(self) -> dict[str, str]:
        """The same addresses, as the environment variables that settings read."""
        return {name.upper(): url for name, url in self.urls().items()}


@dataclass
class RunningServers:
    """Servers held by this process for as long as a test session or one command needs them."""

    servers: Servers
    processes: list[tuple[Launch, subprocess.Popen[bytes]]] = field(default_factory=list)

    def start(self) -> None:
        for server in self.servers:
            server.prepare()
            launch = server.launch()
            self.processes.append((launch, launch.start()))
        for server, (_, process) in zip(self.servers, self.processes, strict=True):
            server.wait_ready(process)
        if self.servers.postgres is not None:
            self.servers.postgres.make_database()

    def stop(self, patience: float = 10.0) -> None:
        """Politely and together; urgently when one does not listen."""
        for launch, process in self.processes:
            process.send_signal(launch.polite)
        deadline = time.monotonic() + patience
        for launch, process in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
                continue
            process.send_signal(launch.urgent)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
                continue
            process.kill()
            process.wait()
        self.processes.clear()
