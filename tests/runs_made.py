"""Factories of runs and what they are made with: plain functions, keyword only."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from datasets.models import Dataset
from evalplatform.scoping.actor import Actor
from runs.models import (
    CheckResult,
    EvaluationConfig,
    Evaluator,
    ModelEndpoint,
    PromptTemplate,
    Run,
    RunItem,
)


def make_endpoint(*, owner: Actor, kind: str = "echo", **fields: Any) -> ModelEndpoint:
    """Save an endpoint of the actor; one that needs no network unless said otherwise."""
    return ModelEndpoint.create(by=owner, name=fields.pop("name", "Echo"), kind=kind, **fields)


def make_evaluator(*, owner: Actor, **fields: Any) -> Evaluator:
    """Save a judge that says pass or fail."""
    said: dict[str, Any] = {
        "name": "Is it polite?",
        "prompt": "Is this polite? {output.content}",
        "output_schema": {"type": "binary"},
    }
    return Evaluator.create(by=owner, **(said | fields))


def make_config(*, owner: Actor, dataset: Dataset, **fields: Any) -> EvaluationConfig:
    """Save a configuration of the dataset: its checks over its stored outputs."""
    name = fields.pop("name", "Nightly")
    return EvaluationConfig.create(by=owner, dataset=dataset, name=name, **fields)


def make_template(*, owner: Actor, **fields: Any) -> PromptTemplate:
    """Save a prompt template of the actor's team."""
    said: dict[str, Any] = {
        "template_key": "weather",
        "category": "Travel",
        "title": "Weather",
        "text": "How is the weather in {city}?",
        "values": {"city": ["Vienna", "Oslo"]},
    }
    template: PromptTemplate = PromptTemplate.all_rows.create(team=owner.team, **(said | fields))
    return template


def make_run(*, owner: Actor, n_items: int = 0, **fields: Any) -> Run:
    """Save a run that has ended, with so many rows of one passed check each, unless said else."""
    said: dict[str, Any] = {
        "title": "Baseline",
        "kind": Run.Kind.LAUNCHED,
        "source": Run.Source.CUSTOM,
        "status": Run.Status.SUCCESS,
        "completed_at": timezone.now(),
        "n_items": n_items,
    }
    run: Run = Run.all_rows.create(team=owner.team, owner=owner.user, **(said | fields))
    for n in range(n_items):
        make_check_result(make_run_item(run, order_index=n))
    return run


def make_run_item(run: Run, **fields: Any) -> RunItem:
    """Save a row that was answered and passed its one check, unless said else."""
    n = fields.setdefault("order_index", 0)
    said: dict[str, Any] = {
        "public_id": f"q-{n + 1}",
        "source_type": RunItem.SourceType.PROMPT,
        "prompt_text": f"Question {n + 1}?",
        "response": f"Answer {n + 1}.",
        "status": RunItem.Status.SUCCESS,
        "n_checks": 1,
        "n_passed": 1,
        "n_done": 1,
        "weight": 1,
        "weight_passed": 1,
        "is_passed": True,
        "finished_at": timezone.now(),
    }
    item: RunItem = RunItem.all_rows.create(run=run, **(said | fields))
    return item


def make_check_result(item: RunItem, **fields: Any) -> CheckResult:
    """Save a passed check of the row, unless said else."""
    said: dict[str, Any] = {
        "position": 0,
        "operator": "includes",
        "criteria": "Answer",
        "category": "Correctness",
        "state": CheckResult.State.DONE,
        "auto_eval": "pass",
        "is_passed": True,
        "confidence": "high",
    }
    result: CheckResult = CheckResult.all_rows.create(
        run_id=item.run_id, run_item=item, **(said | fields)
    )
    return result
