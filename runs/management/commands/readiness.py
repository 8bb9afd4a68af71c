"""Says whether runs are ready: `ready | 60 | 3000 | 3000 | 3000 | 3000`, else exit code 1."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from evalplatform.accounts.models import Membership, Team
from runs.models import Run, RunBatch
from runs.readiness import gated, readiness


class Command(BaseCommand):
    """`manage.py readiness [--batch ID] [--team SLUG] [--source SOURCE] [--runs N]`."""

    help = "Count runs, prompts, run items, responses and reviews, and say whether they agree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", help="the id of a batch; else all runs of the source")
        parser.add_argument("--team", help="the slug of a team; else all teams")
        parser.add_argument(
            "--source", choices=Run.Source.values, default=Run.Source.CONTROLLED_BATCH
        )
        parser.add_argument("--runs", type=int, help="how many runs there should be")
        parser.add_argument(
            "--reviewer",
            help="the e-mail address of the tested reviewer; else who has reviewed most",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the line; when they are not ready, the reasons too, and end with 1."""
        batch = batch_named(options["batch"]) if options["batch"] else None
        runs = Run.all_rows.filter(deleted_at=None)
        if options["team"]:
            runs = runs.filter(team=team_named(options["team"]))
        runs = runs.filter(batch=batch) if batch else gated(runs, options["source"])
        wanted = options["runs"] or (batch.n_runs if batch else None)
        who = person_named(options["reviewer"]) if options["reviewer"] else None
        found = readiness(runs, n_wanted=wanted, reviewer=who)
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


def person_named(email: str) -> uuid.UUID:
    """The id of the person with this address, or the sentence that there is none."""
    found = Membership.all_rows.filter(user__email__iexact=email).values_list("user_id").first()
    if found is None:
        raise CommandError(f"There is nobody with the address {email!r} in a team.")
    pk: uuid.UUID = found[0]
    return pk
