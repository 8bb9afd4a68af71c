"""The three launchers: they differ in where their prompts come from, not in machinery."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from datasets.models import Dataset
from evalplatform.accounts.roles import Verb
from evalplatform.audit.recording import record
from evalplatform.scoping.actor import Actor
from runs import planning
from runs.evaluator_choices import judge_missing
from runs.models import Evaluator, ModelEndpoint, PromptTemplate, Run, RunBatch, RunItem
from runs.planning import Prompt
from runs.prompt_filling import Filled, Source, fill
from runs.prompt_templates import ensure_templates, source_of

MOST_PROMPTS = 10
AUTO_PROMPTS = 50
BATCH_SIZES = (1, 3, 10)
LARGEST_SEED = 2**31 - 1
MANUAL, AUTOMATED = "manual", "automated"  # the mode of a run (formats.md 3.1)


@dataclass(frozen=True, kw_only=True)
class Launch:
    """What a launched run is made with, whoever wrote its prompts."""

    title: str
    generation: ModelEndpoint | None
    judge: ModelEndpoint | None = None
    evaluators: Sequence[Evaluator] = ()
    system_prompt: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, Any] = field(default_factory=dict)  # further ones of the run

    def check(self) -> None:
        """Raises ValidationError when an evaluator has nobody to ask."""
        if missing := judge_missing(self.evaluators, self.judge):
            raise ValidationError({"judge": missing})

    def told(self) -> dict[str, Any]:
        """As planning takes it."""
        said = {name: getattr(self, name) for name in self.__dataclass_fields__}
        del said["columns"]
        return said | self.columns


def launch_prompts(prompts: Sequence[Prompt], launch: Launch, *, by: Actor) -> Run:
    """Have 1 to 10 typed prompts answered."""
    if not 1 <= len(prompts) <= MOST_PROMPTS:
        raise ValidationError({"prompts": f"Write 1 to {MOST_PROMPTS} prompts."})
    return planning.start_prompts(
        prompts, by=by, source=Run.Source.CUSTOM, mode=MANUAL, **launch.told()
    )


def launch_dataset(dataset: Dataset, launch: Launch, *, by: Actor) -> Run:
    """Run a dataset as it is now, without a configuration."""
    return planning.start_dataset(
        dataset, by=by, source=Run.Source.CUSTOM, mode=MANUAL, **launch.told()
    )


def launch_auto(sources: Sequence[Source], launch: Launch, *, seed: int, by: Actor) -> Run:
    """Have 50 prompts made of these templates answered."""
    return _start_filled(
        filled(sources, AUTO_PROMPTS, seed), launch, seed, by=by, source=Run.Source.AUTO_GENERATED
    )


def launch_batch(
    sources: Sequence[Source],
    launch: Launch,
    *,
    n_runs: int,
    seed: int,
    by: Actor,
    n_prompts: int = AUTO_PROMPTS,
    **told: Any,
) -> RunBatch:
    """Start several runs of so many prompts each; no two runs share a prompt while there are more.

    All of them are started, or none. `told` are further columns of the batch.
    """
    if not by.may(Verb.RUN_BATCH):
        raise PermissionDenied("Your role may not start controlled batches.")
    made = filled(sources, n_runs * n_prompts, seed)
    with transaction.atomic():
        batch: RunBatch = RunBatch.all_rows.create(
            team=by.team, owner=by.user, title=launch.title, n_runs=n_runs, **told
        )
        record(by, "batch.create", batch, changes={"runs": [None, n_runs]})
        for n in range(n_runs):
            _start_filled(
                made[n * n_prompts : (n + 1) * n_prompts],
                launch,
                seed,
                by=by,
                source=Run.Source.CONTROLLED_BATCH,
                batch=batch,
                batch_position=n,
                title=f"{launch.title[:180]} · {n + 1} of {n_runs}",
            )
    return batch


def _start_filled(
    made: Sequence[Filled], launch: Launch, seed: int, *, by: Actor, **told: Any
) -> Run:
    said = launch.told() | {"parameters": launch.parameters | {"seed": seed}}
    return planning.start_prompts(
        [prompt_of(each) for each in made],
        by=by,
        mode=AUTOMATED,
        **(said | common_to([each.source for each in made]) | told),
    )


def common_to(sources: Sequence[Source]) -> dict[str, str]:
    """The category, subcategory and key that all of them have; "" where they differ."""
    names = ("category", "subcategory", "template_key")
    found = {name: {getattr(each, name) for each in sources} for name in names}
    return {name: each.pop() if len(each) == 1 else "" for name, each in found.items()}


def prompt_of(filled_one: Filled) -> Prompt:
    """A filled template as a prompt of a run."""
    source = filled_one.source
    return Prompt(
        text=filled_one.text,
        title=source.title,
        category=source.category,
        subcategory=source.subcategory,
        template_key=source.template_key,
        source_type=RunItem.SourceType.TEMPLATE,
    )


def filled(sources: Sequence[Source], n: int, seed: int) -> list[Filled]:
    """So many prompts of these templates. Raises ValidationError when there is none."""
    if not sources:
        raise ValidationError({"keys": "Choose at least one kind of prompt."})
    return fill(sources, n, seed=seed)


def sources_of(actor: Actor, keys: Sequence[str] | None = None) -> list[Source]:
    """The templates that are switched on, of these keys or all; in the order of their list."""
    ensure_templates(actor.team)
    rows = PromptTemplate.objects.visible_to(actor).filter(is_enabled=True)
    found = rows if keys is None else rows.filter(template_key__in=keys)
    return [source_of(row) for row in found.order_by("position", "id")]
