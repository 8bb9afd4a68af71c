"""Full text of sessions: title and messages, filled by a job soon after intake."""

from __future__ import annotations

from datasets.models import Session
from datasets.text_index import TextIndex
from evalplatform.jobs.kinds import job_kind
from evalplatform.jobs.running import Turn

KIND = "index_sessions"
BATCH = 200
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
SESSIONS = TextIndex(KIND, "sessions", Session, "team_id", INDEX, BATCH)


@job_kind(KIND)
def index_sessions(turn: Turn) -> dict[str, int]:
    """Index the waiting sessions of the team."""
    return SESSIONS.work(turn)
