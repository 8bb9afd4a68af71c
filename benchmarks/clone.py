"""Cloning of 10,000 sessions (160,000 messages) into a dataset: at both levels, and once more.

Each is one job as a worker runs it, one transaction to its end. The memory is this process's.
"""

from __future__ import annotations

import resource
from time import perf_counter

from django.db import connection

from benchmarks.evidence import SESSIONS, WORDS, make_team
from datasets.cloning import request_clone
from datasets.models import Dataset, Session, Source
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor

PER_SESSION = 16
TEXT_BYTES = (200, 1_150)
MESSAGES = """
INSERT INTO datasets_message (session_id, position, external_id, role, content, created_at, model,
    tags, comments, participant_data, session_state, summary)
SELECT s.id, p, '', CASE p %% 2 WHEN 0 THEN 'user' ELSE 'assistant' END,
    left(repeat(%(words)s, 7), %(bytes)s) || s.external_id || ' ' || p, s.started_at, '',
    '{tag}', '{}', '{"name": "Ann"}', '{"step": 1}', ''
FROM datasets_session s, generate_series(0, %(per)s - 1) p WHERE s.team_id = %(team)s
"""


def run(smoke: bool) -> list[str]:
    """Return one line a clone."""
    n_sessions = 200 if smoke else 10_000
    lines = []
    for n_bytes in TEXT_BYTES:
        actor = make_team(f"bench-clone-{n_bytes}")
        make_sessions(actor, n_sessions, n_bytes)
        lines.append(f"{n_sessions:,} sessions of {PER_SESSION} messages of {n_bytes} bytes")
        for level in Dataset.Level:
            dataset = Dataset.create(name=f"Bench {level}", level=level, by=actor)
            lines.append(f"  {level} level: {cloned(dataset, actor)}")
            lines.append(f"  {level} level again: {cloned(dataset, actor)}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [*lines, f"peak memory {peak:.0f} MB"]


def make_sessions(actor: Actor, n: int, n_bytes: int) -> None:
    """Fill the actor's team with sessions."""
    source = Source.all_rows.create(team=actor.team, name="bench")
    values = {
        "team": actor.team.pk,
        "source": source.pk,
        "owner": actor.user.pk,
        "n": n,
        "per": PER_SESSION,
        "words": WORDS,
        "bytes": n_bytes,
    }
    with connection.cursor() as cursor:
        for statement in (SESSIONS, MESSAGES):
            cursor.execute(statement, values)
        cursor.execute("VACUUM ANALYZE")


def cloned(dataset: Dataset, actor: Actor) -> str:
    """Clone all of the actor's sessions; what came of it, and how long it took."""
    began = perf_counter()
    job = request_clone(dataset, Session.objects.visible_to(actor), by=actor)
    asked = perf_counter() - began
    run_job(job.pk)
    seconds = perf_counter() - began
    job.refresh_from_db()
    assert job.result is not None, job.error
    created, already = job.result["created"], job.result["already"]
    return f"{seconds:.1f} s (asked in {asked:.2f} s), {created:,} items new, {already:,} there"
