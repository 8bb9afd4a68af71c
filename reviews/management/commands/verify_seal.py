"""`manage.py verify_seal RUN`: whether a finished review still is what was sealed."""

from __future__ import annotations

import json
import sys
import uuid
from argparse import ArgumentParser
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from reviews.models import Queue, Seal
from reviews.seal_checking import SealState, Verdict, check, verdict_told

WRONG_CALL, NO_SEAL = 2, 3
UNKNOWN = "No seal of this review has the digest that you gave."
CODES = {SealState.SEALED: 0, SealState.BROKEN: 1, SealState.AMENDED: NO_SEAL,
         SealState.NONE: NO_SEAL}  # fmt: skip
EXITS = (
    "Exit code: 0 sealed, 1 broken, 2 no such review, 3 no seal holds (amended: opened again and "
    "not finalised since; or never finalised)."
)


class Command(BaseCommand):
    """Says sealed, amended or broken, and which items differ."""

    help = f"Check the review of a run, or of a queue, against its seals. {EXITS}"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("run", metavar="RUN", help="id of the run, or of its queue")
        parser.add_argument(
            "--digest", default="", help="a digest kept elsewhere, that one of the seals must have"
        )
        parser.add_argument("--json", action="store_true", help="print the verdict as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        queue = _queue_of(options["run"])
        verdict = check(queue)
        if options["digest"] and not _has(queue, options["digest"]):
            faults = (*verdict.faults, UNKNOWN)
            verdict = replace(verdict, state=SealState.BROKEN, faults=faults)
        if options["json"]:
            told = {"queue": str(queue.pk)} | verdict_told(verdict)
            self.stdout.write(json.dumps(told, indent=2))
        else:
            self.stdout.write(_showable("\n".join(_lines(queue, verdict))))
        if code := CODES[verdict.state]:
            sys.exit(code)


def _queue_of(named: str) -> Queue:
    try:
        pk = uuid.UUID(named)
    except ValueError as error:
        why = f"{named} is no id. Give that of a run or of a queue."
        raise CommandError(why, returncode=WRONG_CALL) from error
    found: Queue | None = Queue.all_rows.filter(Q(pk=pk) | Q(run=pk)).first()
    if found is None:
        why = f"There is no queue {named}, and no run {named} that is reviewed."
        raise CommandError(why, returncode=WRONG_CALL)
    return found


def _has(queue: Queue, digest: str) -> bool:
    wanted = digest.strip().lower()
    return bool(Seal.all_rows.filter(queue=queue, digest=wanted).exists())


def _lines(queue: Queue, verdict: Verdict) -> list[str]:
    lines = [f"{verdict.state.value}: {queue.name}. {verdict.says}"]
    if seal := verdict.seal:
        at = f"{seal.finalized_at:%Y-%m-%d %H:%M:%S} UTC"
        lines.append(f"Seal {seal.number}, {at}: {seal.digest}")
    lines += [f"  {each.label} ({each.key}): {'; '.join(each.what)}" for each in verdict.items]
    if (more := verdict.n_differing - len(verdict.items)) > 0:
        lines.append(f"  and {more:,} more")
    return lines


def _showable(text: str) -> str:
    """The text as the terminal can show it; what it cannot is escaped."""
    encoding = sys.stdout.encoding or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
