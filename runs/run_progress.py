"""How far an open run is, counted from its rows by the indexes of those that matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from evalplatform.templatetags.ui import pace
from runs.models import Run, RunItem

# What the script of the page understands of a job.
STATES = {
    Run.Status.PENDING: "ready",
    Run.Status.RUNNING: "running",
    Run.Status.PAUSED: "paused",
    Run.Status.SUCCESS: "done",
    Run.Status.ERROR: "failed",
    Run.Status.CANCELLED: "cancelled",
}
LONG_AGO = timedelta(days=1)


@dataclass(frozen=True)
class Progress:
    """Rows done of all, those of them in error or failing; `since` and `from_n` are of the pace.

    A run may have rested or be retried, so that its pace is measured from when one began to look.
    """

    run: Run
    n_done: int
    n_error: int
    n_failed: int
    since: int  # seconds of the epoch
    from_n: int

    @classmethod
    def of(cls, run: Run, items: Any, since: str = "", from_n: str = "") -> Progress:
        """Count the rows of a run; `since` and `from_n` are what the page was told at first."""
        n_done = run.n_items - items.filter(status=RunItem.Status.PENDING).count()
        n_error = items.filter(status=RunItem.Status.ERROR).count()
        n_failed = items.filter(is_passed=False).count()
        now = int(timezone.now().timestamp())
        is_told = all(
            text.isascii() and text.isdigit() and len(text) < 12 for text in (since, from_n)
        )
        began, first = (int(since), int(from_n)) if is_told else (now, n_done)
        if not now - LONG_AGO.total_seconds() < began <= now or first > n_done:
            began, first = now, n_done
        return cls(run, n_done, n_error, n_failed, began, first)

    @property
    def state(self) -> str:
        return STATES[Run.Status(self.run.status)]

    @property
    def query(self) -> str:
        """What the next look is told."""
        return f"?since={self.since}&from={self.from_n}"

    @property
    def pace(self) -> tuple[int, str | None]:
        """Rows a second since one looks, and the time left in words."""
        if self.run.status != Run.Status.RUNNING:
            return 0, None
        left = self.run.n_items - self.from_n
        began = datetime.fromtimestamp(self.since, tz=UTC)
        return pace(self.n_done - self.from_n, left, began, timezone.now())
