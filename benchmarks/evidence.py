"""Rows to measure with: many sessions made by PostgreSQL itself, in seconds."""

from __future__ import annotations

from django.db import connection

from evalplatform.accounts.models import Membership, Team, User
from evalplatform.scoping.actor import Actor

PER_SESSION = 20
WORDS = (
    "the ferry was late and the room was cold but the porter carried our bags and the breakfast "
    "had warm bread with butter and jam from the island and nobody asked for money at the door "
)

SESSIONS = """
INSERT INTO datasets_session (id, team_id, source_id, owner_id, external_id, title, project_path,
    project_name, model, provider, participant_identifier, participant, channel, tags,
    session_state, started_at, created_at, updated_at, n_messages, n_pairs, search)
SELECT uuidv7(), %(team)s, %(source)s, %(owner)s, 'bench-' || n, 'Conversation ' || n, '',
    'project-' || n %% 50, 'model-' || n %% 5, 'provider', 'guest-' || n %% 1000, '{}',
    'channel-' || n %% 3, ARRAY['tag-' || n %% 20], '{}', now() - (%(n)s - n) * interval '1 minute',
    now(), now(), %(per)s, %(per)s / 2,
    to_tsvector('simple', 'Conversation ' || n || ' rare' || n %% 1000)
FROM generate_series(1, %(n)s) n
"""
MESSAGES = """
INSERT INTO datasets_message (session_id, position, external_id, role, content, created_at, model,
    tags, comments, participant_data, session_state, summary)
SELECT s.id, p, '', CASE p %% 2 WHEN 0 THEN 'user' ELSE 'assistant' END,
    repeat(%(words)s, %(repeats)s) || s.external_id || ' ' || p, s.started_at, '',
    '{}', '{}', '{}', '{}', ''
FROM datasets_session s, generate_series(0, %(per)s - 1) p WHERE s.team_id = %(team)s
"""
LABELS = """
INSERT INTO reviews_evallabel (session_id, is_eval_ready, status, notes, tags)
SELECT id, true, (ARRAY['golden', 'correct', 'incorrect', 'needs_review'])[1 + abs(hashtext(
    external_id)) %% 4], '', '{}' FROM datasets_session WHERE team_id = %(team)s
"""


def make_team(slug: str) -> Actor:
    """Return the owner of a new team."""
    team, _ = Team.all_rows.get_or_create(slug=slug, defaults={"name": slug.title()})
    user, _ = User.objects.get_or_create(email=f"{slug}@bench.example")
    membership, _ = Membership.all_rows.get_or_create(
        user=user, team=team, defaults={"role": "owner"}
    )
    return membership.act(via="command")


def make_evidence(actor: Actor, *, n_messages: int, text_bytes: int = 1150) -> None:
    """Fill the actor's team with n_messages in sessions of 20, all eval-ready.

    Ids rise with time, as the product's do. The VACUUM is what PostgreSQL does by itself soon after
    so many rows; without it, it does it in the middle of what is measured.
    """
    from datasets.models import Source

    source, _ = Source.all_rows.get_or_create(team=actor.team, name="bench")
    values = {
        "team": actor.team.pk,
        "source": source.pk,
        "owner": actor.user.pk,
        "n": n_messages // PER_SESSION,
        "per": PER_SESSION,
        "words": WORDS,
        "repeats": max(1, text_bytes // len(WORDS)),
    }
    with connection.cursor() as cursor:
        for statement in (SESSIONS, MESSAGES, LABELS):
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")
