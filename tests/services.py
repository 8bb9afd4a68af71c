"""PostgreSQL and Redis for one pytest session, in a temporary home that no other session sees."""

import atexit
import contextlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import psycopg

from evalplatform import env
from evalplatform.embedded.home import Home
from evalplatform.embedded.postgres import DATABASE, SUPERUSER, Postgres
from evalplatform.embedded.refusals import StartError
from evalplatform.embedded.servers import RunningServers, Servers
from tests.prepared import lay_cluster

PREFIX = "evp-test-"
TEMPLATE = "migrated"  # the database from which fresh ones are made
ABANDONED_AFTER = 600  # seconds: a younger folder may belong to a session that is just starting


@dataclass
class TestServices:
    """What a session holds; an address given from outside is used as it is."""

    __test__ = False

    home: Home
    lock: IO[str]
    running: RunningServers

    @classmethod
    def start(cls) -> "TestServices":
        remove_abandoned_homes()
        home = Home(Path(tempfile.mkdtemp(prefix=PREFIX)))
        servers = Servers.needed(home, os.environ, durable=False)
        if servers.postgres is not None:
            lay_cluster(servers.postgres.data, servers.postgres.account)
        services = cls(home, home.hold(), RunningServers(servers))
        atexit.register(services.stop)
        services.running.start()
        if servers.postgres is not None:
            _set_template_aside(servers.postgres)
        os.environ.update(servers.environment())
        os.environ["EVALPLATFORM_HOME"] = str(home.path)
        os.environ["EVALPLATFORM_PLAIN_STATIC"] = "1"  # pages without collectstatic before
        env.keep_new_secret_key()
        (home.path / "static").mkdir()
        return services

    def stop(self) -> None:
        """By pid, and twice does no harm."""
        self.running.stop()
        self.home.drop_sockets()
        self.lock.close()
        shutil.rmtree(self.home.path, ignore_errors=True)


def _set_template_aside(postgres: Postgres) -> None:
    """Keep the migrated database for those who need a fresh one; the session's own is empty."""
    with psycopg.connect(postgres.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {DATABASE} RENAME TO {TEMPLATE}")
    postgres.make_database()


def remove_abandoned_homes() -> None:
    """A session killed with -9 leaves its folder; its servers died with it."""
    for folder in Path(tempfile.gettempdir()).glob(PREFIX + "*"):
        with contextlib.suppress(OSError, StartError):
            if time.time() - folder.stat().st_mtime > ABANDONED_AFTER:
                Home(folder).hold().close()
                shutil.rmtree(folder, ignore_errors=True)
