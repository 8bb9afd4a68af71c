"""Shut somebody out at once: for an operator, when nobody in the team can."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from evalplatform.accounts.models import User


class Command(BaseCommand):
    """Deactivate a user, sign them out everywhere and revoke their keys."""

    help = "Deactivate a user: signs them out everywhere and revokes their keys."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="The address they sign in with.")
        parser.add_argument(
            "--force", action="store_true", help="Also when a team is left without an owner."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            user = User.objects.get_by_natural_key(options["email"])
            n_browsers, n_keys = user.deactivate_by_operator(is_forced=options["force"])
        except User.DoesNotExist as error:
            raise CommandError("Nobody signs in with this address.") from error
        except ValidationError as error:
            raise CommandError(f"{' '.join(error.messages)} Nothing was changed.") from error
        self.stdout.write(
            f"{user.email} is deactivated. "
            f"Browsers signed out: {n_browsers}, keys revoked: {n_keys}."
        )
