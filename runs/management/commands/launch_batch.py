"""`manage.py launch_batch`: a controlled batch of any size, started as a member of the team."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from evalplatform.accounts.actors import memberships_of
from evalplatform.accounts.models import User
from evalplatform.scoping.actor import Actor
from runs.launching import LARGEST_SEED, Launch, launch_batch, sources_of
from runs.models import Evaluator, ModelEndpoint
from runs.models.tool import Tool

MOST_RUNS = 200
MOST_PROMPTS = 1_000


class Command(BaseCommand):
    """Starts N runs of so many prompts made from templates; the workers carry them out."""

    help = "Start a controlled batch: N runs of so many prompts, as a member of the team."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--team", required=True, help="The team's slug.")
        parser.add_argument("--user", required=True, help="The email of the member who starts it.")
        parser.add_argument("--runs", type=int, required=True, help=f"1 to {MOST_RUNS}.")
        parser.add_argument("--prompts", type=int, default=50, help="Prompts of each run.")
        parser.add_argument("--endpoint", required=True, help="Name or id: who answers.")
        parser.add_argument("--judge", default="", help="Name or id; left out, the built-in judge.")
        parser.add_argument("--evaluator", action="append", default=[], help="Name or id; repeat.")
        parser.add_argument("--key", action="append", help="A template key; repeat. Else all.")
        parser.add_argument("--seed", type=int, default=1, help="Which prompts, in which order.")
        parser.add_argument("--title", default="", help="What the batch is called.")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = member(options["team"], options["user"])
        n_runs = within("runs", options["runs"], MOST_RUNS)
        n_prompts = within("prompts", options["prompts"], MOST_PROMPTS)
        launch = Launch(
            title=options["title"] or f"Batch of {n_runs} runs",
            generation=named(ModelEndpoint, options["endpoint"], actor),
            judge=named(ModelEndpoint, options["judge"], actor) if options["judge"] else None,
            evaluators=[named(Evaluator, each, actor) for each in options["evaluator"]],
        )
        try:
            launch.check()
            batch = launch_batch(
                sources_of(actor, options["key"]),
                launch,
                n_runs=n_runs,
                n_prompts=n_prompts,
                seed=within("seed", options["seed"], LARGEST_SEED, least=0),
                by=actor,
            )
        except (ValidationError, PermissionDenied) as error:
            raise CommandError(" ".join(getattr(error, "messages", [str(error)]))) from error
        self.stdout.write(f"Started {n_runs} runs of {n_prompts} prompts.")
        self.stdout.write(reverse("batch", args=[actor.team.slug, batch.pk]))


def member(slug: str, email: str) -> Actor:
    """The member of the team with this address, as they act today."""
    user = User.objects.filter(email=email.strip().lower(), is_active=True).first()
    found = user and next((each for each in memberships_of(user) if each.team.slug == slug), None)
    if not found:
        raise CommandError(f"{email} is no member of a team {slug}.")
    return found.act(via="command")


def within(name: str, n: int, most: int, least: int = 1) -> int:
    """The number, when it is one that can be used."""
    if not least <= n <= most:
        raise CommandError(f"--{name} is {least} to {most:,}.")
    return n


def named(model: type[Tool], text: str, actor: Actor) -> Any:
    """The visible row with this name or id, when there is exactly one."""
    rows = [row for row in model.objects.visible_to(actor) if text in (row.name, str(row.pk))]
    if len(rows) != 1:
        word = model._meta.verbose_name
        many = "several; give its id" if rows else "none; look for its name on the pages"
        raise CommandError(f"There is not one {word} “{text}” for this member: {many}.")
    return rows[0]
