"""Keeps child processes running: restarts with back-off what dies, ends all of them in order."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from evalplatform.embedded.home import Home
from evalplatform.embedded.processes import Launch, Recorded, end_session, write_records
from evalplatform.embedded.refusals import StartError
from evalplatform.embedded.stopping import Wishes

FIRST_DELAY = 1.0  # seconds before a dead child is started again; doubled each time
LONGEST_DELAY = 30.0
SETTLED_AFTER = 60.0  # a child that lived this long begins again with the first delay
GRACE = {"postgres": 60.0}  # seconds to end politely
DEFAULT_GRACE = 10.0


@dataclass
class Kept:
    """One child that should be running."""

    launch: Launch
    prepare: Callable[[], None]
    process: subprocess.Popen[bytes] | None = None
    record: Recorded | None = None
    started: float = 0.0
    delay: float = FIRST_DELAY
    due: float | None = None  # when to start it again

    @property
    def name(self) -> str:
        return self.launch.name

    def start(self) -> subprocess.Popen[bytes]:
        self.due = None
        self.prepare()
        self.started = time.monotonic()
        self.process = self.launch.start()
        with contextlib.suppress(Exception):  # it may be gone already; the watch will see
            self.record = Recorded.of(self.name, self.process.pid)
        return self.process

    def schedule(self) -> float:
        """When it died: set the time of the next start, and return the seconds until then."""
        now = time.monotonic()
        if now - self.started > SETTLED_AFTER:
            self.delay = FIRST_DELAY
        seconds, self.delay = self.delay, min(self.delay * 2, LONGEST_DELAY)
        self.process, self.due = None, now + seconds
        return seconds

    def clear_remains(self) -> None:
        """Kill what a dead child left of its session; PostgreSQL's backends end by themselves."""
        if self.record is not None and self.name != "postgres":
            end_session(self.record)
        self.record = None


@dataclass
class Keeper:
    """The one parent. `say` prints one line for the person who watches."""

    home: Home
    say: Callable[[str], None]
    wishes: Wishes
    children: list[Kept] = field(default_factory=list)

    def keep(
        self, launch: Launch, prepare: Callable[[], None] = lambda: None
    ) -> subprocess.Popen[bytes]:
        """Start a child and keep it from now on."""
        kept = Kept(launch, prepare)
        self.children.append(kept)
        process = kept.start()
        self._record()
        return process

    def watch(self) -> None:
        """Sleep until a child dies or a start is due; only `Stop` leaves."""
        while True:
            # Whoever is started again may use up the signal that tells of another one's end.
            if not any(self._look_after(kept) for kept in self.children):
                self._sleep()

    def stop(self, *names: str) -> None:
        """End these children together: politely, then urgently, then (not PostgreSQL) by force."""
        self.wishes.is_ending = True
        ending = [k for k in self.children if k.name in names and k.process is not None]
        for kept in ending:
            _send(kept, kept.launch.polite)
        begun = time.monotonic()
        for kept in ending:
            self._await_end(kept, begun)
        for kept in ending:
            kept.clear_remains()
        self.children = [kept for kept in self.children if kept not in ending]

    def _await_end(self, kept: Kept, begun: float) -> None:
        grace = GRACE.get(kept.name, DEFAULT_GRACE)
        if self._ended_by(kept, begun + grace):
            return
        self.say(f"{kept.name} does not end by itself; ending it at once")
        _send(kept, kept.launch.urgent)
        if not self._ended_by(kept, time.monotonic() + 10, hurry=False):
            if kept.name == "postgres":
                self.say("PostgreSQL is still writing; it will end by itself")
            else:
                _send(kept, signal.SIGKILL)
                self._ended_by(kept, time.monotonic() + 5, hurry=False)

    def _ended_by(self, kept: Kept, deadline: float, *, hurry: bool = True) -> bool:
        while kept.process is not None and kept.process.poll() is None:
            if time.monotonic() > deadline or (hurry and self.wishes.is_urgent):
                return False
            time.sleep(0.02)
        return True

    def _look_after(self, kept: Kept) -> bool:
        """Whether there was anything to do for it."""
        if kept.process is not None and kept.process.poll() is not None:
            self._mourn(kept, kept.process.returncode)
            return True
        if kept.due is not None and kept.due <= time.monotonic():
            self._start_again(kept)
            return True
        return False

    def _mourn(self, kept: Kept, code: int) -> None:
        how = f"was ended by signal {-code}" if code < 0 else f"ended with code {code}"
        kept.clear_remains()
        seconds = kept.schedule()
        self.say(f"{kept.name} {how}; starting it again in {seconds:.0f} s (see {kept.launch.log})")

    def _start_again(self, kept: Kept) -> None:
        try:
            kept.start()
            self._record()
        except (StartError, OSError) as error:
            seconds = kept.schedule()
            self.say(f"{kept.name}: {error} Trying again in {seconds:.0f} s")

    def _record(self) -> None:
        with contextlib.suppress(StartError):  # a full disk: the kernel still ends the children
            records = [kept.record for kept in self.children if kept.record is not None]
            write_records(self.home.processes_file, records)

    def _sleep(self) -> None:
        due = [kept.due - time.monotonic() for kept in self.children if kept.due is not None]
        self.wishes.pause(max(0.0, min(due)) if due else None)


def _send(kept: Kept, number: signal.Signals) -> None:
    if kept.process is not None:
        kept.process.send_signal(number)
