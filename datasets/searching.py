"""Full text of sessions: filled by a job soon after intake, so that intake keeps COPY's speed.

`Session.search` is null while a session waits. It is a tsvector of title and messages, cut to what
a tsvector can hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import OperationalError, connection, transaction
from psycopg.errors import ProgramLimitExceeded

from datasets.models import Session
from evalplatform.jobs.kinds import job_kind
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import Turn
from evalplatform.scoping.actor import Actor

KIND = "index_sessions"
BATCH = 200
# Characters of a session that are indexed. A tsvector holds 1 MB; text full of ever new words needs
# more room than it has characters, hence the shorter tries.
LENGTHS = (1_000_000, 250_000, 60_000)
INDEX = """
    UPDATE datasets_session s SET search = to_tsvector('simple', left(t.text, %(length)s))
    FROM (
        SELECT d.id, concat_ws(' ', nullif(d.title, ''), m.text) AS text
        FROM datasets_session d LEFT JOIN (
            SELECT session_id, string_agg(content, ' ' ORDER BY position) AS text
            FROM (
                SELECT session_id, position, left(content, %(length)s) AS content,
                       sum(length(content)) OVER (PARTITION BY session_id ORDER BY position)
                       - length(content) AS before
                FROM datasets_message WHERE session_id = ANY(%(ids)s)) each
            WHERE before < %(length)s GROUP BY session_id) m ON m.session_id = d.id
        WHERE d.id = ANY(%(ids)s)) t
    WHERE s.id = t.id"""


def request_index(by: Actor, kind: str = KIND) -> None:
    """Ask for the index of what this transaction brings; one waiting job serves all who ask.

    The waiting job's row is locked until this transaction ends, so that it cannot begin before the
    rows can be seen.
    """
    waiting = Job.all_rows.select_for_update(skip_locked=True).filter(
        team=by.team, kind=kind, state=Job.State.READY
    )
    if not waiting.exists():
        Job.enqueue(kind, {"team": str(by.team.pk)}, by=by)


@job_kind(KIND)
def index_sessions(turn: Turn) -> dict[str, int]:
    """Index the waiting sessions of the team, batch by batch, each in its own transaction."""
    n_done = 0
    while n_indexed := index_batch(turn.job.team_id):
        n_done += n_indexed
        turn.progress(n_done, note="Indexing sessions for search")
    return {"sessions": n_done}


def index_what_waits() -> int:
    """Index what no job reached (its person left, or the database went away); how many it was."""
    waiting = Session.all_rows.filter(search=None)
    n_done = 0
    while team_id := waiting.order_by("team_id").values_list("team_id", flat=True).first():
        n_indexed = index_batch(team_id)
        n_done += n_indexed
        if not n_indexed:  # all of them locked: a job or an intake has them
            break
    return n_done


def index_batch(team_id: UUID | str) -> int:
    """Index up to one batch of the team's waiting sessions; how many it were.

    Their rows are locked before their text is read: what an intake changes meanwhile waits again.
    """
    with transaction.atomic():
        waiting = Session.all_rows.select_for_update(skip_locked=True, of=("self",)).filter(
            team_id=team_id, search=None
        )
        ids = list(waiting.order_by("id").values_list("pk", flat=True)[:BATCH])
        if ids:
            _index(ids)
    return len(ids)


def _index(ids: Sequence[UUID], lengths: Sequence[int] = LENGTHS) -> None:
    """Fill `search` of these sessions; those that burst a tsvector are cut shorter, one by one."""
    length, *shorter = lengths
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(INDEX, {"ids": list(ids), "length": length})
    except OperationalError as error:
        if not isinstance(error.__cause__, ProgramLimitExceeded) or not shorter:
            raise
        if len(ids) == 1:
            _index(ids, shorter)
        else:
            for pk in ids:
                _index([pk], lengths)
