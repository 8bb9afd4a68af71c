"""What the demo team runs with, and two runs that have ended: one over its suite, one by hand."""

from __future__ import annotations

import json
from pathlib import Path

from datasets.models import Dataset
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor
from runs.launching import Launch, launch_prompts
from runs.models import EvaluationConfig, Evaluator, ModelEndpoint, Run
from runs.planning import Prompt, start_config
from runs.prompt_templates import ensure_templates

ANSWERS = Path(__file__).with_name("guest_answers.json")
PROMPT = """A guest wrote to the desk of a hotel. Judge the reply.

What was said before:
{history}

The guest: {input.content}

The reply: {output.content}

Does the reply take the guest seriously, and say what happens next?"""
TYPED = (
    "The door code fails and guests arrive at nine. What do I send them?",
    "A guest asks for a late checkout on a busy day. What do I answer?",
    "What must I never write to a guest?",
)


def add_runs(suite: Dataset, *, by: Actor, typed_by: Actor) -> Run:
    """Make endpoints, an evaluator and a configuration, and carry out two runs at once.

    Returns the run over the suite.
    """
    ensure_templates(by.team)
    echo = ModelEndpoint.create(by=by, name="Echo", kind=ModelEndpoint.Kind.ECHO, is_shared=True)
    assistant = ModelEndpoint.create(
        by=by,
        name="Guest assistant (replay)",
        kind=ModelEndpoint.Kind.REPLAY,
        model="guest-assistant-1",
        answers=json.loads(ANSWERS.read_text(encoding="utf-8")),
        is_shared=True,
    )
    Evaluator.create(
        by=by,
        name="Takes the guest seriously",
        description="Whether the reply is calm and concrete. Choose a judge where you use it.",
        prompt=PROMPT,
        output_schema={"type": "binary"},
        category="Style",
        is_shared=True,
    )
    config = EvaluationConfig.create(
        by=by, name="Guest assistant", dataset=suite, generation=assistant, is_shared=True
    )
    run = start_config(config, by=by, title="Guest assistant, first try")
    run.change(is_shared=True, by=by)
    launch = Launch(title="What the echo says", generation=echo)
    launch_prompts([Prompt(text=text) for text in TYPED], launch, by=typed_by)
    work_off(by.team.pk)
    run.refresh_from_db()
    return run


def work_off(team: object) -> None:
    """Carry out what the team has asked for, here and now: there is no worker yet."""
    waiting = Job.all_rows.filter(team=team, kind="run_chunk", state=Job.State.READY)
    while job := waiting.order_by("created_at").first():
        run_job(job.pk)
