"""The wish that we end: noted whenever a signal comes, answered only where somebody looks.

A signal handler that raised would raise anywhere. Python throws away what is raised in its hooks
around a fork, in `__del__` and in callbacks, and the wish with it; raised inside `Popen`, it
forgets the child that was just started. So the handler only takes a note, every wait of a start is
a `pause`, and a pause raises `Stop`.
"""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

Pause = Callable[[float], None]  # sleep at most so many seconds; may raise Stop

LOOK_EVERY = 0.1  # seconds between two looks while another program works
GRACE = 3.0  # seconds for a program that is not needed any more


class Stop(BaseException):
    """Somebody asked us to end: Ctrl-C, SIGTERM, or the parent is gone."""


class Wishes:
    """Takes over SIGINT, SIGTERM and SIGHUP of this process, for good."""

    def __init__(self) -> None:
        self.is_asked = False
        self.is_ending = False
        self.is_urgent = False  # asked once more while we were ending
        self._wake_up, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # a child's end ends a pause
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
                signal.signal(number, self._note)

    def pause(self, seconds: float | None = 0.0) -> None:
        """Sleep that long (None: for ever), or until any signal comes; Stop when asked to."""
        if not self.is_asked:
            select.select([self._wake_up], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake_up, 4096)
        if self.is_asked and not self.is_ending:
            raise Stop

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.is_asked = True
        self.is_urgent = self.is_ending


def run_to_end(
    words: Sequence[str],
    pause: Pause,
    *,
    folder: Path,
    environment: Mapping[str, str],
    **options: Any,
) -> tuple[int, str]:
    """Run a program and return its exit code and all it said; it ends with us when we are stopped.

    It leads a session of its own: Ctrl-C is ours to answer, and what it started ends with it.
    """
    with subprocess.Popen(  # noqa: S603
        list(words),
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        **options,
    ) as process:
        try:
            return _said_by(process, pause)
        except BaseException:
            _end_session_of(process)
            raise


def _said_by(process: subprocess.Popen[str], pause: Pause) -> tuple[int, str]:
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            said, _ = process.communicate(timeout=LOOK_EVERY)
            pause(0)
            return process.returncode, said
        pause(0)


def _end_session_of(process: subprocess.Popen[str]) -> None:
    """End the program and what it started: politely, then by force."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        deadline = time.monotonic() + GRACE
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
