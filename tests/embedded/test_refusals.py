"""What stands in the way of a start is said in one clear line, with exit code 1."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from evalplatform.embedded.home import STOPPING, Home, write_holder
from tests.embedded.installation import PROJECT, as_nobody, bare_environment

PROGRAM = [sys.executable, "-m", "evalplatform.embedded", "run"]


def refused(home: Path, *before: str, **more: str) -> str:
    """Start, expect exit code 1 and exactly one line, and return it."""
    done = subprocess.run(
        [*before, *PROGRAM],
        cwd=PROJECT,
        env=bare_environment(home, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1, done.stderr
    return done.stderr.strip()


def test_a_second_instance_on_the_same_home_is_refused(home: Path) -> None:
    Home(home).make()
    lock = Home(home).hold()

    said = refused(home)

    assert said == (
        f"evalplatform is already running on {home} (process {os.getpid()}). "
        "Stop it first, or set EVALPLATFORM_HOME to another folder."
    )
    lock.close()


def test_an_instance_that_is_stopping_is_waited_for(home: Path) -> None:
    """The start gets past the lock, and is refused for the port instead."""
    Home(home).make()
    lock = Home(home).hold()
    write_holder(lock, STOPPING)
    threading.Timer(1.5, lock.close).start()

    with listening() as taken:
        said = refused(home, PORT=str(taken.getsockname()[1]))

    assert said.startswith("Port ")


def test_a_port_in_use_is_refused_before_anything_starts(home: Path) -> None:
    with listening() as taken:
        port = taken.getsockname()[1]

        said = refused(home, PORT=str(port))

    example = f"PORT={port + 1} make run"
    assert said == f"Port {port} is already in use. Choose another: {example}"
    assert not (home / "postgres").exists()


def test_a_port_that_is_no_number_is_refused(home: Path) -> None:
    assert refused(home, PORT="http") == (
        "PORT is 'http'; it must be a number from 0 to 65535 (0: any free one)."
    )


def test_a_folder_with_other_things_in_it_is_refused_and_not_touched(home: Path) -> None:
    home.mkdir(mode=0o755)
    (home / "thesis.txt").write_text("mine")

    said = refused(home)

    assert said == (f"{home} holds other files. Set EVALPLATFORM_HOME to an empty or new folder.")
    assert [path.name for path in home.iterdir()] == ["thesis.txt"]
    assert home.stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_home_of_another_account_is_refused(home: Path) -> None:
    home.mkdir(mode=0o700)
    home.parent.chmod(0o755)

    said = refused(home, *as_nobody())

    assert said == (
        f"{home} belongs to another account. "
        "Start as that account, or set EVALPLATFORM_HOME to a folder of yours."
    )


@pytest.mark.faults
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
@pytest.mark.parametrize("megabytes", [20, 0])
def test_a_full_disk_is_refused(home: Path, megabytes: int) -> None:
    """Too small from the start, and not a byte free."""
    home.mkdir()
    fill = f"head -c 30M /dev/zero 2>/dev/null > {home}/services.json; " if megabytes == 0 else ""
    small = f'mount -t tmpfs -o size=20m none {home} && {{ {fill}exec "$0" "$@"; }}'

    said = refused(home, "unshare", "--mount", "sh", "-c", small)

    assert said.startswith(f"The disk that holds {home}")
    assert " is full" in said
    assert said.endswith("Free some space and start again.")


def test_make_refuses_an_old_python_in_one_line(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = -V ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
    old.chmod(0o755)
    shutil.copy(PROJECT / "Makefile", tmp_path)

    done = subprocess.run(
        ["make", "-C", str(tmp_path), "--no-print-directory", f"PYTHON={old}", "run"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode != 0
    first, *rest = done.stderr.splitlines()
    assert first.startswith(f"evalplatform needs Python 3.11 or later; {old} is Python 3.9.2.")
    assert all(line.startswith("make") for line in rest)
    assert not (tmp_path / ".venv").exists()


def listening() -> socket.socket:
    taken = socket.socket()
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    return taken
