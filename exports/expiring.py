"""The end of files: those whose time is over, whose rows stay, and what dead attempts left."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.db.models import Q
from django.db.models.functions import Now

from evalplatform.jobs.models import Job
from exports import storing
from exports.models import Export

BATCH = 500


def expire() -> int:
    """Delete the files of expired exports; returns how many."""
    over = Export.all_rows.filter(expires_at__lte=Now(), deleted_at=None)
    expired = list(over.exclude(file="").order_by("expires_at")[:BATCH])
    for export in expired:
        storing.remove(export.file.name)
        Export.all_rows.filter(pk=export.pk).update(deleted_at=Now())
    return len(expired)


def remove_leftovers() -> int:
    """Delete files that no export has and no running attempt writes; returns how many.

    The files are listed before the rows are read: a file that is there then has its attempt in
    the rows.
    """
    found = {
        name: match
        for name in storing.names_in_storage()
        if (match := storing.NAME.fullmatch(name))
    }
    ids = {match["export"] for match in found.values()}
    wanted = wanted_beginnings(ids)
    leftovers = [
        name for name, match in found.items()
        if f"{match['export']}.{match['attempt']}." not in wanted
    ]  # fmt: skip
    for name in leftovers:
        default_storage.delete(f"{storing.FOLDER}/{name}")
    return len(leftovers)


def wanted_beginnings(ids: set[str]) -> set[str]:
    """Return `<export>.<attempt>.` of every file these exports keep or are writing."""
    held = Q(deleted_at=None) & ~Q(file="")
    writing = Q(job__state=Job.State.RUNNING)
    rows = Export.all_rows.filter(held | writing, pk__in=ids).values_list(
        "pk", "file", "job__state", "job__attempt"
    )
    wanted = set()
    for pk, file, state, attempt in rows:
        if state == Job.State.RUNNING:
            wanted.add(f"{pk}.{attempt}.")
        if file:
            wanted.add(file.removeprefix(f"{storing.FOLDER}/").rsplit(".", 1)[0] + ".")
    return wanted
