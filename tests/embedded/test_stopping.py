"""The wish to end is never lost, and nothing that was started is forgotten for it."""

import subprocess
import sys
from pathlib import Path

import psutil

from tests.embedded.installation import PROJECT, bare_environment, gone

BEFORE = """
import os, signal, subprocess, sys, time
from pathlib import Path
from evalplatform.embedded.stopping import Stop, Wishes, run_to_end
wishes = Wishes()
ask = lambda *_: os.kill(os.getpid(), signal.SIGTERM)
"""


def said_by(script: str, home: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BEFORE + script],
        cwd=PROJECT,
        env=bare_environment(home),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_a_signal_in_the_middle_of_a_fork_is_heard(tmp_path: Path) -> None:
    """Python throws away what a handler raises there."""
    script = """
os.register_at_fork(before=ask, after_in_parent=ask)
child = subprocess.Popen(["true"], preexec_fn=lambda: None)
print(child.wait())
try:
    wishes.pause(60)
except Stop:
    print("stopped")
"""
    assert said_by(script, tmp_path).split() == ["0", "stopped"]


def test_a_signal_while_something_is_thrown_away_is_heard(tmp_path: Path) -> None:
    script = """
class Thing:
    __del__ = ask
del (thing := [Thing()])[:]
try:
    wishes.pause(60)
except Stop:
    print("stopped")
"""
    assert said_by(script, tmp_path) == "stopped"


def test_one_signal_stops_and_one_more_while_ending_is_a_hurry(tmp_path: Path) -> None:
    script = """
ask()
ask()
try:
    wishes.pause()
except Stop:
    wishes.is_ending = True
print(wishes.is_urgent)
ask()
wishes.pause()
print(wishes.is_urgent)
"""
    assert said_by(script, tmp_path).split() == ["False", "True"]


def test_a_program_that_is_waited_for_ends_with_all_it_started(tmp_path: Path) -> None:
    """Even one that does not listen to the polite signal."""
    script = """
def pause(seconds):
    if (Path(os.environ["EVALPLATFORM_HOME"]) / "pids").exists():
        raise Stop
words = ["sh", "-c", "trap : TERM; sleep 600 & echo $$ $! > pids.new; mv pids.new pids; wait; wait"]
try:
    run_to_end(words, pause, folder=Path(os.environ["EVALPLATFORM_HOME"]), environment=os.environ)
except Stop:
    print("stopped")
"""
    assert said_by(script, tmp_path) == "stopped"
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert gone([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)])


def test_what_a_program_says_comes_back_with_its_code(tmp_path: Path) -> None:
    script = """
words = ["sh", "-c", "echo one; sleep 0.3; echo two >&2; exit 3"]
print(run_to_end(words, wishes.pause, folder=Path("/"), environment=os.environ))
"""
    assert said_by(script, tmp_path) == r"(3, 'one\ntwo\n')"
