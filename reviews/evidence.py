"""The digests that a seal is made of: one for each item of a queue, and one over all of them.

The canonical form of an item is the text of a jsonb object as PostgreSQL writes it (keys by length
and then by bytes, numbers as they are held): what was reviewed, what the machine said, every
revision and answer of every review, every adjudication. Its SHA-256 is the item's digest. The
seal's is that of the items' digests in the queue's order, the snapshot's, and the seal before.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from django.db import connection

ITEMS = """
    SELECT i.id, i.key::text, encode(sha256(convert_to(jsonb_build_object(
        'item', i.key, 'stratum', i.stratum, 'inclusionProbability', i.inclusion_probability,
        'material', CASE WHEN i.run_item_id IS NULL THEN (
            SELECT jsonb_agg(jsonb_build_array(m.position, m.role, m.content) ORDER BY m.position)
            FROM datasets_message m WHERE m.session_id = i.session_id
        ) ELSE (
            SELECT jsonb_build_object('id', r.id, 'status', r.status, 'prompt', r.prompt_text,
                'response', r.response, 'error', r.error)
            FROM runs_runitem r WHERE r.id = i.run_item_id) END,
        'verdicts', (
            SELECT jsonb_agg(jsonb_build_object('position', c.position, 'operator', c.operator,
                'criteria', c.criteria, 'weight', c.weight, 'category', c.category,
                'state', c.state, 'autoEval', c.auto_eval, 'isPassed', c.is_passed,
                'confidence', c.confidence, 'feedback', c.feedback,
                'edited', c.edited_auto_eval, 'editedFeedback', c.edited_feedback,
                'editedBy', c.edited_by_id, 'editedAt', c.edited_at) ORDER BY c.position, c.id)
            FROM runs_checkresult c WHERE c.run_item_id = i.run_item_id),
        'reviews', (
            SELECT jsonb_agg(jsonb_build_object('review', v.id, 'reviewer', v.reviewer_id,
                'isCounted', v.is_counted, 'savedAt', v.saved_at, 'revisions', (
                    SELECT jsonb_agg(jsonb_build_object('number', n.number, 'savedAt', n.saved_at,
                        'savedBy', n.saved_by_id, 'answers', n.answers, 'checks', n.checks,
                        'feedback', n.feedback, 'exposure', n.exposure) ORDER BY n.number)
                    FROM reviews_reviewrevision n WHERE n.review_id = v.id),
                'answers', (
                    SELECT jsonb_agg(jsonb_build_array(a.revision_id, a.criterion,
                        a.check_result_id, a.value, a.number, a.labels, a.flagged, a.note,
                        a.is_latest, a.is_first_unexposed, a.is_counted) ORDER BY a.id)
                    FROM reviews_reviewanswer a WHERE a.review_id = v.id)) ORDER BY v.id)
            FROM reviews_review v WHERE v.queue_item_id = i.id AND v.saved_at IS NOT NULL),
        'adjudications', (
            SELECT jsonb_agg(jsonb_build_object('number', d.number, 'by', d.adjudicator_id,
                'at', d.adjudicated_at, 'answers', d.answers, 'checks', d.checks,
                'labels', d.labels, 'reason', d.reason, 'cause', d.cause,
                'reopenedAt', d.reopened_at) ORDER BY d.number)
            FROM reviews_adjudication d WHERE d.queue_item_id = i.id)
    )::text, 'UTF8')), 'hex')
    FROM reviews_queueitem i WHERE i.queue_id = %s ORDER BY i.position, i.id"""
BATCH = 1_000


def item_digests(queue_id: Any) -> Iterator[tuple[int, str, str]]:
    """Id, key and digest of each item of the queue, in its order, as the evidence is now."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(ITEMS, [queue_id])
        while rows := cursor.fetchmany(BATCH):
            yield from rows


def whole_digest(digests: Iterator[str], snapshot: dict[str, Any], previous: str) -> str:
    """SHA-256, in hexadecimal, over the items' digests, the snapshot's and the seal before."""
    found = hashlib.sha256()
    for digest in digests:
        found.update(bytes.fromhex(digest))
    found.update(hashlib.sha256(canonical(snapshot)).digest())
    found.update(bytes.fromhex(previous))
    return found.hexdigest()


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and without spaces, in UTF-8."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()
