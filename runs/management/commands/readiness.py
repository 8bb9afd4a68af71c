"""Says whether runs are ready: `ready | 60 | 3000 | 3000 | 3000`, exit code 1 when they are not."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evalplatform.accounts.models import Team
from runs.models import Run, RunBatch
from runs.readiness import gated, readiness


class Command(BaseCommand):
    """`manage.py readiness [--batch ID] [--team SLUG] [--source SOURCE]`."""

    help = "Count runs, prompts, run items and responses, and say whether they agree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", help="the id of a batch; else all runs of the source")
        parser.add_argument("--team", help="the slug of a team; else all teams")
        parser.add_argument(
            "--source", choices=Run.Source.values, default=Run.Source.CONTROLLED_BATCH
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the line; when they are not ready, the reasons too, and end with 1."""
        batch = batch_named(options["batch"]) if options["batch"] else None
        runs = Run.all_rows.filter(deleted_at=None)
        if options["team"]:
            runs = runs.filter(team=team_named(options["team"]))
        runs = runs.filter(batch=batch) if batch else gated(runs, options["source"])
        found = readiness(runs, n_wanted=batch.n_runs if batch else None)
        self.stdout.write(found.line)
        if not found.is_ready:
            raise CommandError("\n".join(found.reasons), returncode=1)


def batch_named(text: str) -> RunBatch:
    """The batch with this id, or the sentence that there is none."""
    try:
        return RunBatch.all_rows.get(pk=uuid.UUID(text))  # type: ignore[no-any-return]
    except (ValueError, RunBatch.DoesNotExist) as error:
        raise CommandError(f"There is no batch {text!r}.") from error


def team_named(slug: str) -> Team:
    """The team of this address, or the sentence that there is none."""
    try:
        return Team.all_rows.get(slug=slug)  # type: ignore[no-any-return]
    except Team.DoesNotExist as error:
        raise CommandError(f"There is no team {slug!r}.") from error
