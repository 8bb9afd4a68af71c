"""`manage.py verify_export FILE [MANIFEST]`: proves a downloaded file whole, without a database.

A bundle brings its manifest, and may be given as it was downloaded or as a folder.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from exports.bundles.checking import is_bundle
from exports.counting import NotWholeError
from exports.verifying import verify, verify_bundle


class Command(BaseCommand):
    """Exit code 0 when the file is what its manifest says, else 1 and the differences."""

    help = "Check an export against its manifest: size, SHA-256, rows; a bundle part by part."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "manifest", type=Path, nargs="?", help="default: FILE.manifest.json beside it"
        )
        parser.add_argument("--digest", help="the digest that a bundle has to have")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        beside = options["manifest"] or file.with_name(file.name + ".manifest.json")
        try:
            if not beside.exists() and is_bundle(file):
                found = verify_bundle(file, options["digest"])
            else:
                found = verify(file, json.loads(beside.read_text(encoding="utf-8")))
        except NotWholeError as error:
            raise CommandError(f"{file} is not whole. {error}") from error
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
        except ValueError as error:
            raise CommandError(f"{beside} or the file is broken: {error}.") from error
        self.stdout.write(f"{file} is whole: {', '.join(found)}.")
