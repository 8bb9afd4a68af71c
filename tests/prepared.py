"""A cluster whose database is migrated, made once and copied by whoever needs one.

Migrations are three quarters of a first start. What is copied is what they made, kept until a
migration, a model or a dependency changes; `migrate` runs on every copy all the same.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from evalplatform.embedded.account import Account, account_for
from evalplatform.embedded.home import Home
from evalplatform.embedded.servers import RunningServers, Servers

PROJECT = Path(__file__).resolve().parents[1]
KEPT = PROJECT / ".pytest_cache" / "prepared"
PACKAGES = ("evalplatform", "datasets", "runs", "reviews", "exports")
SOURCES = ("migrations/*.py", "models.py", "models/**/*.py")  # anywhere in a package
MORE = ("evalplatform/settings.py", "evalplatform/embedded/postgres.py", "requirements.lock")
HERE = Path(__file__)


def cluster() -> Path:
    """The folder of a stopped PostgreSQL with the migrated database; made when there is none."""
    found = KEPT / _digest()
    with _alone("cluster"):
        if not found.is_dir():
            for old in KEPT.glob("?" * len(found.name)):
                shutil.rmtree(old, ignore_errors=True)
            _make_cluster(found)
    return found


def static_files() -> Path:
    """The folder of collected static files; the product itself sees whether they are current."""
    with _alone("static"):
        _run("preparing.collect_static()")
    return KEPT / "static"


def furnish(home: Path) -> None:
    """Make a home as its first start leaves it, but for the demo."""
    Home(home).make()
    lay_cluster(home / "postgres", account_for(home))
    shutil.copytree(static_files(), home / "static")


def lay_cluster(folder: Path, account: Account | None) -> None:
    """Copy the cluster to where a server of this account looks for it."""
    subprocess.run(["cp", "-a", "--reflink=auto", cluster(), folder], check=True)
    if account is not None:
        subprocess.run(["chown", "-R", f"{account.uid}:{account.gid}", folder], check=True)


def _make_cluster(target: Path) -> None:
    """In a home of its own, and moved when whole."""
    home = Home(Path(tempfile.mkdtemp(prefix="evp-made-")))
    try:
        servers = Servers.needed(home, {}, durable=False)
        running = RunningServers(servers)
        try:
            running.start()
            addresses = servers.environment()
            _run("preparing.call_command('migrate', verbosity=0)", **addresses)
        finally:
            running.stop()
        half = target.with_name("half")
        shutil.rmtree(half, ignore_errors=True)
        shutil.move(home.path / "postgres", half)
        half.rename(target)
    finally:
        home.drop_sockets()
        shutil.rmtree(home.path, ignore_errors=True)


def _run(line: str, **more: str) -> None:
    """Do a part of the preparations under the settings that a person's installation has."""
    code = f"import django; django.setup(); from evalplatform.embedded import preparing; {line}"
    left_out = ("DATABASE_URL", "REDIS_URL", "EVALPLATFORM_PLAIN_STATIC")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    own = {
        "DJANGO_SETTINGS_MODULE": "evalplatform.settings",
        "SECRET_KEY": "a key that serves nobody, for what is made before the tests begin: 5d0e",
        "EVALPLATFORM_HOME": str(KEPT),
    }
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, env=kept | own | more, check=True)


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """One process at a time: the others find what it made."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / f"{name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _digest() -> str:
    """Of everything that decides what a migrated database holds."""
    roots = [PROJECT / package for package in PACKAGES]
    paths = {path for root in roots for pattern in SOURCES for path in root.rglob(pattern)}
    paths |= {HERE, *(PROJECT / name for name in MORE)}
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(str(path.relative_to(PROJECT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:32]
