"""Deterministic checks over the rows of a run against the same pure functions in a bare loop.

Each item carries one check of every operator that needs no judge, and outputs are of five kinds:
prose, a list, a JSON object, YAML, a long text. The bare loop has the texts in memory and calls the
functions: one process, no database, no verdicts kept. Ours is the whole run by two workers, as an
installation has: rows read, checks carried out, results and rows saved in chunks, figures at the
end.
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from time import perf_counter, sleep

from django.db import connection

from benchmarks.evidence import WORDS, make_team
from benchmarks.runs import clear
from datasets.editing import edition
from datasets.models import Dataset, DatasetVersion
from datasets.operators import OPERATORS
from datasets.operators.operator import OperatorError
from evalplatform.scoping.actor import Actor
from runs.models import CheckResult, Run
from runs.planning import start_dataset

WORKERS = 2

CRITERIA = {
    "includes_exactly": "late",
    "excludes_exactly": "As an AI",
    "equals_exactly": "It was late.",
    "regex": r"\b(?:late|porter|\d{4}-\d{2}-\d{2})\b",
    "less_than_length": "120 words",
    "matches_json_schema": json.dumps(
        {
            "type": "object",
            "required": ["river", "length"],
            "properties": {"river": {"type": "string"}, "length": {"type": "integer"}},
        }
    ),
}
OUTPUTS = (
    WORDS * 3,
    "- the ferry\n- the porter\n- warm bread\n- butter and jam",
    json.dumps({"river": "Danube", "length": 2850, "cities": ["Ulm", "Vienna", "Budapest"]}),
    "river: Danube\nlength: 2850\ncities:\n  - Ulm\n  - Vienna\n",
    WORDS * 12,
)
FILL = """
INSERT INTO datasets_datasetitem (dataset_id, level, key, public_id, position, input, output,
    expected_output, context, history, participant_data, session_state, summary, tags, created_at,
    checks, files, origin, arrived, created_by_id, added_at, from_version)
SELECT %(dataset)s, 'message', uuidv7(), 'bench-' || n, n::bigint << 20, 'Question ' || n,
    (%(outputs)s::text[])[1 + n %% 5] , '', '{}', '[]', '{}', '{}', '', ARRAY['tag-' || n %% 20],
    now(), %(checks)s::jsonb, '{}', '', 'csv', %(user)s, now(), %(version)s
FROM generate_series(1, %(n)s) n
"""


def run(smoke: bool) -> list[str]:
    """Return items a second and the ratio, at two sizes."""
    lines = []
    actor = make_team("bench-run-checks")
    for n in (300,) if smoke else (10_000, 100_000):
        clear()
        bare = bare_loop(n)
        ours, peak = whole_run(actor, n)
        lines.append(
            f"{n:,} items x {len(checks())} checks: bare loop {n / bare:,.0f} items/s, run "
            f"{n / ours:,.0f} items/s, {ours / bare:.1f} x; peak memory {peak:.0f} MB"
        )
    return lines


def checks() -> list[dict[str, str]]:
    """One check of every operator without a judge."""
    rows = [each for each in OPERATORS.values() if each.is_deterministic and not each.instead]
    return [{"operator": each.slug, "criteria": CRITERIA.get(each.slug, "")} for each in rows]


def bare_loop(n: int) -> float:
    """Seconds for the functions alone."""
    asked = [(OPERATORS[check["operator"]].decide, check["criteria"]) for check in checks()]
    began = perf_counter()
    for k in range(1, n + 1):
        output = OUTPUTS[k % 5]
        for decide, criteria in asked:
            assert decide is not None
            with suppress(OperatorError):
                decide(output, criteria)
    return perf_counter() - began


def whole_run(actor: Actor, n: int) -> tuple[float, float]:
    """Seconds for a run over so many items, and the larger peak memory of its workers in MB."""
    dataset = fill(actor, n)
    workers = [start_worker() for _ in range(WORKERS)]
    began = perf_counter()
    made = start_dataset(dataset, by=actor)
    while made.is_open:
        sleep(0.02)
        made.refresh_from_db(fields=["status"])
    seconds = perf_counter() - began
    peak = max(float(worker.communicate()[0].split()[-1]) for worker in workers)
    made.refresh_from_db()
    assert made.status == Run.Status.SUCCESS, made.error_message
    assert CheckResult.all_rows.filter(run=made).count() == n * len(checks())
    return seconds, peak


def fill(actor: Actor, n: int) -> Dataset:
    """A dataset of so many items with their checks, made by PostgreSQL itself."""
    dataset = Dataset.create(name=f"Bench {n}", level=Dataset.Level.MESSAGE, by=actor)
    with edition(dataset, by=actor, kind=DatasetVersion.Kind.IMPORT) as changing:
        told = {
            "dataset": dataset.pk,
            "user": actor.user.pk,
            "version": changing.number,
            "n": n,
            "outputs": list(OUTPUTS),
            "checks": json.dumps(checks()),
        }
        with connection.cursor() as cursor:
            cursor.execute(FILL, told)
        changing.added(n)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return dataset


def start_worker() -> subprocess.Popen[str]:
    """A process that takes chunks, once it is ready to."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.run_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker
