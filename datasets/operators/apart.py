"""Carries out what could take long in a process of its own, which is killed when time is up.

A thread cannot be stopped and a signal reaches the main thread only, so neither bounds a pattern
that keeps the processor busy. The process is started on first use, waits for the next question, and
knows nothing: no settings, no environment, no database.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path

from datasets.operators.operator import OperatorError

SECONDS = 1.5
_STARTING_SECONDS = 30.0
_ROOT = Path(__file__).parents[2]
_KEPT = ("LD_LIBRARY_PATH", "SYSTEMROOT")


class _Worker:
    """One process that answers one question at a time."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(  # noqa: S603 - our own module, no text of a person's
                [sys.executable, "-m", "datasets.operators.apart_work", str(theirs.fileno())],
                cwd=_ROOT,
                env={name: os.environ[name] for name in _KEPT if name in os.environ},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
            )
        self.line = Connection(ours.detach())
        if not self.line.poll(_STARTING_SECONDS):
            self.stop()
            raise EOFError
        self.line.recv_bytes()

    def ask(self, question: bytes, seconds: float) -> bytes | None:
        """The answer; None when time is up."""
        self.line.send_bytes(question)
        return self.line.recv_bytes() if self.line.poll(seconds) else None

    def stop(self) -> None:
        self.line.close()
        self.process.kill()
        self.process.wait()


class _Place:
    """The one worker of this process, started when it is needed."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.worker: _Worker | None = None

    def ask(self, question: bytes, seconds: float) -> bytes | None:
        with self.lock:
            for is_last in (False, True):
                try:
                    self.worker = self.worker or _Worker()
                    answer = self.worker.ask(question, seconds)
                except (OSError, EOFError):  # it died: of the question, or long before it
                    self.drop()
                    if is_last:
                        raise
                    continue
                if answer is None:
                    self.drop()
                return answer
        return None

    def drop(self) -> None:
        worker, self.worker = self.worker, None
        if worker:
            worker.stop()


_place = _Place()


def _forget() -> None:
    """A forked process starts a worker of its own; the other one is its parent's."""
    global _place
    _place = _Place()


os.register_at_fork(after_in_child=_forget)
atexit.register(lambda: _place.drop())


def decide(slug: str, output: str, criteria: str) -> str:
    """What `apart_work` answers; OperatorError when it refuses, dies, or time is up."""
    try:
        answer = _place.ask(json.dumps([slug, output, criteria]).encode(), SECONDS)
    except (OSError, EOFError) as error:
        raise OperatorError(
            "This check needs more memory or time than one check may take. "
            "Simplify its criteria, or check a shorter output."
        ) from error
    if answer is None:
        raise OperatorError(
            f"This check was stopped after {SECONDS} seconds. "
            "Simplify its criteria, or check a shorter output."
        )
    reason, refusal = json.loads(answer)
    if refusal:
        raise OperatorError(refusal)
    return str(reason)
