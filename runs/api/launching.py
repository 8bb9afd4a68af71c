"""A run as the body of a call asks for it."""

from __future__ import annotations

import random
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from evalplatform.scoping.actor import Actor
from runs.api.fields import evaluators_of
from runs.launching import (
    LARGEST_SEED,
    Launch,
    launch_auto,
    launch_dataset,
    launch_prompts,
    sources_of,
)
from runs.models import Run
from runs.planning import Prompt
from runs.prompt_filling import Source

SAID = ("generation", "judge", "system_prompt", "parameters")


def start(said: dict[str, Any], *, by: Actor, **columns: Any) -> Run:
    """Start the run that a valid Launch says; `columns` are further ones of it."""
    shared = {"is_shared": said["is_shared"]} if "is_shared" in said else {}
    launch = Launch(
        title=said.get("title") or title_of(said),
        evaluators=evaluators_of(said.get("evaluators", []), by),
        columns=columns | shared | {name: said[name] for name in ("limit",) if name in said},
        **{"generation": None} | {name: said[name] for name in SAID if name in said},
    )
    launch.check()
    if "prompts" in said:
        return launch_prompts([Prompt(**each) for each in said["prompts"]], launch, by=by)
    if "dataset" in said:
        return launch_dataset(said["dataset"], launch, by=by)
    asked = said["templates"]
    seed = asked.get("seed", random.randint(1, LARGEST_SEED))  # noqa: S311 - shown in parameters
    return launch_auto(sources_asked(asked, by), launch, seed=seed, by=by)


def title_of(said: dict[str, Any]) -> str:
    """What a run is called when nobody says."""
    if "dataset" in said:
        return str(said["dataset"].name)
    word = "Custom" if "prompts" in said else "Auto-generated"
    return f"{word} run of {timezone.now():%d %b %Y %H:%M}"


def sources_asked(asked: dict[str, Any], by: Actor) -> list[Source]:
    """The templates of the category or the keys. Raises ValidationError for those there are not."""
    every = sources_of(by)
    for name, of in (("keys", "template_key"), ("category", "category")):
        wanted = asked.get(name)
        if not wanted:
            continue
        known = dict.fromkeys(getattr(each, of) for each in every)
        if unknown := [one for one in in_list(wanted) if one not in known]:
            there = ", ".join(known)
            raise ValidationError(
                {f"templates.{name}": f"There is no {unknown[0]}; there are {there}."}
            )
        every = [each for each in every if getattr(each, of) in in_list(wanted)]
    if not every:
        raise ValidationError({"templates": "No template is of this category and of these keys."})
    return every


def in_list(wanted: Any) -> list[str]:
    return [wanted] if isinstance(wanted, str) else wanted
