"""kill -9 of the parent, of its caller and of each child: the installation recovers."""

import os
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from evalplatform.embedded.home import Home
from tests.embedded.installation import PROJECT, Installation, as_nobody, gone, wait_for
from tests.embedded.test_run import read_something, write_something

pytestmark = [pytest.mark.slow, pytest.mark.faults]
Start = Callable[..., Installation]


def test_a_new_start_recovers_from_a_killed_parent(start: Start, used_home: Path) -> None:
    """Even when the kernel's signal at the parent's death is not heard: here by the beat."""
    first = start(used_home)
    first.wait_until_it_serves()
    write_something(first)
    left_behind = first.processes()
    first.child("beat").suspend()
    first.parent.kill()
    first.parent.wait()

    second = start(used_home)
    second.wait_until_it_serves()
    second.wait_until_ready()

    assert gone(left_behind)
    assert read_something(second) == ("kept", b"kept")
    assert second.stop() == 0


def test_a_stale_pid_of_another_program_does_not_keep_postgres_down(
    start: Start, used_home: Path
) -> None:
    first = start(used_home)
    first.wait_until_it_serves()
    pid_file = used_home / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().split("\n")
    assert first.stop() == 0
    lines[0] = str(os.getpid())
    pid_file.write_text("\n".join(lines))

    second = start(used_home)
    second.wait_until_it_serves()

    assert psutil.pid_exists(os.getpid())
    assert second.stop() == 0


def test_each_child_that_dies_is_started_again(start: Start, used_home: Path) -> None:
    running = start(used_home)
    running.wait_until_it_serves()
    running.wait_until_ready()
    write_something(running)

    for name in ("worker", "web", "redis", "beat", "postgres"):
        before = running.recorded_pid(name)
        os.kill(before, signal.SIGKILL)
        running.wait_until_it_says(f"{name} was ended by signal 9; starting it again in 1 s")
        wait_for(lambda name=name, before=before: running.recorded_pid(name) != before, 60)

    running.wait_until_ready()
    assert read_something(running)[0] == "kept"
    assert running.stop() == 0


def test_it_ends_with_the_make_that_called_it(start: Start, used_home: Path) -> None:
    running = start(used_home, words=["make", "--no-print-directory", "run"])
    running.wait_until_it_serves()
    everything = running.processes()

    running.parent.kill()

    wait_for(lambda: gone(everything), 60)
    Home(used_home).hold().close()


def test_ctrl_c_on_make_stops_everything(start: Start, used_home: Path) -> None:
    running = start(used_home, words=["make", "--no-print-directory", "run"])
    running.wait_until_it_serves()
    everything = running.processes()

    os.killpg(running.parent.pid, signal.SIGINT)

    running.parent.wait(60)
    assert gone(everything)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_it_runs_as_an_ordinary_user(start: Start, home: Path) -> None:
    """Nobody, who may read the checkout and Python wherever they lie, and write only at home."""
    home.mkdir()
    home.parent.chmod(0o755)
    os.chown(home, 65534, 65534)
    running = start(home, become=as_nobody())
    running.wait_until_it_serves()
    running.wait_until_ready()

    assert {process.uids().real for process in running.processes()} == {65534}
    assert {path.stat().st_uid for path in home.rglob("*")} == {65534}
    assert running.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="is about root")
def test_as_root_the_servers_run_as_an_ordinary_account(start: Start, home: Path) -> None:
    """Below a folder that only root may enter: it is opened to its group alone, not to all."""
    home.parent.chmod(0o700)
    running = start(home)
    running.wait_until_it_serves()

    assert running.child("postgres").uids().real != 0
    assert running.child("redis").uids().real != 0
    assert stat.S_IMODE(home.parent.stat().st_mode) == 0o710
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert PROJECT.stat().st_uid == 0
    assert running.stop() == 0
