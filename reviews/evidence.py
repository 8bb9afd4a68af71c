"""The digests that a seal is made of: one for each item of a queue, and one over all of them.

The evidence of an item has parts: how it came in and the rubric that it was judged by (`item`),
what was reviewed (`material`), what the machine said (`verdicts`), each review with every revision
and answer of it (`reviews`, by its id), and every adjudication (`adjudications`). The canonical
form of a part is the text of a jsonb object as PostgreSQL writes it (keys by length and then by
bytes, numbers as they are held, times in UTC to the microsecond). The SHA-256 of each part stands
in one jsonb object; the SHA-256 of that object's text is the item's digest. The seal's is that of
the items' digests in the queue's order, the snapshot's, and the seal before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from django.db import connection


class Evidence(NamedTuple):
    """An item's number and key, its digest, and the digests of its parts as JSON text."""

    item: int
    key: str
    digest: str
    parts: str

    def parts_read(self) -> dict[str, Any]:
        """The digests of the parts, as a seal keeps them."""
        found: dict[str, Any] = json.loads(self.parts)
        return found


def _sha(value: str) -> str:
    return f"encode(sha256(convert_to(({value})::text, 'UTF8')), 'hex')"


def _utc(column: str) -> str:
    form = 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
    return f"to_char({column} AT TIME ZONE 'UTC', '{form}')"


# Statements are put together of the constants of this file alone.
_ITEM = """jsonb_build_object('item', i.key, 'stratum', i.stratum,
    'inclusionProbability', i.inclusion_probability, 'rubric', (
        SELECT jsonb_build_object('id', t.id, 'number', t.number, 'shape', t.shape)
        FROM reviews_queue q JOIN reviews_rubricversion t ON t.id = q.rubric_version_id
        WHERE q.id = %(queue)s))"""
_MATERIAL = """CASE WHEN i.run_item_id IS NULL THEN (
        SELECT jsonb_agg(jsonb_build_array(m.position, m.role, m.content) ORDER BY m.position)
        FROM datasets_message m WHERE m.session_id = i.session_id
    ) ELSE (
        SELECT jsonb_build_object('id', r.id, 'status', r.status, 'prompt', r.prompt_text,
            'response', r.response, 'error', r.error)
        FROM runs_runitem r WHERE r.id = i.run_item_id) END"""
_VERDICTS = f"""SELECT jsonb_agg(jsonb_build_object('position', c.position, 'operator', c.operator,
        'criteria', c.criteria, 'weight', c.weight, 'category', c.category,
        'state', c.state, 'autoEval', c.auto_eval, 'isPassed', c.is_passed,
        'confidence', c.confidence, 'feedback', c.feedback,
        'edited', c.edited_auto_eval, 'editedFeedback', c.edited_feedback,
        'editedBy', c.edited_by_id, 'editedAt', {_utc("c.edited_at")})
        ORDER BY c.position, c.id)
    FROM runs_checkresult c WHERE c.run_item_id = i.run_item_id"""  # noqa: S608
_REVIEW = f"""jsonb_build_object('review', v.id, 'reviewer', v.reviewer_id,
    'isCounted', v.is_counted, 'savedAt', {_utc("v.saved_at")}, 'revisions', (
        SELECT jsonb_agg(jsonb_build_object('number', n.number, 'savedAt', {_utc("n.saved_at")},
            'savedBy', n.saved_by_id, 'answers', n.answers, 'checks', n.checks,
            'feedback', n.feedback, 'exposure', n.exposure) ORDER BY n.number)
        FROM reviews_reviewrevision n WHERE n.review_id = v.id),
    'answers', (
        SELECT jsonb_agg(jsonb_build_array(a.revision_id, a.criterion, a.check_result_id, a.value,
            a.number, a.labels, a.flagged, a.note, a.is_latest, a.is_first_unexposed,
            a.is_counted, a.is_rating, a.is_exposed) ORDER BY a.id)
        FROM reviews_reviewanswer a
        WHERE a.queue_item_id = i.id AND a.reviewer_id = v.reviewer_id AND a.review_id = v.id))"""  # noqa: S608
_REVIEWS = f"""SELECT jsonb_object_agg(v.id, {_sha(_REVIEW)})
    FROM reviews_review v WHERE v.queue_item_id = i.id AND v.saved_at IS NOT NULL"""  # noqa: S608
_ADJUDICATIONS = f"""SELECT jsonb_agg(jsonb_build_object('number', d.number,
        'by', d.adjudicator_id, 'at', {_utc("d.adjudicated_at")}, 'answers', d.answers,
        'checks', d.checks, 'labels', d.labels, 'reason', d.reason, 'cause', d.cause,
        'reopenedAt', {_utc("d.reopened_at")}) ORDER BY d.number)
    FROM reviews_adjudication d WHERE d.queue_item_id = i.id"""  # noqa: S608
PARTS = ("item", "material", "verdicts", "reviews", "adjudications")
ITEMS = f"""
    SELECT e.id, e.key, {_sha("e.parts")}, e.parts::text FROM (
        SELECT i.id, i.key::text AS key, i.position, jsonb_build_object(
            'item', {_sha(_ITEM)}, 'material', {_sha(_MATERIAL)}, 'verdicts', {_sha(_VERDICTS)},
            'reviews', ({_REVIEWS}), 'adjudications', {_sha(_ADJUDICATIONS)}) AS parts
        FROM reviews_queueitem i WHERE i.queue_id = %(queue)s OFFSET 0 -- so that it is done once
    ) AS e ORDER BY e.position, e.id"""  # noqa: S608
BATCH = 1_000


def evidence_of(queue_id: Any) -> Iterator[Evidence]:
    """The digests of each item of the queue, in its order, as the evidence is now."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(ITEMS, {"queue": queue_id})
        while rows := cursor.fetchmany(BATCH):
            yield from map(Evidence._make, rows)


def whole_digest(digests: Iterable[str], snapshot: dict[str, Any], previous: str) -> str:
    """SHA-256, in hexadecimal, over the items' digests, the snapshot's and the seal before."""
    found = hashlib.sha256()
    for digest in digests:
        found.update(bytes.fromhex(digest))
    found.update(hashlib.sha256(canonical(snapshot)).digest())
    found.update(bytes.fromhex(previous))
    return found.hexdigest()


def recorded_wrongly(seal_id: Any) -> list[int]:
    """The items of a seal whose digest is not that of their parts: the seal itself was changed."""
    wrong = f"""SELECT queue_item_id FROM reviews_sealeditem
        WHERE seal_id = %s AND parts <> '{{}}' AND digest <> {_sha("parts")} ORDER BY id"""  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(wrong, [seal_id])
        return [row[0] for row in cursor.fetchall()]


def as_held(snapshot: dict[str, Any]) -> dict[str, Any]:
    """The snapshot as the database gives it back, so that its digest is that of what is kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb::text", [json.dumps(snapshot, allow_nan=False)])
        held: dict[str, Any] = json.loads(cursor.fetchone()[0])
    return held


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and without spaces, in UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()
