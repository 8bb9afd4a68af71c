"""Files that an import brings: stored under ids of our own, taken away again if it fails."""

from __future__ import annotations

import mimetypes
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, BinaryIO

from django.core.files.base import File

from datasets.formats.items import AttachmentRecord
from datasets.models import Attachment, Dataset
from evalplatform.accounts.models.user import new_id
from evalplatform.scoping.actor import Actor

Open = Callable[[str], AbstractContextManager[BinaryIO]]
FOLDER = "attachments"


def known_files(
    dataset: Dataset | None, records: Iterable[AttachmentRecord], by: Actor
) -> dict[str, uuid.UUID]:
    """Name -> id of each file; the dataset's own where it holds the same bytes, else a new id."""
    stored: dict[Any, uuid.UUID] = {}
    if dataset is not None:
        rows = Attachment.objects.visible_to(by).filter(dataset=dataset)
        stored = {(name, sha): pk for pk, name, sha in rows.values_list("pk", "name", "sha256")}
    return {each.name: stored.get((each.name, each.sha256)) or new_id() for each in records}


@contextmanager
def storing(
    dataset: Dataset, records: Iterable[AttachmentRecord], files: dict[str, uuid.UUID], open_: Open
) -> Iterator[int]:
    """Store the files that the dataset does not hold; gone again when the block fails."""
    stored: list[Attachment] = []
    held = set(Attachment.all_rows.filter(pk__in=files.values()).values_list("pk", flat=True))
    try:
        for each in records:
            if files[each.name] not in held:
                stored.append(store(dataset, each, files[each.name], open_))
        yield len(stored)
    except BaseException:
        for row in stored:
            row.file.storage.delete(str(row.file.name))
        raise


def store(dataset: Dataset, each: AttachmentRecord, pk: uuid.UUID, open_: Open) -> Attachment:
    """One file under its id, and its row."""
    row = Attachment(
        pk=pk, dataset=dataset, name=each.name, sha256=each.sha256, n_bytes=each.n_bytes
    )
    row.media_type = mimetypes.guess_type(each.name)[0] or row.media_type
    with open_(each.name) as data:
        row.file.name = row.file.storage.save(f"{FOLDER}/{pk}", File(data))
    row.save(force_insert=True)
    return row
