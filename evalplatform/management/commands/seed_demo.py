"""`manage.py seed_demo`: makes the demo team in an empty database."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from evalplatform import env
from evalplatform.accounts.models import User
from evalplatform.demo.seeding import keep, seed


class Command(BaseCommand):
    """Makes the demo team and keeps its sign-ins in demo.json of the home folder (0600)."""

    help = "Make the demo team: five people, conversations, labels. Only in an empty database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when people exist")
        parser.add_argument("--url", default="", help="the address to write into demo.json")

    def handle(self, *args: Any, **options: Any) -> None:
        if User.objects.exists():
            if options["if_empty"]:
                return
            raise CommandError("There are people already: the demo goes into an empty database.")
        port = env.text("PORT", "8000")
        with transaction.atomic():  # the file is there before the people are, or neither is
            sign_ins = seed(options["url"] or f"http://127.0.0.1:{port}/")
            keep(sign_ins, env.home() / "demo.json")
