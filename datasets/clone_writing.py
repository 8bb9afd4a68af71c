"""The SQL of cloning: sessions and their messages become items set-wise, a chunk in one statement.

Nothing here decides who may; cloning.py does, and holds the transaction and the dataset's lock.
Which message answers which is the rule of the exports (formats.md 1.1): the first assistant message
with text before the next user message, or the first one where none has text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from datasets.models import Dataset
from datasets.models.dataset_item import STEP
from datasets.system_tags import PREFIX

COLUMNS = """dataset_id, level, key, public_id, position, input, output, expected_output, context,
        history, participant_data, session_state, summary, tags, created_at, checks, files,
        session_id, user_message_id, assistant_message_id, origin, arrived, created_by_id, added_at,
        from_version"""
# What is the same for every new row, and what makes it one of its own.
IDS = "gen_random_uuid(), gen_random_uuid()::text"
HEAD = f"%(dataset)s, %(level)s, {IDS}, %(end)s + {STEP} * (f.n - 1)"
FOOT = "f.origin, %(arrived)s, %(by)s, now(), %(number)s"
# A look-up for each row, which the index one_item_per_origin answers: as a join, it would read all
# items of the dataset for every chunk while the statistics do not know of those just written.
IS_NEW = """(
        SELECT d.id FROM datasets_datasetitem d
        WHERE d.dataset_id = %(dataset)s AND d.origin = p.origin
        AND d.origin <> '' AND d.until_version IS NULL LIMIT 1) IS NULL"""
COUNTED = "SELECT (SELECT count(*) FROM pair), (SELECT count(*) FROM made)"


def _each_once(texts: str) -> str:
    """SQL: the texts of an array, each once in their order, without system tags; null for none."""
    return f"""(SELECT to_jsonb(array_agg(t ORDER BY n)) FROM (
            SELECT t, min(n) AS n FROM unnest({texts}) WITH ORDINALITY x (t, n)
            WHERE NOT starts_with(t, '{PREFIX}') GROUP BY t) y)"""  # noqa: S608


def _first_said(column: str) -> str:
    """SQL: the object of the user's message, of the reply's when that one is empty."""
    return f"COALESCE(NULLIF(u.{column}, '{{}}'), a.{column}, '{{}}')"


# The statements are made of our own names and of nothing that came from outside.
CLONE_MESSAGES = f"""
    WITH said AS MATERIALIZED (
        SELECT m.id, m.session_id, m.position, m.role, m.content !~ '[^[:space:]]' AS is_blank,
            (%(tags)s::text[] IS NULL OR m.tags && %(tags)s::text[])
                AND (%(text)s::text IS NULL OR m.content ILIKE %(text)s::text) AS is_wanted,
            count(*) FILTER (WHERE m.role = 'user')
                OVER (PARTITION BY m.session_id ORDER BY m.position) AS turn
        FROM datasets_message m
        WHERE m.session_id = ANY(%(ids)s) AND m.role IN ('user', 'assistant')
    ), exchange AS (
        SELECT session_id, min(position) AS position,
            max(id) FILTER (WHERE role = 'user') AS user_id,
            bool_or(is_wanted) FILTER (WHERE role = 'user') AS is_question_wanted,
            (array_agg(id ORDER BY is_blank, position) FILTER (WHERE role = 'assistant'))[1]
                AS assistant_id,
            (array_agg(is_wanted ORDER BY is_blank, position) FILTER (WHERE role = 'assistant'))[1]
                AS is_reply_wanted
        FROM said WHERE turn > 0 GROUP BY session_id, turn
    ), pair AS (
        SELECT session_id, position, user_id, assistant_id, 'm:' || user_id AS origin
        FROM exchange WHERE is_question_wanted OR COALESCE(is_reply_wanted, false)
        UNION ALL
        SELECT session_id, position, NULL, id, 'm:-:' || id
        FROM said WHERE role = 'assistant' AND turn = 0 AND is_wanted
    ), fresh AS (
        SELECT p.*, row_number() OVER (ORDER BY s.started_at, s.id, p.position) AS n
        FROM pair p JOIN datasets_session s ON s.id = p.session_id
        WHERE {IS_NEW}
    ), made AS (
        INSERT INTO datasets_datasetitem ({COLUMNS})
        SELECT {HEAD}, COALESCE(u.content, ''), COALESCE(a.content, ''), '',
            jsonb_strip_nulls(jsonb_build_object(
                'current_datetime', CASE WHEN u.id IS NULL THEN a.created_at ELSE u.created_at END,
                'comments', {_each_once("u.comments || a.comments")},
                'tags', {_each_once("u.tags || a.tags")})),
            COALESCE(h.told, '[]'), {_first_said("participant_data")},
            {_first_said("session_state")}, '', '{{}}',
            CASE WHEN u.id IS NULL THEN a.created_at ELSE u.created_at END, '[]', '{{}}',
            f.session_id, u.id, a.id, {FOOT}
        FROM fresh f
        LEFT JOIN datasets_message u ON u.id = f.user_id
        LEFT JOIN datasets_message a ON a.id = f.assistant_id
        LEFT JOIN LATERAL (
            SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                'role', e.role, 'content', e.content, 'summary', NULLIF(e.summary, '')))
                ORDER BY e.position) AS told
            FROM datasets_message e
            WHERE e.session_id = f.session_id AND e.position < f.position) h ON true
        ORDER BY f.n
        RETURNING 1
    ) {COUNTED}"""  # noqa: S608
CLONE_SESSIONS = f"""
    WITH pair AS (
        SELECT s.id AS session_id, s.started_at, 's:' || s.id AS origin
        FROM datasets_session s WHERE s.id = ANY(%(ids)s)
    ), fresh AS (
        SELECT p.*, row_number() OVER (ORDER BY p.started_at, p.session_id) AS n
        FROM pair p WHERE {IS_NEW}
    ), made AS (
        INSERT INTO datasets_datasetitem ({COLUMNS})
        SELECT {HEAD}, '', '', '',
            jsonb_strip_nulls(jsonb_build_object('current_datetime', l.created_at)), '[]',
            COALESCE(l.participant_data, '{{}}'), COALESCE(l.session_state, '{{}}'),
            json_build_object(
                'session', json_build_object(
                    'id', s.id, 'externalId', s.external_id, 'title', s.title,
                    'source', o.name, 'project', s.project_name, 'model', s.model,
                    'provider', s.provider, 'channel', s.channel,
                    'participant', json_build_object(
                        'identifier', s.participant_identifier, 'data', s.participant),
                    'tags', COALESCE({_each_once("s.tags")}, '[]'),
                    'promptTokens', s.prompt_tokens, 'completionTokens', s.completion_tokens,
                    'cost', s.cost, 'durationMs', s.duration_ms, 'startedAt', s.started_at,
                    'messages', s.n_messages),
                'output', a.content,
                'messages', COALESCE(t.told, '[]'))::text,
            '{{}}', s.started_at, '[]', '{{}}', s.id, NULL, a.id, {FOOT}
        FROM fresh f
        JOIN datasets_session s ON s.id = f.session_id
        JOIN datasets_source o ON o.id = s.source_id
        LEFT JOIN LATERAL (
            SELECT e.created_at, e.participant_data, e.session_state FROM datasets_message e
            WHERE e.session_id = s.id ORDER BY e.position DESC LIMIT 1) l ON true
        LEFT JOIN LATERAL (
            SELECT e.id, e.content FROM datasets_message e
            WHERE e.session_id = s.id AND e.role = 'assistant'
            ORDER BY e.position DESC LIMIT 1) a ON true
        LEFT JOIN LATERAL (
            SELECT json_agg(json_strip_nulls(json_build_object(
                'role', e.role, 'content', e.content, 'createdAt', e.created_at,
                'summary', NULLIF(e.summary, ''))) ORDER BY e.position) AS told
            FROM datasets_message e WHERE e.session_id = s.id) t ON true
        ORDER BY f.n
        RETURNING 1
    ) {COUNTED}"""  # noqa: S608
# How much text an item-wise clone writes: each message once for every later exchange.
WEIGHTS = """
    SELECT s.id, COALESCE(w.once, 0), COALESCE(w.histories, 0)
    FROM datasets_session s LEFT JOIN (
        SELECT session_id, sum(size) AS once,
            sum(before) FILTER (WHERE role = 'user') AS histories
        FROM (
            SELECT session_id, role, octet_length(content) + 40 AS size,
                sum(octet_length(content) + 40) OVER (
                    PARTITION BY session_id ORDER BY position) AS before
            FROM datasets_message WHERE session_id = ANY(%s)) each
        GROUP BY session_id) w ON w.session_id = s.id
    WHERE s.id = ANY(%s)"""
STATEMENTS = {Dataset.Level.MESSAGE: CLONE_MESSAGES, Dataset.Level.SESSION: CLONE_SESSIONS}


class Wanted(NamedTuple):
    """Which messages are meant, where not all are: with one of the tags, and with the text."""

    tags: tuple[str, ...] = ()
    text: str = ""

    def told(self) -> dict[str, Any]:
        """The parameters that the statement takes."""
        literal = self.text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return {"tags": list(self.tags) or None, "text": f"%{literal}%" if self.text else None}


def weights(ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Session -> bytes of what was said in it, and of all histories that its exchanges have."""
    with connection.cursor() as cursor:
        cursor.execute(WEIGHTS, [list(ids), list(ids)])
        return {pk: (int(once), int(histories)) for pk, once, histories in cursor.fetchall()}


def clone(level: str, told: dict[str, Any]) -> tuple[int, int]:
    """Write the items of one chunk of sessions; how many there could be, and how many are new."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS[Dataset.Level(level)], told)
        n_possible, n_made = cursor.fetchone()
    return n_possible, n_made
