"""Begin a team: the one act that needs the machine, since nobody is in the team yet."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import URLValidator
from django.db import transaction
from django.urls import reverse

from evalplatform.accounts.models import Invitation, Team


class Command(BaseCommand):
    """Make a team and print the link by which its owner joins."""

    help = "Make a team and print the invitation link of its owner."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", required=True, help="What people call the team.")
        parser.add_argument("--owner-email", required=True, help="Who is to own it.")
        parser.add_argument(
            "--url",
            default="http://localhost:8000",
            help="Where this installation is reached, for the link.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            URLValidator(schemes=["http", "https"])(options["url"])
            with transaction.atomic():
                team = Team.found(options["name"])
                _, token = Invitation.issue_by_operator(team, options["owner_email"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Team {team.name}: /t/{team.slug}/")
        link = options["url"].rstrip("/") + reverse("invitation-accept", args=[token])
        self.stdout.write(f"Owner invitation, open for 7 days and shown only now: {link}")
