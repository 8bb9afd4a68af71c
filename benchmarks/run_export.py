"""Export of a run of 100k items with three checks each against `psql COPY` of the same rows.

The floor is what PostgreSQL needs to hand out the same columns in the same order, to files: one
COPY of the rows, one of their checks. Ours is the whole job in a process of its own: snapshot,
figures, pages, put together, hash, flush, manifest.
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
from benchmarks.runs import CHECKS_EACH, clear, fill_run
from evalplatform.scoping.actor import Actor
from runs.models import Run

ITEMS = """
COPY (SELECT id, public_id, status, error, prompt_text, response, files, in_tokens, out_tokens,
    duration, input_context, output_context
FROM runs_runitem WHERE run_id = '{run}' ORDER BY order_index) TO STDOUT
"""
CHECKS = """
COPY (SELECT c.run_item_id, c.operator, c.criteria, c.auto_eval, c.edited_auto_eval,
    c.edited_feedback, c.confidence, c.feedback, c.weight, c.extracted, c.conditional_operator,
    c.conditional_criteria, c.category, c.examples
FROM runs_checkresult c JOIN runs_runitem i ON i.id = c.run_item_id
WHERE i.run_id = '{run}' ORDER BY i.order_index, c.position) TO STDOUT
"""
FILES: dict[str, tuple[str, dict[str, object]]] = {
    "run-csv": ("run-csv", {}),
    "run-csv, safe for spreadsheets": ("run-csv", {"spreadsheet_safe": True}),
    "run-json": ("run-json", {}),
    "run-tables, CSV": ("run-tables", {}),
    "run-tables, Parquet": ("run-tables", {"tables": "parquet"}),
}


def run(smoke: bool) -> list[str]:
    """Return the lines of ratios; rounds are interleaved with the floor's."""
    lines = []
    memory: dict[int, float] = {}
    sizes = (200, 2_000) if smoke else (10_000, 100_000)
    actor = make_team("bench-run-export")
    for n in sizes:
        clear()
        row = fill_run(actor, n)
        floors: list[float] = []
        found: dict[str, list[Measured]] = {}
        for _ in range(1 if smoke else 3):
            floors.append(floor(row))
            for name, (slug, options) in FILES.items():
                found.setdefault(name, []).append(ours(actor, row, slug, options))
        memory[n] = max(one.rss for one in found["run-csv"])
        lines.append(f"{n:,} items x {CHECKS_EACH} checks, floor (two COPYs): {spread(floors)}")
        lines += [line(name, measured, floors) for name, measured in found.items()]
    growth = memory[sizes[1]] - memory[sizes[0]]
    return [*lines, f"run-csv, memory from {sizes[0]:,} to {sizes[1]:,}: {growth:+.0f} MB"]


def floor(row: Run) -> float:
    """Return the seconds psql needs for the same rows and checks, written to a file."""
    statements = [" ".join(each.format(run=row.pk).split()) for each in (ITEMS, CHECKS)]
    with tempfile.TemporaryFile() as out:
        began = perf_counter()
        subprocess.run(
            [str(psql()), os.environ["DATABASE_URL"], "-qXAt"]
            + [part for each in statements for part in ("-c", each)],
            stdout=out,
            check=True,
        )
        return perf_counter() - began


def ours(actor: Actor, row: Run, slug: str, options: dict[str, object]) -> Measured:
    """Run the export's job in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.export_once"]
    command += [str(actor.membership.pk), slug, str(row.pk), json.dumps(options)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Measured(**json.loads(done.stdout))
