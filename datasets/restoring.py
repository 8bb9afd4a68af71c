"""Earlier versions of a dataset: brought back, and kept as they are for who reads them."""

from __future__ import annotations

from typing import Any

from django.db import connection, transaction

from datasets.editing import COPIED, Edition, edition
from datasets.formats.items import CheckRecord
from datasets.models import Dataset, DatasetVersion
from datasets.models.dataset import locked
from datasets.version_making import close
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor

# The statement is made of our own column names and of nothing that came from outside.
BRING_BACK = f"""
    INSERT INTO datasets_datasetitem ({COPIED}, from_version, until_version)
    SELECT {COPIED}, %(number)s, NULL FROM datasets_datasetitem
    WHERE dataset_id = %(dataset)s AND from_version <= %(wanted)s AND until_version > %(wanted)s"""  # noqa: S608


def restore(dataset: Dataset, number: int, *, by: Actor, title: str = "") -> DatasetVersion:
    """Undo everything after that version by a new one; Conflict when it is the newest already."""
    with transaction.atomic():
        row = locked(dataset, by)
        if number == row.version:
            raise Conflict("This is the newest version already.")
        newest = DatasetVersion.all_rows.get(dataset=row, number=row.version)
        if newest.is_open:
            close(newest)
        wanted = DatasetVersion.all_rows.get(dataset=row, number=number)
        kind = DatasetVersion.Kind.RESTORE
        with edition(row, by=by, kind=kind, title=title, restores=number) as changing:
            _bring_back(changing, wanted)
        dataset.version, dataset.n_items = row.version, row.n_items
        made: DatasetVersion = DatasetVersion.all_rows.get(dataset=row, number=row.version)
        return made


def pin(dataset: Dataset, number: int | None = None) -> int:
    """The version to read, newest unless named, closed so that it stays what it is.

    The caller has seen to it that its person may see the dataset.
    """
    with transaction.atomic():
        row = Dataset.all_rows.select_for_update(of=("self",)).get(pk=dataset.pk)
        version = DatasetVersion.all_rows.get(dataset=row, number=number or row.version)
        if version.is_open:
            close(version)
    return int(version.number)


def _bring_back(changing: Edition, wanted: DatasetVersion) -> None:
    """Make the dataset what it was at that version: items, order and global checks."""
    number = changing.number
    n_before = changing.rows().count()
    later = changing.rows().filter(from_version__gt=wanted.number)
    later.filter(from_version__lt=number).update(until_version=number)
    told: dict[str, Any] = {"number": number, "dataset": changing.dataset.pk}
    with connection.cursor() as cursor:
        cursor.execute(BRING_BACK, told | {"wanted": wanted.number})
    changing.n_added += changing.rows().count() - n_before
    changing.set_global_checks([CheckRecord.from_json(each) for each in wanted.global_checks])
    changing.needs_index = True
