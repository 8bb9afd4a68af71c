"""Runs one command with a PostgreSQL and a Redis of its own, gone without a trace afterwards."""

import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

from evalplatform import env
from evalplatform.embedded.home import Home
from evalplatform.embedded.servers import RunningServers, Servers


def run_with_servers(words: list[str]) -> int:
    """Return the command's exit code; servers that DATABASE_URL and REDIS_URL name are used."""
    folder = Path(tempfile.mkdtemp(prefix="evp-once-"))
    home = Home(folder)
    running = RunningServers(Servers.needed(home, os.environ))
    try:
        running.start()
        secret = {"SECRET_KEY": env.text("SECRET_KEY") or secrets.token_urlsafe(48)}
        given = (
            os.environ | secret | running.servers.environment() | {"EVALPLATFORM_HOME": str(folder)}
        )
        return subprocess.run(words, env=given, check=False).returncode  # noqa: S603
    finally:
        running.stop()
        home.drop_sockets()
        shutil.rmtree(folder, ignore_errors=True)
