"""Exports of 100k reviews against `psql COPY` of the same rows.

The floor is what PostgreSQL needs to hand out the same columns in the same order, to files: of a
human review the reviews with their tests, and their answers; of a Lab session the cases, and the
reviews with all that they say. Ours is the whole job in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from time import perf_counter

from benchmarks.export import Measured, line, psql, spread
from benchmarks.reviews import fill_reviews, make_reviewers
from benchmarks.runs import clear
from evalplatform.scoping.actor import Actor
from runs.models import Run

REVIEWS = """
COPY (SELECT i.id, i.prompt_text, i.response, i.files, v.saved_at, u.email, n.feedback
FROM runs_runitem i JOIN reviews_queueitem q ON q.run_item_id = i.id
JOIN reviews_review v ON v.queue_item_id = q.id JOIN accounts_user u ON u.id = v.reviewer_id
JOIN reviews_reviewrevision n ON n.review_id = v.id AND n.number = v.n_revisions
WHERE i.run_id = '{run}' ORDER BY i.order_index, v.saved_at, v.id) TO STDOUT
"""
ANSWERS = """
COPY (SELECT a.review_id, a.criterion, c.operator, c.criteria, c.auto_eval, a.value, a.flagged
FROM runs_runitem i JOIN reviews_queueitem q ON q.run_item_id = i.id
JOIN reviews_review v ON v.queue_item_id = q.id JOIN reviews_reviewanswer a ON a.review_id = v.id
LEFT JOIN runs_checkresult c ON c.id = a.check_result_id
WHERE i.run_id = '{run}' AND a.is_latest
ORDER BY i.order_index, v.saved_at, v.id, c.position) TO STDOUT
"""
CASES = """
COPY (SELECT id, order_index, public_id, source_type, title, prompt_text, prompt_locked, response,
    status, error, category, subcategory, template_key, finished_at
FROM runs_runitem WHERE run_id = '{run}' ORDER BY order_index) TO STDOUT
"""
SAID = """
COPY (SELECT q.run_item_id, v.reviewer_kind, v.is_counted, v.n_revisions, v.saved_at, u.id,
    u.email, u.name, n.answers, n.checks, n.feedback, n.exposure, q.state
FROM runs_runitem i JOIN reviews_queueitem q ON q.run_item_id = i.id
JOIN reviews_review v ON v.queue_item_id = q.id JOIN accounts_user u ON u.id = v.reviewer_id
JOIN reviews_reviewrevision n ON n.review_id = v.id AND n.number = v.n_revisions
WHERE i.run_id = '{run}' ORDER BY i.order_index, v.saved_at, v.id) TO STDOUT
"""
KINDS: dict[str, tuple[str, tuple[str, ...], dict[str, tuple[str, dict[str, object]]]]] = {
    "human reviews": (
        "helpfulness",
        (REVIEWS, ANSWERS),
        {"human-review-csv": ("human-review-csv", {})},
    ),
    "Lab session": (
        "lab-review",
        (CASES, SAID),
        {
            "lab-json, without suggestions": ("lab-json", {"suggestions": False}),
            "lab-csv": ("lab-csv", {}),
            "lab-json": ("lab-json", {}),
        },
    ),
}


def run(smoke: bool) -> list[str]:
    """Return the lines of ratios; rounds are interleaved with the floor's."""
    lines = []
    sizes = [int(os.environ.get("BENCH_REVIEWS", "0"))] if "BENCH_REVIEWS" in os.environ else []
    sizes = sizes or ([400, 2_000] if smoke else [10_000, 100_000])
    owner, people = make_reviewers(2)
    for kind, (rubric, statements, files) in KINDS.items():
        memory: dict[str, list[float]] = {}
        for n in sizes:
            clear()
            row = fill_reviews(owner, people, n // 2, rubric)
            floors: list[float] = []
            found: dict[str, list[Measured]] = {}
            for _ in range(1 if smoke else 5):
                floors.append(floor(row, statements))
                for name, (slug, options) in files.items():
                    found.setdefault(name, []).append(ours(owner, row, slug, options))
            for name, measured in found.items():
                memory.setdefault(name, []).append(max(one.rss for one in measured))
            lines.append(f"{kind}: {n:,} reviews, floor (two COPYs): {spread(floors)}")
            lines += [line(name, measured, floors) for name, measured in found.items()]
        lines += [
            f"  {name}, memory from {sizes[0]:,} to {sizes[-1]:,}: {peaks[-1] - peaks[0]:+.0f} MB"
            for name, peaks in memory.items()
        ]
    return lines


def floor(row: Run, statements: tuple[str, ...]) -> float:
    """Return the seconds psql needs for the same rows, written to a file."""
    told = [" ".join(each.format(run=row.pk).split()) for each in statements]
    with tempfile.TemporaryFile() as out:
        began = perf_counter()
        subprocess.run(
            [str(psql()), os.environ["DATABASE_URL"], "-qXAt"]
            + [part for each in told for part in ("-c", each)],
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
