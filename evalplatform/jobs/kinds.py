"""The table of job kinds: name -> the function that does the work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalplatform.jobs.running import Turn

Work = Callable[["Turn"], dict[str, Any] | None]
KINDS: dict[str, Work] = {}


class JobRefusedError(Exception):
    """The work cannot be done and trying again would not help; the text is shown to the person."""


def job_kind(name: str) -> Callable[[Work], Work]:
    """Register a function as the work of a kind. It may run twice: each run must give the same."""

    def register(work: Work) -> Work:
        if name in KINDS:
            raise ValueError(f"two works for job kind {name}")
        KINDS[name] = work
        return work

    return register
