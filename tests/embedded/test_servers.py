"""The parts: addresses, records of processes, the account of root's servers, borrowed servers."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from evalplatform.embedded.account import Account
from evalplatform.embedded.home import Home
from evalplatform.embedded.processes import Launch, Recorded, end_recorded, read_records
from evalplatform.env import celery_broker_url
from tests.embedded.installation import PROJECT, bare_environment, gone, wait_for
from tests.services import remove_abandoned_homes


@pytest.mark.parametrize(
    ("redis_url", "broker_url"),
    [
        ("unix:///var/x/redis.sock?db=0", "redis+socket:///var/x/redis.sock?virtual_host=0"),
        ("unix:///var/x/redis.sock?db=3", "redis+socket:///var/x/redis.sock?virtual_host=3"),
        ("unix:///var/x/redis.sock", "redis+socket:///var/x/redis.sock?virtual_host=0"),
        ("unix://:word@/x.sock?db=1", "redis+socket://:word@/x.sock?virtual_host=1"),
        ("redis://cache.example:6379/2", "redis://cache.example:6379/2"),
        ("rediss://cache.example:6379/2", "rediss://cache.example:6379/2"),
    ],
)
def test_celery_gets_its_own_spelling_of_a_redis_address(redis_url: str, broker_url: str) -> None:
    assert celery_broker_url(redis_url) == broker_url


def test_the_servers_of_this_session_are_the_real_ones() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        version = connection.execute("SHOW server_version_num").fetchone()
        power = connection.execute(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    server = redis.Redis.from_url(os.environ["REDIS_URL"]).info("server")

    assert version is not None
    assert int(version[0]) >= 180000
    assert power == (False,)
    assert int(server["redis_version"].split(".")[0]) >= 6


def test_two_test_sessions_do_not_see_each_other(tmp_path: Path) -> None:
    mine = redis.Redis.from_url(os.environ["REDIS_URL"])
    mine.set("whose", "mine")
    script = (
        "import os; from tests.services import TestServices; s = TestServices.start();"
        "import redis; r = redis.Redis.from_url(os.environ['REDIS_URL']);"
        "print(r.get('whose'), s.home.path); s.stop()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env=bare_environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )

    found, folder = done.stdout.split()
    assert found == "None"
    assert not Path(folder).exists()
    assert mine.get("whose") == b"mine"


@pytest.mark.faults
@pytest.mark.parametrize("handling", ["SIG_DFL", "SIG_IGN"])  # ignored: started with & by a shell
def test_servers_of_a_killed_test_session_end_with_it(tmp_path: Path, handling: str) -> None:
    script = (
        f"import os, signal; signal.signal(signal.SIGQUIT, signal.{handling});"
        "from tests.services import TestServices; s = TestServices.start();"
        "print(*[p.pid for _, p in s.running.processes], s.home.path, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env=bare_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    *pids, folder = done.stdout.split()
    assert done.returncode == -signal.SIGKILL
    assert len(pids) == 2
    wait_until_ended(pids)
    os.utime(folder, (0, 0))
    remove_abandoned_homes()
    assert not Path(folder).exists()


def test_one_command_gets_servers_that_are_gone_afterwards(tmp_path: Path) -> None:
    script = (
        "import os, psycopg; psycopg.connect(os.environ['DATABASE_URL']).close();"
        "print(os.environ['EVALPLATFORM_HOME']); raise SystemExit(7)"
    )
    words = [sys.executable, "-m", "evalplatform.embedded", "with-servers", "--"]
    done = subprocess.run(
        [*words, sys.executable, "-c", script],
        cwd=PROJECT,
        env=bare_environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 7, done.stderr
    assert not Path(done.stdout.strip()).exists()


def test_a_recorded_pid_that_is_another_process_by_now_is_left_alone(tmp_path: Path) -> None:
    launch = Launch("beat", ["sleep", "60"], tmp_path, tmp_path / "log", os.environ)
    process = launch.start()
    right = Recorded.of("beat", process.pid)
    wrong = Recorded("beat", process.pid, right.started + 5)

    assert end_recorded([wrong]) == []
    assert process.poll() is None
    assert end_recorded([right], patience=1) == ["beat"]
    assert process.wait(5) != 0


@pytest.mark.parametrize("text", ["", "{", "7", '[{"pid": 1}]', '[{"name": 1, "pid": "x"}]'])
def test_a_torn_record_of_processes_counts_as_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "processes.json").write_text(text)

    assert read_records(tmp_path / "processes.json") == []


@pytest.mark.skipif(os.geteuid() != 0, reason="is about root")
def test_folders_are_opened_to_their_group_and_never_to_all(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    target = closed / "open" / "file"
    target.parent.mkdir(parents=True)
    closed.chmod(0o700)
    target.parent.chmod(0o755)
    account = Account(uid=65534, gid=65534)

    account.reach(target)

    assert stat.S_IMODE(closed.stat().st_mode) == 0o710
    assert stat.S_IMODE(target.parent.stat().st_mode) == 0o755
    assert closed.stat().st_gid in account.groups
    done = subprocess.run(
        ["ls", str(target.parent)], check=False, capture_output=True, **account.popen_arguments()
    )
    assert done.returncode == 0


def test_the_services_file_is_private_and_replaced_whole(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()

    home.write_services({"redis_url": "unix:///x?db=0"})
    home.write_services({"redis_url": "unix:///y?db=0"})

    assert stat.S_IMODE(home.services_file.stat().st_mode) == 0o600
    assert '"unix:///y?db=0"' in home.services_file.read_text()
    assert sorted(path.name for path in home.path.iterdir()) == ["logs", "services.json"]


def wait_until_ended(pids: list[str]) -> None:

    processes = [psutil.Process(int(pid)) for pid in pids if psutil.pid_exists(int(pid))]
    wait_for(lambda: gone(processes), 60)
