"""At most so many questions a minute to one endpoint, however many workers ask: kept in PostgreSQL.

Each question takes the next free moment of the endpoint's row; a moment is 60 / per_minute seconds.
"""

from __future__ import annotations

import time
from uuid import UUID

from django.db import connection

from runs.asking import AskError, TakeTurn
from runs.outbound.deadlines import Deadline

LONGEST_WAIT = 120.0  # seconds; who would wait longer is told so instead

# The row is locked for the statement alone: whoever calls is in no transaction. The clock is that
# of the database, which all workers share. A turn that lies too far off is not taken.
TAKE = """
UPDATE runs_modelendpoint
SET free_at = greatest(free_at, clock_timestamp()) + make_interval(secs => %(apart)s)
WHERE id = %(id)s
  AND free_at <= clock_timestamp() + make_interval(secs => %(longest)s)
RETURNING extract(epoch FROM free_at - clock_timestamp()) - %(apart)s
"""
LOOK = """
SELECT greatest(0, extract(epoch FROM free_at - clock_timestamp()))
FROM runs_modelendpoint WHERE id = %(id)s
"""


class TooBusyError(AskError):
    """So many wait for this endpoint already that one more would wait too long."""


def turns_of(endpoint_id: UUID, per_minute: int | None) -> TakeTurn | None:
    """Return what `ask` calls before each attempt; nothing when the endpoint has no limit."""
    if not per_minute:
        return None

    def take_turn(deadline: Deadline) -> None:
        time.sleep(reserve(endpoint_id, per_minute, longest=min(LONGEST_WAIT, deadline.left)))

    return take_turn


def reserve(endpoint_id: UUID, per_minute: int, *, longest: float = LONGEST_WAIT) -> float:
    """Take the next turn and return the seconds until it; TooBusyError when it is too far off."""
    values: dict[str, float | UUID] = {
        "id": endpoint_id,
        "apart": 60.0 / per_minute,
        "longest": longest,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE, values)
        row = cursor.fetchone()
        if row is not None:
            return max(0.0, float(row[0]))
        cursor.execute(LOOK, values)
        row = cursor.fetchone()
    if row is None:
        raise AskError("The endpoint was deleted.")
    raise TooBusyError(
        f"This endpoint may be asked {per_minute:,} times a minute, and its next free turn is in "
        f"{float(row[0]):,.0f} seconds: ask later, or raise its limit."
    )
