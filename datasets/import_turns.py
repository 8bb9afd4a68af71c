"""The two turns of every import: a dry run that shows everything, then one atomic commit.

Both runs read the same file the same way and count the same things; the commit goes through only
when its counts are those that the person looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, BinaryIO, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import OperationalError, transaction
from django.utils import timezone
from psycopg.errors import DiskFull

from datasets.models.file_import import FileImport
from evalplatform.accounts.roles import Verb
from evalplatform.jobs.kinds import JobRefusedError
from evalplatform.jobs.pulse import Pulse
from evalplatform.jobs.running import Turn

FOLDER = "imports"
SPARED = timedelta(hours=1)  # an upload is stored before its row is
Tell = Callable[[int, int | None, str], None]
Report = dict[str, Any]
Imported = TypeVar("Imported", bound=FileImport)


class LookAgain(Exception):  # noqa: N818 - a turn of events, not an error
    """What the commit would do is not what the person looked at."""


def check(
    turn: Turn, model: type[Imported], examine: Callable[[Imported, Turn, Tell], Report]
) -> Report | None:
    """Dry run: read it all, compare it with what is stored, save nothing but the report."""
    row = import_of(turn, model)
    if row.state != row.State.CHECKING or row.check_job_id != turn.job.pk:
        return None
    with Pulse(turn) as pulse, refusing_full_disk(), transaction.atomic():
        report = examine(row, turn, pulse.tell)
        transaction.set_rollback(True)
    report["looks_again"] = bool(turn.arguments.get("looks_again"))
    with transaction.atomic():
        still_held(row, turn).finish_check(report)
    return report


def commit(
    turn: Turn, model: type[Imported], save_all: Callable[[Imported, Turn, Tell], Report]
) -> Report | None:
    """Save all of the file in one transaction, or nothing; once saved, do nothing more."""
    row = import_of(turn, model)
    if row.state == row.State.COMMITTED:
        row.forget_file()
    if row.state != row.State.COMMITTING or row.commit_job_id != turn.job.pk:
        return None
    try:
        with Pulse(turn) as pulse, refusing_full_disk(), transaction.atomic():
            return save_all(row, turn, pulse.tell)
    except LookAgain:
        row.look_again(by=turn.actor)
        return {"looks_again": True}


def import_of(turn: Turn, model: type[Imported]) -> Imported:
    """The import this job works on, if its person still has it and may bring evidence in."""
    if not turn.actor.may(Verb.EDIT_EVIDENCE):
        raise PermissionDenied(f"Your role may not bring {model.WHAT} in any more.")
    rows = model.objects.visible_to(turn.actor)
    row: Imported | None = rows.filter(pk=turn.arguments["import"]).first()
    if row is None:
        raise JobRefusedError("This import is not there any more.")
    return row


def still_held(row: Imported, turn: Turn) -> Imported:
    """Lock the import, then the job, as discarding does; LeaseLostError when it is not ours."""
    rows = type(row).objects.editable_by(turn.actor).select_for_update(of=("self",))
    locked: Imported = rows.get(pk=row.pk)
    turn.hold()
    return locked


@contextmanager
def opened(row: FileImport) -> Iterator[BinaryIO]:
    """The file, in binary; a file that vanished is told as such."""
    try:
        handle = row.file.storage.open(str(row.file.name), "rb")
    except FileNotFoundError as error:
        raise JobRefusedError("The uploaded file is gone: upload it again.") from error
    with handle:
        # Django's File cuts lines in Python; what it wraps is as fast as files are.
        yield handle.file  # type: ignore[misc]


@contextmanager
def refusing_full_disk() -> Iterator[None]:
    """Tell a full disk of the database as a reason; every other fault goes on."""
    try:
        yield
    except OperationalError as error:
        if not isinstance(error.__cause__, DiskFull):
            raise
        raise JobRefusedError(
            "The database has no room left, nothing was saved: free space, then try again."
        ) from error


def forget_old_files(models: tuple[type[FileImport], ...]) -> int:
    """Delete files that outlived their import (a crash came between) or never got one; how many."""
    storage = models[0]._meta.get_field("file").storage
    try:
        file_names = storage.listdir(FOLDER)[1]
    except FileNotFoundError:  # a folder that nobody has made yet; S3 knows none and lists nothing
        return 0
    n_deleted = 0
    for file_name in file_names:
        name = f"{FOLDER}/{file_name}"
        is_needed = any(
            model.all_rows.filter(file=name).exclude(state__in=model.ENDED).exists()
            for model in models
        )
        if not is_needed and storage.get_modified_time(name) < timezone.now() - SPARED:
            storage.delete(name)
            n_deleted += 1
    return n_deleted
