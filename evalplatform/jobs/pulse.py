"""The pulse of a job that works in one long transaction.

Progress written inside that transaction would be seen by nobody and would hold the job's row, so a
thread with a connection of its own renews the lease and tells how far the work is.
"""

from __future__ import annotations

import threading
from types import TracebackType

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError, connection

from evalplatform.jobs.running import RENEW_EVERY, LeaseLostError, Turn


class Pulse:
    """`with Pulse(turn) as pulse:` around the transaction; `pulse.tell(...)` inside it.

    `tell` raises what the thread met: LeaseLostError when the job was cancelled or taken over,
    PermissionDenied when the person's access ended.
    """

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.told: tuple[int, int | None, str] = (0, None, "")
        self.end: LeaseLostError | PermissionDenied | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="job-pulse", daemon=True)

    def __enter__(self) -> Pulse:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._is_over.set()
        self._thread.join()

    def tell(self, n_done: int, n_expected: int | None = None, note: str = "") -> None:
        """Say how far the work is; the thread writes it down within a second."""
        self.told = (n_done, n_expected, note)
        if self.end:
            raise self.end

    def _beat(self) -> None:
        try:
            while not self._is_over.wait(RENEW_EVERY / 2):
                self.turn.progress(*self.told)
        except (LeaseLostError, PermissionDenied) as end:
            self.end = end
        except (OperationalError, InterfaceError):
            self.end = LeaseLostError("the database went away")
        finally:
            connection.close()
