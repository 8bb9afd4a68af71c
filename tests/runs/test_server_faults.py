"""F15: servers of models that storm, hang and break off, asked by runs; exact counts at the end."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from datasets.formats.items import CheckRecord, ItemRecord
from runs import planning, steering
from runs.models import CheckResult
from runs.planning import Prompt
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.openai_server import OpenAIServer
from tests.runs.engine import ended, make_server, rows_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.faults]

# What a prompt says -> how many there are, and what the server does each time; it may pass after
# the first time where that is said.
KINDS: dict[str, tuple[int, dict[str, Any] | None]] = {
    "fine": (14, None),
    "busy once": (6, {"fault": "status", "status": 429, "retry_after": 0.1, "first": 1}),
    "broken once": (4, {"fault": "status", "status": 500, "first": 1}),
    "cut once": (3, {"fault": "cut", "first": 1}),
    "busy": (5, {"fault": "status", "status": 429}),
    "broken": (4, {"fault": "status", "status": 500}),
    "hanging": (4, {"fault": "hang"}),
    "reset": (4, {"fault": "reset"}),
    "cut off": (3, {"fault": "cut"}),
    "garbled": (3, {"fault": "invalid_json"}),
}
PASSES = {"fine", "busy once", "broken once", "cut once"}
FAILS = KINDS.keys() - PASSES


def faults() -> list[dict[str, Any]]:
    return [fault | {"match": f"[{name}]"} for name, (_, fault) in KINDS.items() if fault]


def prompts() -> list[Prompt]:
    names = [name for name, (n, _) in KINDS.items() for _ in range(n)]
    return [Prompt(text=f"[{name}] {n}") for n, name in enumerate(names)]


def kind_of(prompt: str) -> str:
    return prompt[1 : prompt.index("]")]


def test_generation_through_storms_ends_with_exact_counts_and_retry_completes_it(
    cast: Cast, openai_server: OpenAIServer
) -> None:
    openai_server.program(latency=0.02, faults=faults())
    endpoint = make_server(
        cast.eva, openai_server, timeout_seconds=1, max_attempts=2, max_parallel=16
    )

    run = ended(planning.start_prompts(prompts(), by=cast.eva, title="S", generation=endpoint))

    rows = rows_of(run)
    assert [row.order_index for row in rows] == list(range(50))
    assert {kind_of(row.prompt_text) for row in rows if row.status == "success"} == PASSES
    assert {kind_of(row.prompt_text) for row in rows if row.status == "error"} == FAILS
    assert run.status == "error"
    assert run.error_message.startswith("23 of 50 items failed: ")
    assert run.metrics is not None
    assert (run.metrics["n_success"], run.metrics["n_error"], run.metrics["n_pending"]) == (
        27, 23, 0
    )  # fmt: skip
    reasons = Counter(row.error for row in rows if row.status == "error")
    assert all(reasons)
    assert sum(reasons.values()) == 23
    assert run.failed_at is not None
    assert max(openai_server.asked.values()) == 2

    answered = openai_server.answered
    openai_server.program(faults=[])
    assert steering.retry_failed(run, by=cast.eva) == 23
    ended(run)

    assert (run.status, run.error_message) == ("success", "")
    assert all(row.response == row.prompt_text for row in rows_of(run))
    assert [row.pk for row in rows_of(run)] == [row.pk for row in rows]
    assert {text: n for text, n in openai_server.answered.items() if text in answered} == answered
    assert Counter(row.attempts for row in rows_of(run)) == {1: 27, 2: 23}


def test_judge_in_a_storm_leaves_checks_in_error_and_retry_completes_them(
    cast: Cast, openai_server: OpenAIServer
) -> None:
    verdict = '{"verdict": "pass", "confidence": "high", "feedback": "Yes."}'
    storm = [{"fault": "status", "status": 503, "match": f"answer {n}."} for n in range(0, 20, 2)]
    openai_server.program(answer=verdict, faults=storm)
    judge = make_server(cast.eva, openai_server, max_attempts=1, max_parallel=8)
    checks = (CheckRecord("includes", "a river"), CheckRecord("includes_exactly", "answer"))
    items = [ItemRecord(input=f"Q{n}", output=f"answer {n}.", checks=checks) for n in range(20)]
    dataset = make_dataset(owner=cast.eva, items=items)

    run = ended(planning.start_dataset(dataset, by=cast.eva, judge=judge))

    assert run.status == "error"
    assert run.error_message.startswith("10 of 40 checks failed: 10 x ")
    assert run.metrics is not None
    assert run.metrics["checks"]["n"] == 30
    assert (run.metrics["n_error"], run.metrics["items"]["passed"]) == (0, 10)
    exact = CheckResult.all_rows.filter(run=run, operator="includes_exactly")
    kept = set(exact.values_list("pk", flat=True))

    openai_server.program(faults=[])
    assert steering.retry_failed(run, by=cast.eva) == 10
    ended(run)

    assert run.status == "success"
    assert run.metrics["items"] == {"n": 20, "passed": 20, "percent": 1.0, "sd": 0.0}
    assert set(exact.values_list("pk", flat=True)) == kept
    assert CheckResult.all_rows.filter(run=run).count() == 40
