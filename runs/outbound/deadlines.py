"""The time a request has, and what it has received, watched over at every single read and write."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from runs.outbound.errors import OutboundTimeoutError, OutboundTooLargeError


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment of time.monotonic() after which nobody waits any more."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """Seconds that are left, never below 0."""
        return max(0.0, self.at - time.monotonic())

    def earlier(self, seconds: float) -> Deadline:
        """Return the end of the next `seconds`, or this deadline when it comes first."""
        return min(self, Deadline.after(seconds), key=lambda deadline: deadline.at)


@dataclass(slots=True)
class Exchange:
    """One request and its answer: reads and writes of its connection ask here first."""

    host: str
    deadline: Deadline
    max_header_bytes: int
    n_header_bytes: int = 0
    is_in_body: bool = False

    def left(self) -> float:
        """Return the seconds left for the next step, or end the request."""
        left = self.deadline.left
        if not left:
            raise self.too_slow()
        return left

    def too_slow(self) -> OutboundTimeoutError:
        return OutboundTimeoutError(f"{self.host} did not answer in time.")

    def readable(self, max_bytes: int) -> int:
        """Return how much may be read now: the head of an answer is capped, status lines before
        the real one included."""
        if self.is_in_body:
            return max_bytes
        room = self.max_header_bytes - self.n_header_bytes
        if room <= 0:
            raise OutboundTooLargeError(f"{self.host} sent more headers than we read.")
        return min(max_bytes, room)

    def received(self, n_bytes: int) -> None:
        self.n_header_bytes += 0 if self.is_in_body else n_bytes


_current: ContextVar[Exchange] = ContextVar("outbound_exchange")


@contextmanager
def carried_out(exchange: Exchange) -> Iterator[Exchange]:
    """Make this the exchange that the connections used by this thread belong to."""
    token = _current.set(exchange)
    try:
        yield exchange
    finally:
        _current.reset(token)


def current() -> Exchange:
    """Return the exchange of this thread; a connection is never used outside one."""
    return _current.get()
