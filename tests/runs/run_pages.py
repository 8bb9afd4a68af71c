"""Runs that tests of pages look at: two of one dataset that disagree, with their metrics."""

from __future__ import annotations

from typing import Any

from datasets.models import Dataset
from evalplatform.scoping.actor import Actor
from runs.models import Run, RunItem
from tests.datasets_made import items_of
from tests.runs_made import make_check_result, make_run, make_run_item

PASS, FAIL = True, False


def metrics(**said: Any) -> dict[str, Any]:
    """Metrics as the engine computes them, of three rows with one check each, unless said else."""
    counts: dict[str, Any] = {
        "n_items": 3, "n_success": 3, "n_error": 0, "n_pending": 0,
        "items": {"n": 3, "passed": 2, "percent": 2 / 3, "sd": 27.22},
        "checks": {
            "n": 3, "passed": 2, "percent": 2 / 3, "sd": 27.22,
            "done": 3, "skipped": 0, "errors": 0, "low": 1, "weighted": 0.5,
        },
        "needs_review": 33.33,
        "by_category": [{"name": "Correctness", "n": 3, "passed": 2}],
        "by_item_category": [],
        "by_tag": [{"name": "easy", "n": 3, "passed": 2}],
        "by_check": [
            {
                "operator": "includes", "criteria": "Answer", "category": "Correctness",
                "evaluator": "", "n": 3, "passed": 2, "done": 3, "low": 1, "skipped": 0,
                "errors": 0, "mean": None, "spread": None,
            }
        ],
        "tokens": {"in": 12, "out": 34},
    }  # fmt: skip
    return counts | said


def make_dataset_run(
    dataset: Dataset, verdicts: list[bool | None], *, owner: Actor, version: int = 2, **fields: Any
) -> Run:
    """Save a run over the first items of the dataset; a verdict each, None = no verdict."""
    said: dict[str, Any] = {"kind": Run.Kind.FULL, "source": Run.Source.DATASET}
    run = make_run(owner=owner, dataset=dataset, version=version, **(said | fields))
    items = items_of(dataset, by=owner, version=version)
    for n, (item, verdict) in enumerate(zip(items, verdicts, strict=False)):
        row = make_run_item(
            run, order_index=n, item=item, item_key=item.key, public_id=item.public_id,
            source_type=RunItem.SourceType.DATASET, **counts_of(verdict),
        )  # fmt: skip
        make_check_result(row, auto_eval=word(verdict), is_passed=verdict)
    Run.all_rows.filter(pk=run.pk).update(n_items=len(verdicts))
    run.n_items = len(verdicts)
    return run


def word(verdict: bool | None) -> str:
    return "7" if verdict is None else "pass" if verdict else "fail"


def counts_of(verdict: bool | None) -> dict[str, Any]:
    """The counts of a row with one check of this verdict."""
    n = int(verdict is not None)
    return {"is_passed": verdict, "n_checks": n, "n_passed": int(bool(verdict)), "n_done": 1}
