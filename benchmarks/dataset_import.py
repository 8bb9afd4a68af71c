"""Import of 100k items into a dataset against `psql COPY FROM` of the same rows.

Ours is the commit of an import as a worker does it, in a process of its own: the file is parsed,
every row validated and given its id, compared with what is stored, and saved as one version in one
transaction; the dry run does all but the saving. The floor copies the same rows, ready made, into
an empty table with the same columns, indexes and constraints. Starting Python and Django is not
counted in the time (workers live long), but it is in the memory.
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

from benchmarks.evidence import make_team
from benchmarks.export import spread
from benchmarks.intake import call_psql
from benchmarks.items import clear, write_file
from evalplatform.scoping.actor import Actor

TABLE = "datasets_datasetitem"
FOREIGN_KEYS = """
SELECT 'ALTER TABLE bench_floor.datasets_datasetitem ADD ' || pg_get_constraintdef(oid)
FROM pg_constraint WHERE conrelid = 'datasets_datasetitem'::regclass AND contype = 'f'
"""
# Whether the items of the file have ids: those that have none get one made of what they say.
KINDS = {"csv": ("csv", True), "jsonl": ("jsonl", True), "jsonl without ids": ("jsonl", False)}


class Measured(NamedTuple):
    """One import: seconds of the commit and of the check before it, peak memory in MB."""

    seconds: float
    check: float
    rss: float


def run(smoke: bool) -> list[str]:
    """Return the lines of ratios; rounds are interleaved with the floor's."""
    sizes = [int(os.environ["BENCH_ITEMS"])] if "BENCH_ITEMS" in os.environ else []
    sizes = sizes or ([200, 2_000] if smoke else [10_000, 100_000])
    with tempfile.TemporaryDirectory() as folder:
        return [line for n in sizes for line in sized(n, Path(folder), 1 if smoke else 3)]


def sized(n: int, folder: Path, rounds: int) -> list[str]:
    """Return the lines for files of so many items."""
    actor = make_team(f"bench-dataset-import-{n}")
    found: dict[str, list[Measured]] = {kind: [] for kind in KINDS}
    again: dict[str, list[Measured]] = {kind: [] for kind in KINDS}
    floors: list[float] = []
    for _ in range(rounds):
        for kind, (suffix, with_ids) in KINDS.items():
            path = write_file(folder / f"items.{suffix}", n, with_ids=with_ids)
            clear()
            found[kind].append(ours(actor, path))
            again[kind].append(ours(actor, path, "again"))
        floors.append(floor(folder))
    lines = [f"{n:,} items, floor (psql COPY FROM): {spread(floors)}"]
    for kind in KINDS:
        lines += described(kind, found[kind], again[kind], floors)
    return lines


def described(
    kind: str, found: list[Measured], again: list[Measured], floors: list[float]
) -> list[str]:
    """Return one kind's ratio of medians, times and memory."""
    seconds, checks = [one.seconds for one in found], [one.check for one in found]
    ratio = statistics.median(seconds) / statistics.median(floors)
    return [
        f"  {kind}: commit {ratio:.2f} x the floor ({spread(seconds)}), "
        f"peak {max(one.rss for one in found):.0f} MB",
        f"    dry run before it: {spread(checks)}",
        f"    the same file again, no change: {spread([one.check for one in again])}, "
        f"peak {max(one.rss for one in again):.0f} MB",
    ]


def ours(actor: Actor, path: Path, *more: str) -> Measured:
    """Import the file in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.dataset_import_once"]
    command += [str(actor.membership.pk), str(path), *more]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Measured(**json.loads(done.stdout))


def floor(folder: Path) -> float:
    """Return the seconds psql needs to copy what the import just stored into a table like ours."""
    path = folder / "items.copy"
    call_psql(f"\\copy {TABLE} TO '{path}'")
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS bench_floor CASCADE")
        cursor.execute("CREATE SCHEMA bench_floor")
        cursor.execute(f"CREATE TABLE bench_floor.{TABLE} (LIKE {TABLE} INCLUDING ALL)")
        cursor.execute(FOREIGN_KEYS)
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
    began = perf_counter()
    call_psql(f"\\copy bench_floor.{TABLE} FROM '{path}'")
    seconds = perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA bench_floor CASCADE")
    return seconds
