"""Runs to export, their exports built here and now, and what the files hold."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.test import TestCase

from datasets.models import Dataset
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor
from exports.models import Export
from exports.run_catalog import RUN_FORMATS, RunOptions
from runs.models import CheckResult, Run, RunItem
from tests.datasets_made import make_dataset
from tests.runs_made import make_check_result, make_run, make_run_item

DONE = datetime(2026, 1, 15, 10, 0, tzinfo=UTC)


def make_example_run(owner: Actor, **fields: Any) -> Run:
    """The run that formats.md 2.7 and 2.8 show."""
    dataset: Dataset = make_dataset(owner=owner, name="Geography basics")
    said = {
        "title": "baseline",
        "dataset": dataset,
        "version": dataset.version,
        "error_analysis": "The answers were too short.",
        "completed_at": DONE,
        "parameters": {"eval_model": "lexical", "heavyweight_factor": 1},
    }
    run = make_run(owner=owner, **(said | fields))
    item = make_run_item(
        run, public_id="geo-001", prompt_text="Which river crosses Vienna?",
        response="The Danube.", files=["documents/map.pdf"], in_tokens=12, out_tokens=9,
        duration=0.8, input_context={"date": "2026-01-15", "audience": "pupils"},
        output_context={"sources": ["atlas"]}, n_checks=2, n_passed=2, n_done=2, n_low=1,
        weight=3, weight_passed=3,
    )  # fmt: skip
    make_check_result(
        item, position=0, operator="includes", criteria="Elbe", auto_eval="fail", is_passed=False,
        edited_auto_eval="pass", edited_feedback="Wrong criteria", edited_by=owner.user,
        edited_at=DONE, confidence="low", feedback="Not mentioned.", weight=2, extracted="Danube",
    )  # fmt: skip
    make_check_result(
        item, position=1, operator="grammar", criteria="", auto_eval="pass", is_global=True,
        feedback="Correct.", category="Style",
    )  # fmt: skip
    return run


def add_test(run: Run, n: int, checks: list[dict[str, Any]], **fields: Any) -> RunItem:
    """A row with these checks, its counts as the engine keeps them."""
    done = [each for each in checks if each.get("state", "done") == "done"]
    stands = [
        {"pass": True, "fail": False}.get(
            each.get("edited_auto_eval", ""), each.get("is_passed", True)
        )
        for each in done
    ]
    decided = [each for each in stands if each is not None]
    is_error = fields.get("status") == "error"
    said = {
        "order_index": n,
        "public_id": f"t-{n}",
        "n_checks": len(decided),
        "n_passed": sum(decided),
        "n_done": len(done),
        "n_low": sum(each.get("confidence") == "low" for each in done),
        "n_skipped": sum(each.get("state") == "skipped" for each in checks),
        "n_errors": sum(each.get("state") == "error" for each in checks),
        "is_passed": False if is_error else (all(decided) if decided else None),
    }
    item = make_run_item(run, **(said | fields))
    for position, each in enumerate(checks):
        make_check_result(item, position=position, **each)
    return item


def undone(state: str, feedback: str = "Why.") -> dict[str, Any]:
    """A check that was skipped or in error."""
    return {
        "state": state, "auto_eval": "", "is_passed": None, "confidence": "", "feedback": feedback,
    }  # fmt: skip


def built(run: Run, slug: str, by: Actor, **options: Any) -> Export:
    """Return the export once the worker has built it."""
    export, _ = Export.request_run(RUN_FORMATS[slug], RunOptions.parse(options), run, by=by)
    with TestCase.captureOnCommitCallbacks(execute=True):
        run_job(export.job_id)
    found: Export = Export.all_rows.select_related("job", "run").get(pk=export.pk)
    assert found.state == "done", found.job.error
    return found


def content(export: Export) -> bytes:
    with export.file.open("rb") as handle:
        return bytes(handle.read())


def file_of(run: Run, slug: str, by: Actor, **options: Any) -> str:
    return content(built(run, slug, by, **options)).decode()


def json_of(run: Run, by: Actor) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file_of(run, "run-json", by))
    return found


def known(text: str, run: Run) -> str:
    """The text with the ids of the contract's examples for the run's own."""
    item: uuid.UUID = RunItem.all_rows.get(run=run).pk
    for own, shown in ((run.pk, "RUN"), (run.dataset_id, "SUITE"), (item, "RESULT")):
        text = text.replace(str(own), shown)
    return text


@dataclass
class Made:
    """What a generated row was made of, and how many rows of a CSV it takes."""

    response: str
    files: list[str]
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    checks: list[dict[str, Any]]

    @property
    def n_rows(self) -> int:
        n_checks = sum(max(1, len(check["examples"])) for check in self.checks)
        return max(1, n_checks, len(self.files), len(self.inputs), len(self.outputs))


TEXTS = (
    "plain", "a, b", 'say "so"', "two\nlines", "cr\rlf\r\n", "=1+1", "'-x", " +2", "-- dash", "",
    "\u2028 שלום 🦀", "\ttab", "0012", "\\N", "\\.", "null", "{", "@x", "\x1c\x85 =", "\x7f",
)  # fmt: skip
VALUES = (*TEXTS, 1, 1.5, True, None, ["a", 1], {"k": "v, w"}, [])


def generated_run(owner: Actor, *, seed: int, n: int) -> tuple[Run, list[Made]]:
    """A run of rows with all there can be in them, the same for the same seed."""
    dice = random.Random(seed)
    run = make_run(owner=owner, title="Generated")
    made = []
    for index in range(n):
        said = Made(
            response=dice.choice(TEXTS),
            files=[
                f"documents/{dice.choice(TEXTS)}{k}.pdf" for k in range(dice.choice((0, 0, 1, 3)))
            ],
            inputs=_pairs(dice),
            outputs=_pairs(dice),
            checks=[_check(dice) for _ in range(dice.choice((0, 1, 2, 3, 5)))],
        )
        is_error = dice.random() < 0.1
        add_test(
            run, index, said.checks, response=said.response, files=said.files,
            input_context=said.inputs, output_context=said.outputs,
            status="error" if is_error else "success", error="It hung." if is_error else "",
            in_tokens=dice.choice((None, 0, 12)), duration=dice.choice((None, 0.0, 0.8, 12.25)),
        )  # fmt: skip
        made.append(said)
    for check in CheckResult.all_rows.filter(run=run, state="done", position=0)[::3]:
        if check.is_passed is not None:
            _edit(check, owner)
    return run, made


def _names(dice: random.Random) -> list[str]:
    return [f"documents/{dice.choice(TEXTS)}{k}.pdf" for k in range(dice.choice((0, 0, 1, 3)))]


def _pairs(dice: random.Random) -> dict[str, Any]:
    return {f"key {k}": dice.choice(VALUES) for k in range(dice.choice((0, 0, 1, 4)))}


def _check(dice: random.Random) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operator": dice.choice(("includes", "grammar", "regex")),
        "criteria": dice.choice(TEXTS),
        "weight": dice.choice((0, 1, 2, 1000)),
        "category": dice.choice(("Correctness", "Style", "a, b")),
        "examples": [
            {"type": dice.choice(("positive", "negative")), "text": dice.choice(TEXTS)}
            for _ in range(dice.choice((0, 0, 1, 3)))
        ],
        "feedback": dice.choice(TEXTS),
    }
    if (state := dice.choice(("done", "done", "done", "skipped", "error"))) != "done":
        return said | undone(state, dice.choice(TEXTS))
    is_passed = dice.random() < 0.7
    verdict = {"auto_eval": "pass" if is_passed else "fail", "is_passed": is_passed}
    return said | verdict | {"confidence": dice.choice(("high", "high", "low"))}


def _edit(check: CheckResult, owner: Actor) -> None:
    """Override a verdict, as overriding keeps it and its row's counts."""
    now_passed = not check.stands
    CheckResult.all_rows.filter(pk=check.pk).update(
        edited_auto_eval="pass" if now_passed else "fail", edited_feedback="No.",
        edited_by=owner.user, edited_at=DONE,
    )  # fmt: skip
    item = RunItem.all_rows.get(pk=check.run_item_id)
    item.n_passed += 1 if now_passed else -1
    item.is_passed = item.status == "success" and item.n_passed == item.n_checks
    item.save(update_fields=["n_passed", "is_passed"])


def shown(value: Any) -> str:
    """A value of a context as a cell says it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
