"""When a failed question is asked again, and how long after: the rule, without any network."""

from __future__ import annotations

import random
from email.utils import parsedate_to_datetime
from time import time

from runs.outbound.deadlines import Deadline

FIRST_WAIT = 0.5  # seconds; doubled after each further failure
LONGEST_WAIT = 20.0
LONGEST_RETRY_AFTER = 60.0  # what a server may ask us to wait
LEAST_SECONDS = 0.05  # an attempt with less time than that is not begun

_random = random.SystemRandom()


class AttemptError(Exception):
    """One attempt brought no answer. `retry_after`: seconds the server asked us to wait."""

    def __init__(
        self, reason: str, *, may_pass: bool = False, retry_after: float | None = None
    ) -> None:
        self.reason, self.may_pass, self.retry_after = reason, may_pass, retry_after
        super().__init__(reason)


class Retries:
    """The attempts at one question: capped in number, in wait and by the deadline."""

    def __init__(self, max_attempts: int, deadline: Deadline) -> None:
        self.max_attempts, self.deadline = max(1, max_attempts), deadline
        self.n_begun = 0

    def begin(self) -> None:
        self.n_begun += 1

    def seconds(self, timeout: float) -> float:
        """Return the time for one attempt."""
        return min(timeout, max(self.deadline.left, LEAST_SECONDS))

    def wait_after(self, failure: AttemptError) -> float | None:
        """Return the seconds to wait before the next attempt; None when there is none."""
        if not failure.may_pass or self.n_begun >= self.max_attempts:
            return None
        if (failure.retry_after or 0) > LONGEST_RETRY_AFTER:
            return None
        wait = back_off(self.n_begun, failure.retry_after)
        return wait if wait + LEAST_SECONDS < self.deadline.left else None

    def reason(self, failure: AttemptError) -> str:
        """Return what a person reads after the last attempt."""
        said = failure.reason
        if (failure.retry_after or 0) > LONGEST_RETRY_AFTER:
            said = f"{said} It asks to wait {failure.retry_after:,.0f} seconds; ask again later."
        if self.n_begun < 2:
            return said
        return f"{said} Asked {self.n_begun} times."


def back_off(n_failures: int, retry_after: float | None = None) -> float:
    """Return how long to wait: twice as long each time, spread so that not all come back at once.

    What the server asked for is a least; a tenth more spreads those who were told the same.
    """
    longest = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(n_failures - 1, 16))
    wait = _random.uniform(longest / 2, longest)
    if retry_after:
        wait = max(wait, retry_after * _random.uniform(1.0, 1.1))
    return wait


def read_retry_after(seconds: str, milliseconds: str = "") -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or as a date."""
    for text, unit in ((milliseconds, 1000.0), (seconds, 1.0)):
        try:
            number = float(text) / unit
        except ValueError:
            continue
        return number if 0 <= number < float("inf") else None
    try:
        return max(0.0, parsedate_to_datetime(seconds).timestamp() - time())
    except (ValueError, OverflowError):
        return None
