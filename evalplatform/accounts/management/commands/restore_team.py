"""Open a deleted team again: for an operator, since nobody is in it any more."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evalplatform.accounts.models import Team


class Command(BaseCommand):
    """Restore a team that an owner deleted."""

    help = "Restore a deleted team: its members, keys and rows are as they were."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="The team's address: what follows /t/.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            team = Team.restore(options["slug"])
        except ValidationError as error:
            raise CommandError(f"{' '.join(error.messages)} Nothing was changed.") from error
        self.stdout.write(f"Team {team.name} is open again: /t/{team.slug}/")
