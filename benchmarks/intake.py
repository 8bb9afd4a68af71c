"""Intake of 100k messages against `psql COPY FROM` of the same rows: wall time and memory.

Ours is the commit of an import as a worker does it, in a process of its own: the file is parsed,
every row validated, compared with what is stored, and saved in one transaction. The floor copies
the same rows, ready made, into empty tables with the same columns, indexes and constraints.
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

from django.db import connection

from benchmarks.evidence import PER_SESSION, WORDS, make_team
from benchmarks.export import psql, spread
from evalplatform.scoping.actor import Actor

TEXT_BYTES = 1150
TABLES = ("datasets_session", "datasets_message")
FLOOR = """
DROP SCHEMA IF EXISTS bench_floor CASCADE;
CREATE SCHEMA bench_floor;
CREATE TABLE bench_floor.datasets_session (LIKE datasets_session INCLUDING ALL);
CREATE TABLE bench_floor.datasets_message (LIKE datasets_message INCLUDING ALL);
ALTER TABLE bench_floor.datasets_session
    ADD FOREIGN KEY (team_id) REFERENCES accounts_team DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (source_id) REFERENCES datasets_source DEFERRABLE INITIALLY DEFERRED,
    ADD FOREIGN KEY (owner_id) REFERENCES accounts_user DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE bench_floor.datasets_message
    ADD FOREIGN KEY (session_id) REFERENCES bench_floor.datasets_session
    DEFERRABLE INITIALLY DEFERRED;
"""


class Measured(NamedTuple):
    """One import: seconds of the commit and of the check before it, peak memory in MB."""

    seconds: float
    check: float
    rss: float


def run(smoke: bool) -> list[str]:
    """Return the lines of ratios; rounds are interleaved with the floor's."""
    n_small, n_large = (200, 2_000) if smoke else (10_000, 100_000)
    lines, memory = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for n in (n_small, n_large):
            actor, path = make_team(f"bench-intake-{n}"), Path(folder) / f"{n}.jsonl"
            write_chats(path, n)
            floors: list[float] = []
            found: list[Measured] = []
            for _ in range(1 if smoke else 3):
                found.append(ours(actor, path))
                floors.append(floor(Path(folder)))
            again = ours(actor, path, is_again=True)
            memory[n] = max(one.rss for one in [*found, again])
            lines.append(f"{n:,} messages, floor (psql COPY FROM): {spread(floors)}")
            lines += described(found, floors)
            lines.append(f"  the same file again, checked: {again.check:.2f} s")
    growth = memory[n_large] - memory[n_small]
    return [*lines, f"memory from {n_small:,} to {n_large:,} messages: {growth:+.0f} MB"]


def described(found: list[Measured], floors: list[float]) -> list[str]:
    """Return the ratio of medians, times and memory of the imports."""
    seconds, checks = [one.seconds for one in found], [one.check for one in found]
    ratio = statistics.median(seconds) / statistics.median(floors)
    return [
        f"  commit: {ratio:.2f} x the floor ({spread(seconds)}), "
        f"peak {max(one.rss for one in found):.0f} MB",
        f"  check before it: {spread(checks)}",
    ]


def write_chats(path: Path, n_messages: int) -> None:
    """Write chat lines of 20 messages of some 1,150 bytes each."""
    text = WORDS * (TEXT_BYTES // len(WORDS))
    with path.open("w") as out:
        for n in range(n_messages // PER_SESSION):
            messages = [
                {"role": ("user", "assistant")[place % 2], "content": f"{text} {n} {place}"}
                for place in range(PER_SESSION)
            ]
            line = {"id": f"bench-{n}", "title": f"Conversation {n}", "messages": messages}
            out.write(json.dumps(line) + "\n")


def ours(actor: Actor, path: Path, *, is_again: bool = False) -> Measured:
    """Import the file in a process of its own, into empty tables unless it comes again."""
    if not is_again:
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE datasets_session, datasets_message CASCADE")
    command = [sys.executable, "-m", "benchmarks.intake_once", str(actor.membership.pk), str(path)]
    if is_again:
        command.append("check")
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Measured(**json.loads(done.stdout))


def floor(folder: Path) -> float:
    """Return the seconds psql needs to copy what the import just stored into tables like ours."""
    files = {table: folder / f"{table}.copy" for table in TABLES}
    call_psql(*(f"\\copy {table} TO '{path}'" for table, path in files.items()))
    with connection.cursor() as cursor:
        cursor.execute(FLOOR)
    began = perf_counter()
    call_psql(*(f"\\copy bench_floor.{table} FROM '{path}'" for table, path in files.items()))
    seconds = perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA bench_floor CASCADE")
    return seconds


def call_psql(*commands: str) -> None:
    """Run the commands in one transaction."""
    words = [word for command in commands for word in ("-c", command)]
    url = os.environ["DATABASE_URL"]
    subprocess.run([str(psql()), url, "-qX", "-v", "ON_ERROR_STOP=1", "-1", *words], check=True)
