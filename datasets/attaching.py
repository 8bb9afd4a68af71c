"""Files that an import brings: stored under ids of our own, taken away again if it fails."""

from __future__ import annotations

import mimetypes
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any, BinaryIO

from django.core.files.base import File
from django.core.files.storage import Storage
from django.utils import timezone

from datasets.formats.items import AttachmentRecord
from datasets.models import Attachment, Dataset
from evalplatform.accounts.models.user import new_id
from evalplatform.scoping.actor import Actor

Open = Callable[[str], AbstractContextManager[BinaryIO]]
FOLDER = "attachments"
SPARED = timedelta(hours=1)  # a file is stored before the transaction of its row ends


def known_files(
    dataset: Dataset | None, records: Iterable[AttachmentRecord], by: Actor
) -> dict[str, uuid.UUID]:
    """Name -> id of each file; the dataset's own where it holds the same bytes, else a new id.

    The folder plays no part: exports put files of one name into folders of their own.
    """
    stored: dict[Any, uuid.UUID] = {}
    if dataset is not None:
        rows = Attachment.objects.visible_to(by).filter(dataset=dataset)
        for pk, name, sha in rows.order_by("created_at", "pk").values_list("pk", "name", "sha256"):
            stored.setdefault((bare(name), sha), pk)
            stored[name, sha] = pk
    return {
        each.name: stored.get((each.name, each.sha256))
        or stored.get((bare(each.name), each.sha256))
        or new_id()
        for each in records
    }


def bare(name: str) -> str:
    """The name without its folders."""
    return name.rpartition("/")[2]


@contextmanager
def storing(
    dataset: Dataset, records: Iterable[AttachmentRecord], files: dict[str, uuid.UUID], open_: Open
) -> Iterator[int]:
    """Store the files that the dataset does not hold; gone again when the block fails."""
    held = set(Attachment.all_rows.filter(pk__in=files.values()).values_list("pk", flat=True))
    new = [each for each in records if files[each.name] not in held]
    try:
        for each in new:
            store(dataset, each, files[each.name], open_)
        yield len(new)
    except BaseException:
        for each in new:
            storage().delete(name_of(files[each.name]))
        raise


def store(dataset: Dataset, each: AttachmentRecord, pk: uuid.UUID, open_: Open) -> Attachment:
    """One file under its id, and its row."""
    row = Attachment(
        pk=pk, dataset=dataset, name=each.name, sha256=each.sha256, n_bytes=each.n_bytes
    )
    row.media_type = mimetypes.guess_type(each.name)[0] or row.media_type
    with open_(each.name) as data:
        row.file.name = storage().save(name_of(pk), File(data))
    row.save(force_insert=True)
    return row


def storage() -> Storage:
    """Where attachments are kept."""
    kept: Storage = Attachment._meta.get_field("file").storage
    return kept


def name_of(pk: uuid.UUID) -> str:
    """What the file of an attachment is called in storage."""
    return f"{FOLDER}/{pk}"


def forget_unknown_files() -> int:
    """Delete files that no attachment names: their import died before it was saved; how many.

    Only storage is walked, a listing at a time; a name that is no id of ours is left alone.
    """
    try:
        names = storage().listdir(FOLDER)[1]
    except FileNotFoundError:  # a folder that nobody has made yet; S3 lists nothing instead
        return 0
    n_deleted = 0
    for start in range(0, len(names), 1000):
        for name in _without_row(names[start : start + 1000]):
            if storage().get_modified_time(name) < timezone.now() - SPARED:
                storage().delete(name)
                n_deleted += 1
    return n_deleted


def _without_row(file_names: list[str]) -> list[str]:
    named = {pk: file_name for file_name in file_names if (pk := _id_in(file_name))}
    known = Attachment.all_rows.filter(pk__in=named).values_list("pk", flat=True)
    return [f"{FOLDER}/{named[pk]}" for pk in named.keys() - set(known)]


def _id_in(file_name: str) -> uuid.UUID | None:
    try:
        pk = uuid.UUID(file_name)
    except ValueError:
        return None
    return pk if str(pk) == file_name else None
