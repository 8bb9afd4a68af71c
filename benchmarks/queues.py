"""Queues of many items and their reviewers, made by PostgreSQL itself, to measure claims with."""

from __future__ import annotations

from typing import Any

from django.db import connection

from benchmarks.evidence import make_team
from datasets.models import Session, Source
from evalplatform.accounts.models import Membership, User
from evalplatform.scoping.actor import Actor
from reviews.models import Queue, QueueReviewer, Rubric

SESSIONS = """
INSERT INTO datasets_session (id, team_id, source_id, owner_id, external_id, title, project_path,
    project_name, model, provider, participant_identifier, participant, channel, tags,
    session_state, started_at, created_at, updated_at, n_messages, n_pairs, search)
SELECT uuidv7(), %(team)s, %(source)s, %(owner)s, 'bench-' || n, 'Conversation ' || n, '', '', '',
    '', '', '{}', '', '{}', '{}', now(), now(), now(), 0, 0, ''
FROM generate_series(%(have)s + 1, %(n)s) n"""
ITEMS = """
INSERT INTO reviews_queueitem (key, queue_id, position, session_id, stratum, inclusion_probability,
    open_slots, n_counted, state, is_canon_candidate, reasons)
SELECT gen_random_uuid(), %(queue)s, row_number() OVER () - 1, id, '', 1, %(wanted)s, 0,
    'unreviewed', false, '[]'
FROM (SELECT id FROM datasets_session WHERE team_id = %(team)s LIMIT %(n)s) s"""
DONE = """
WITH done AS (
    UPDATE reviews_queueitem SET open_slots = open_slots - 1, n_counted = n_counted + 1
    WHERE queue_id = %(queue)s AND position < %(n)s RETURNING id
) INSERT INTO reviews_slot (id, queue_id, queue_item_id, reviewer_id, state, token, leased_at,
    expires_at, is_counted, hides_auto, reason, changed_at)
SELECT gen_random_uuid(), %(queue)s, id, %(reviewer)s, 'submitted', NULL, now(), now(), true,
    false, '', now() FROM done"""
# Places that are taken by a live lease or a counted review, and what is left of those wanted.
WRONG_ITEMS = """
SELECT count(*) FROM (
    SELECT FROM reviews_queueitem i JOIN reviews_queue q ON q.id = i.queue_id
    LEFT JOIN reviews_slot s ON s.queue_item_id = i.id
    WHERE i.queue_id = %(queue)s GROUP BY i.id, q.reviews_per_item
    HAVING i.open_slots + count(s.id) FILTER (WHERE s.state = 'leased' OR s.is_counted)
            <> q.reviews_per_item
        OR i.n_counted <> count(s.id) FILTER (WHERE s.is_counted)
        OR i.n_counted > q.reviews_per_item
        OR i.n_counted <> (SELECT count(DISTINCT r.reviewer_id) FROM reviews_review r
            WHERE r.queue_item_id = i.id AND r.is_counted AND r.saved_at IS NOT NULL)) wrong"""
UNFINISHED = """
SELECT count(*) FROM reviews_queueitem i WHERE i.queue_id = %(queue)s AND i.open_slots > 0"""


def make_reviewers(n: int) -> tuple[Actor, list[Actor]]:
    """The owner of a team and so many testers of it."""
    owner = make_team("bench-queues")
    people = []
    for number in range(n):
        user, _ = User.objects.get_or_create(email=f"reviewer-{number}@bench.example")
        member, _ = Membership.all_rows.get_or_create(
            user=user, team=owner.team, defaults={"role": "tester"}
        )
        people.append(member.act(via="page"))
    return owner, people


def make_queue(owner: Actor, n_items: int, wanted: int) -> Queue:
    """An active pass/fail queue for everybody."""
    rubric = Rubric.of_the_product("pass-fail", by=owner)
    queue: Queue = Queue.all_rows.create(
        team=owner.team, owner=owner.user, name=f"Bench {n_items} x {wanted}", target="session",
        status="active", rubric_version=rubric.newest(), reviews_per_item=wanted, n_items=n_items,
    )  # fmt: skip
    source, _ = Source.all_rows.get_or_create(team=owner.team, name="bench")
    have = Session.all_rows.filter(team=owner.team).count()
    told = {"team": owner.team.pk, "n": n_items}
    run(SESSIONS, **told, source=source.pk, owner=owner.user.pk, have=have)
    run(ITEMS, **told, queue=queue.pk, wanted=wanted)
    run("VACUUM ANALYZE reviews_queueitem")
    return queue


def have_done(queue: Queue, actor: Actor, n: int) -> None:
    """Let a reviewer have saved the first so many items, which stay open for others."""
    run(DONE, queue=queue.pk, reviewer=actor.user.pk, n=n)
    QueueReviewer.all_rows.create(queue=queue, reviewer=actor.user, cursor=n - 1)
    run("VACUUM ANALYZE reviews_queueitem")
    run("VACUUM ANALYZE reviews_slot")


def run(statement: str, **told: Any) -> list[tuple[Any, ...]]:
    """Rows of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, told or None)
        return cursor.fetchall() if cursor.description else []


def number_of(statement: str, queue: Queue) -> int:
    """The one number that a statement counts of a queue."""
    return int(run(statement, queue=queue.pk)[0][0])
