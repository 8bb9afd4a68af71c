"""Export of 100k items of a dataset against `psql COPY` of the same rows: wall time and memory.

The floor is what PostgreSQL needs to hand out the same fields in the same order, to a file. Ours is
the whole job in a process of its own: snapshot, columns, pages, format, hash, flush, manifest.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from time import perf_counter

from benchmarks.evidence import make_team
from benchmarks.export import Measured, line, psql, spread
from benchmarks.items import clear, fill_dataset
from datasets.models import Dataset
from evalplatform.scoping.actor import Actor

ITEMS = """
COPY (SELECT public_id, input, output, expected_output, context, history, participant_data,
    session_state, summary, tags, created_at, checks
FROM datasets_datasetitem WHERE dataset_id = '{dataset}' AND until_version IS NULL
ORDER BY position, id) TO STDOUT
"""
SLUGS = ("dataset-jsonl", "dataset-json", "dataset-csv", "suite-csv")


def run(smoke: bool) -> list[str]:
    """Return the lines of ratios; rounds are interleaved with the floor's."""
    lines = []
    memory: dict[str, list[float]] = {slug: [] for slug in SLUGS}
    sizes = (200, 2_000) if smoke else (10_000, 100_000)
    actor = make_team("bench-dataset-export")
    for n in sizes:
        clear()
        dataset = fill_dataset(actor, n)
        floors: list[float] = []
        found: dict[str, list[Measured]] = {}
        for _ in range(1 if smoke else 3):
            floors.append(floor(dataset))
            for slug in SLUGS:
                found.setdefault(slug, []).append(ours(actor, dataset, slug))
        lines.append(f"{n:,} items, floor (psql COPY): {spread(floors)}")
        for slug, measured in found.items():
            lines.append(line(slug, measured, floors))
            memory[slug].append(max(one.rss for one in measured))
    grown = ", ".join(f"{slug} {large - small:+.0f}" for slug, (small, large) in memory.items())
    return [*lines, f"peak from {sizes[0]:,} to {sizes[1]:,} items, in MB: {grown}"]


def floor(dataset: Dataset) -> float:
    """Return the seconds psql needs for the same rows, written to a file."""
    statement = " ".join(ITEMS.format(dataset=dataset.pk).split())
    with tempfile.TemporaryFile() as out:
        began = perf_counter()
        subprocess.run(
            [str(psql()), os.environ["DATABASE_URL"], "-qXAt", "-c", statement],
            stdout=out,
            check=True,
        )
        return perf_counter() - began


def ours(actor: Actor, dataset: Dataset, slug: str) -> Measured:
    """Run the export's job in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.export_once"]
    command += [str(actor.membership.pk), slug, str(dataset.pk)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Measured(**json.loads(done.stdout))
