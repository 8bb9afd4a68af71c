"""Making of a run: the version is pinned, the plan frozen, the rows inserted, the work asked for.

All of it is one transaction: there is a run with all of its rows and its first jobs, or none.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from datasets.models import Dataset, DatasetVersion
from datasets.restoring import pin
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import get_visible
from runs import steering
from runs.models import EvaluationConfig, Evaluator, ModelEndpoint, Run, RunBatch
from runs.plans import Setup
from runs.row_making import (
    Output,
    Prompt,
    rows_of_dataset,
    rows_of_outputs,
    rows_of_prompts,
)

__all__ = [
    "Output",
    "Prompt",
    "Setup",
    "start_config",
    "start_dataset",
    "start_delta",
    "start_outputs",
    "start_prompts",
]

PREVIEWED = 10  # rows of a preview, unless said otherwise
TEXTS = {
    "title", "mode", "category", "subcategory", "template_key", "admin_branch", "engine_branch",
    "remote_run_id", "kind", "source",
}  # fmt: skip
MESSAGE = Dataset.Level.MESSAGE


def start_config(
    config: EvaluationConfig,
    *,
    by: Actor,
    kind: str = Run.Kind.FULL,
    title: str = "",
    limit: int | None = None,
    item_keys: Sequence[uuid.UUID] | None = None,
    **told: Any,
) -> Run:
    """Run the configuration over its dataset: all of it, the first rows, or these items.

    `told` are further columns of the run.
    """
    config = get_visible(EvaluationConfig, by, pk=config.pk)
    if kind == Run.Kind.PREVIEW and limit is None:
        limit = PREVIEWED
    return _start_rows(
        config.dataset,
        Setup.of(config),
        by=by,
        keys=item_keys,
        limit=limit,
        config=config,
        kind=kind,
        source=Run.Source.DATASET,
        title=title or f"{config.name}, {timezone.now():%d %b %Y %H:%M}",
        **told,
    )


def start_delta(
    config: EvaluationConfig, keys: Sequence[uuid.UUID], *, by: Actor, version: int
) -> Run:
    """Run the configuration over these new items of that version."""
    return _start_rows(
        config.dataset,
        Setup.of(config),
        by=by,
        keys=keys,
        number=version,
        config=config,
        kind=Run.Kind.DELTA,
        source=Run.Source.DATASET,
        title=f"{config.name}, new items of version {version}",
    )


def start_dataset(
    dataset: Dataset,
    *,
    by: Actor,
    source: str = Run.Source.CUSTOM,
    title: str = "",
    generation: ModelEndpoint | None = None,
    judge: ModelEndpoint | None = None,
    evaluators: Sequence[Evaluator] = (),
    system_prompt: str = "",
    parameters: dict[str, Any] | None = None,
    limit: int | None = None,
    **told: Any,
) -> Run:
    """Run a dataset without a configuration; `told` are further columns of the run."""
    setup = Setup(
        generation=generation,
        judge=judge,
        evaluators=evaluators,
        system_prompt=system_prompt,
        parameters=parameters or {},
    )
    said = {"kind": Run.Kind.LAUNCHED, "source": source, "title": title or dataset.name} | told
    return _start_rows(dataset, setup, by=by, limit=limit, **said)


def _start_rows(
    dataset: Dataset,
    setup: Setup,
    *,
    by: Actor,
    keys: Sequence[uuid.UUID] | None = None,
    limit: int | None = None,
    number: int | None = None,
    **told: Any,
) -> Run:
    with transaction.atomic():
        version = _pinned(dataset, by, number)
        return _start(
            setup,
            lambda run: rows_of_dataset(run, keys=keys, limit=limit),
            by=by,
            version=version,
            **told,
        )


def _pinned(dataset: Dataset, by: Actor, number: int | None = None) -> DatasetVersion:
    """The version of a dataset that the actor sees, closed so that it stays what it is."""
    seen = get_visible(Dataset, by, pk=dataset.pk)
    found: DatasetVersion = (
        DatasetVersion.objects.visible_to(by)
        .select_related("dataset")
        .get(dataset=seen, number=pin(seen, number))
    )
    return found


def start_prompts(
    prompts: Sequence[Prompt],
    *,
    by: Actor,
    title: str,
    generation: ModelEndpoint | None,
    source: str = Run.Source.CUSTOM,
    judge: ModelEndpoint | None = None,
    evaluators: Sequence[Evaluator] = (),
    system_prompt: str = "",
    batch: RunBatch | None = None,
    batch_position: int | None = None,
    parameters: dict[str, Any] | None = None,
    **told: Any,
) -> Run:
    """Have an endpoint answer prompts; `told` are further columns such as mode and category."""
    if generation is None:
        raise ValidationError({"generation": "Choose the endpoint that answers the prompts."})
    if not all(each.text.strip() for each in prompts):
        raise ValidationError({"prompts": "A prompt is empty. Write it, or leave it out."})
    setup = Setup(
        generation=generation,
        judge=judge,
        evaluators=evaluators,
        system_prompt=system_prompt,
        parameters=parameters or {},
    )
    said = {"kind": Run.Kind.LAUNCHED} | told
    return _start(
        setup,
        lambda run: rows_of_prompts(run, prompts),
        by=by,
        source=source,
        title=title,
        batch=batch,
        batch_position=batch_position,
        **said,
    )


def start_outputs(
    outputs: Iterable[Output],
    *,
    by: Actor,
    dataset: Dataset | None,
    title: str,
    model: str = "",
    config: EvaluationConfig | None = None,
    judge: ModelEndpoint | None = None,
    evaluators: Sequence[Evaluator] = (),
    parameters: dict[str, Any] | None = None,
    **told: Any,
) -> Run:
    """Check outputs that were made elsewhere; ValidationError when one belongs to no item.

    What a configuration says of checks and judges is used; nothing is generated.
    """
    if config:
        config = get_visible(EvaluationConfig, by, pk=config.pk)
        judge, evaluators = config.judge, config.evaluators()
        parameters = config.parameters | (parameters or {})
    setup = Setup(judge=judge, evaluators=evaluators, parameters=parameters or {})

    def fill(run: Run) -> int:
        try:
            return rows_of_outputs(run, outputs)
        except LookupError as error:
            raise ValidationError({"outputs": str(error)}) from error

    with transaction.atomic():
        return _start(
            setup,
            fill,
            by=by,
            version=_pinned(dataset, by) if dataset else None,
            config=config,
            kind=Run.Kind.IMPORTED,
            source=Run.Source.IMPORT,
            title=title,
            shown={"generation_model": model} if model else {},
            **told,
        )


def _start(
    setup: Setup,
    fill: Callable[[Run], int],
    *,
    by: Actor,
    version: DatasetVersion | None = None,
    shown: dict[str, Any] | None = None,
    **told: Any,
) -> Run:
    """Save the run with its plan, its rows and its first jobs, or nothing."""
    if not by.may(Verb.RUN_PROMPTS):
        raise PermissionDenied("Your role may not start runs.")
    setup.check(by, version.dataset.level if version else MESSAGE)
    run = Run(
        team=by.team,
        owner=by.user,
        carried_by=by.membership,
        dataset=version.dataset if version else None,
        version=version.number if version else None,
        plan=setup.plan(version),
        parameters=setup.shown() | (shown or {}),
        **told,
    )
    run.title = run.title.strip()[:200]
    run.clean_fields(exclude=[f.name for f in Run._meta.fields if f.name not in TEXTS])
    with transaction.atomic():
        run.save(force_insert=True)
        run.n_items = run.prompt_count = fill(run)
        if not run.n_items:
            raise ValidationError("There is nothing to run: add items or prompts first.")
        run.save(update_fields=["n_items", "prompt_count"])
        record(by, "run.create", run, changes={"content": [None, f"{run.n_items} rows"]})
        steering.advance(run, by=by)
    return run
