"""Export of 100k messages against `psql COPY` of the same rows: wall time and memory.

The floor is what PostgreSQL needs to hand out the same rows in the same order, to a file. Ours is
the whole job in a process of its own: snapshot, pages, format, hash, flush to the disk, manifest.
Starting Python and Django is not counted in the time (workers live long), but it is in the memory.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from benchmarks.evidence import make_evidence, make_team
from evalplatform.embedded.postgres import binaries
from evalplatform.scoping.actor import Actor

MESSAGES = """
COPY (SELECT m.session_id, m.position, m.role, m.content
FROM datasets_message m
JOIN datasets_session s ON s.id = m.session_id
JOIN reviews_evallabel l ON l.session_id = s.id
WHERE s.team_id = '{team}' AND l.is_eval_ready
ORDER BY s.started_at DESC, s.id DESC, m.position) TO STDOUT
"""
SESSIONS = """
COPY (SELECT s.id, s.title, o.name, s.model, s.project_name, s.started_at, s.prompt_tokens,
    s.completion_tokens, s.cost, s.duration_ms, s.tags, l.status, l.tags, l.expected_output
FROM datasets_session s
JOIN datasets_source o ON o.id = s.source_id
JOIN reviews_evallabel l ON l.session_id = s.id
WHERE s.team_id = '{team}' AND l.is_eval_ready
ORDER BY s.started_at DESC, s.id DESC) TO STDOUT
"""


class Measured(NamedTuple):
    """One export: seconds, peak memory of its process in MB, size in MB."""

    seconds: float
    rss: float
    size: float


def run(smoke: bool) -> list[str]:
    """Return the lines of ratios; rounds are interleaved with the floor's."""
    n_small, n_large = (200, 2_000) if smoke else (10_000, 100_000)
    rounds = 1 if smoke else 3
    lines = []
    memory = {}
    for n in (n_small, n_large):
        actor = make_team(f"bench-export-{n}")
        make_evidence(actor, n_messages=n)
        floors: list[float] = []
        found: dict[str, list[Measured]] = {}
        for _ in range(rounds):
            floors.append(floor(actor))
            for slug in ("openai", "deepeval", "text"):
                found.setdefault(slug, []).append(ours(actor, slug))
        memory[n] = max(one.rss for one in found["openai"])
        lines.append(f"{n:,} messages, floor (psql COPY): {spread(floors)}")
        lines += [line(slug, measured, floors) for slug, measured in found.items()]
    growth = memory[n_large] - memory[n_small]
    lines.append(f"openai, memory from {n_small:,} to {n_large:,} messages: {growth:+.0f} MB")
    return lines


def line(slug: str, measured: list[Measured], floors: list[float]) -> str:
    """Return one format's ratio of medians, its times, memory and size."""
    seconds = [one.seconds for one in measured]
    ratio = statistics.median(seconds) / statistics.median(floors)
    rss = max(one.rss for one in measured)
    return (
        f"  {slug}: {ratio:.2f} x the floor ({spread(seconds)}), "
        f"peak {rss:.0f} MB, file {measured[0].size:.0f} MB"
    )


def spread(seconds: list[float]) -> str:
    """Return the median with the least and the most."""
    return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f}-{max(seconds):.2f})"


def floor(actor: Actor) -> float:
    """Return the seconds psql needs for the same rows, written to a file."""
    command = [str(psql()), os.environ["DATABASE_URL"], "-qXAt"]
    for statement in (SESSIONS, MESSAGES):
        command += ["-c", " ".join(statement.format(team=actor.team.pk).split())]
    with tempfile.TemporaryFile() as out:
        began = perf_counter()
        subprocess.run(command, stdout=out, check=True)
        return perf_counter() - began


def psql() -> Path:
    """Return the psql beside the bundled server."""
    return binaries() / "psql"


def ours(actor: Actor, slug: str) -> Measured:
    """Run the export's job in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.export_once", str(actor.membership.pk), slug]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Measured(**json.loads(done.stdout))
