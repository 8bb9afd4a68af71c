"""The one way to change a dataset: an edition, which becomes a version.

    with edition(dataset, by=actor) as changing:
        changing.add([ItemRecord(input="Which river crosses Vienna?")], arrived="manual")

Everything in the `with` block is one transaction under the lock of the dataset's row. The version
is made by the first real change; a block that changes nothing leaves nothing. Edits by hand join
the open edit session of the same person, when it was touched within half an hour and nothing came
between; every other kind is a version of its own.

Rows are copied on write: a row that an earlier version holds is ended and continued by a new one,
a row of the version being made is changed in place.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from datasets.formats.items import CheckRecord, ItemRecord
from datasets.item_order import end, room_after, start
from datasets.models import Dataset, DatasetItem, DatasetVersion
from datasets.models.dataset import locked
from datasets.models.dataset_item import CONTENT, SEARCHED, STEP
from datasets.version_making import VersionMaking
from evalplatform.accounts.models.user import new_id
from evalplatform.scoping.actor import Actor

BATCH = 1000
TAKEN = 'There is an item "%s" in this dataset already. Choose another id.'
TAKEN_ALIKE = (
    'There is an item "%s" in this dataset already: an id must differ in more than its case. '
    "Choose another id."
)
SAME_IDS = "Two of these items have the same id, or ids that differ in case only."
UNLINKED = {"session": None, "user_message": None, "assistant_message": None}
COPIED = ", ".join(
    str(field.column)
    for field in DatasetItem._meta.concrete_fields
    if field.name not in {"id", "from_version", "until_version"}
)
# The statements are made of our own column names and of nothing that came from outside.
# None of them joins: inside a large change the planner does not know yet how many rows there are.
CONTINUE = f"""
    WITH ended AS (
        UPDATE datasets_datasetitem SET until_version = %(number)s
        WHERE dataset_id = %(dataset)s AND until_version IS NULL
            AND from_version < %(number)s AND key = ANY(%(keys)s)
        RETURNING {COPIED}
    )
    INSERT INTO datasets_datasetitem ({COPIED}, from_version, until_version)
    SELECT {COPIED}, %(number)s, NULL FROM ended"""  # noqa: S608


@contextmanager
def edition(
    dataset: Dataset,
    *,
    by: Actor,
    kind: str = DatasetVersion.Kind.EDIT,
    title: str = "",
    restores: int | None = None,
    apart: bool = False,
) -> Iterator[Edition]:
    """Open the dataset for one change; 403 for those who may not change it.

    `apart` makes an edit a version of its own, so that restoring the one before undoes just it.
    """
    with transaction.atomic():
        changing = Edition(locked(dataset, by), by, kind, title, restores, apart)
        yield changing
        changing.finish()
    dataset.version, dataset.n_items = changing.dataset.version, changing.dataset.n_items


class Edition(VersionMaking):
    """The change of a dataset: which rows come, go, and become others."""

    def writable(self, keys: Sequence[uuid.UUID]) -> Any:
        """Rows of these items that belong to the version being made: free to be changed."""
        wanted = list(keys)
        told: dict[str, Any] = {"number": self.number, "dataset": self.dataset.pk, "keys": wanted}
        with connection.cursor() as cursor:
            cursor.execute(CONTINUE, told)
        return self.rows().filter(key__in=wanted)

    def add(
        self,
        records: Iterable[ItemRecord],
        *,
        arrived: str,
        files: Mapping[str, uuid.UUID] | None = None,
        after: DatasetItem | None = None,
        keys: Sequence[uuid.UUID] = (),
    ) -> list[DatasetItem]:
        """Append items, or put one right after another; ValidationError names a clash of ids.

        `keys` are new ones, in the order of the records; without them they are made.
        """
        records = list(records)
        number = self.number if records else 0
        position = room_after(self, after) if after else end(self)
        now = timezone.now()
        made = []
        for key, each in zip_longest(keys, records):
            row = DatasetItem(
                key=key or new_id(),
                dataset=self.dataset,
                level=self.dataset.level,
                public_id=each.public_id or str(uuid.uuid4()),
                position=position,
                arrived=arrived,
                created_by=self.by.user,
                added_at=now,
                from_version=number,
                **item_values(each, files or {}),
            )
            made.append(row)
            position += STEP
        self._insert(made)
        return made

    def _insert(self, made: list[DatasetItem]) -> None:
        self._refuse_taken([row.public_id for row in made])
        try:
            with transaction.atomic():
                DatasetItem.all_rows.bulk_create(made, batch_size=BATCH)
        except IntegrityError as error:
            raise ValidationError({"id": SAME_IDS}) from error
        self.added(len(made))

    def added(self, n: int) -> None:
        """Count items that belong to the version being made now."""
        self.n_added += n
        self.needs_index = self.needs_index or n > 0

    def _refuse_taken(self, public_ids: Sequence[str], *, by: uuid.UUID | None = None) -> None:
        taken = self.rows().with_ids_like(public_ids).exclude(key=by)
        clash = taken.values_list("public_id", flat=True).first()
        if clash is not None:
            raise ValidationError({"id": (TAKEN if clash in public_ids else TAKEN_ALIKE) % clash})

    def revise(self, item: DatasetItem, **values: Any) -> DatasetItem:
        """Change fields of one item; other content breaks its link. Nothing new changes nothing."""
        current: DatasetItem = self.rows().get(key=item.key)
        changed = {name: value for name, value in values.items() if getattr(current, name) != value}
        if not changed:
            return current
        if "public_id" in changed:
            self._refuse_taken([changed["public_id"]], by=current.key)
        if not changed.keys().isdisjoint(SEARCHED):
            is_content = not changed.keys().isdisjoint(CONTENT)
            changed |= (UNLINKED if is_content else {}) | {"search": None}
            self.needs_index = True
        rows = self.writable([current.key])
        rows.update(**changed)
        revised: DatasetItem = rows.get()
        return revised

    def remove(self, keys: Sequence[uuid.UUID]) -> int:
        """Take items out; how many there were. Earlier versions keep them."""
        rows = self.rows().filter(key__in=list(keys))
        if not rows.exists():
            return 0
        number = self.number
        n_removed = rows.filter(from_version__lt=number).update(until_version=number)
        n_removed += rows.filter(from_version=number).delete()[0]
        self.n_added -= n_removed
        return int(n_removed)

    def add_tags(self, keys: Sequence[uuid.UUID], tags: Sequence[str]) -> int:
        """Give items the tags they do not have yet; how many items changed."""
        return self._retag(keys, lambda has: [*has, *(t for t in tags if t not in has)])

    def remove_tags(self, keys: Sequence[uuid.UUID], tags: Sequence[str]) -> int:
        """Take the tags off items; how many items changed."""
        return self._retag(keys, lambda has: [tag for tag in has if tag not in tags])

    def _retag(self, keys: Sequence[uuid.UUID], change: Any) -> int:
        rows = self.rows().filter(key__in=list(keys)).values_list("key", "tags")
        wanted = {key: change(has) for key, has in rows if change(has) != has}
        if not wanted:
            return 0
        changing = list(self.writable(list(wanted)))
        for row in changing:
            row.tags, row.search = wanted[row.key], None
        DatasetItem.all_rows.bulk_update(changing, ["tags", "search"], batch_size=BATCH)
        self.needs_index = True
        return len(wanted)

    def set_global_checks(self, checks: Sequence[CheckRecord]) -> bool:
        """Replace the checks on every item; whether that was a change."""
        wanted = [check.as_json() for check in checks]
        if self.newest().global_checks == wanted:
            return False
        assert self.number
        assert self.version is not None
        self.version.global_checks = wanted
        return True

    def move(self, item: DatasetItem, *, after: DatasetItem | None) -> None:
        """Put the item right after another, or first."""
        position = room_after(self, after) if after else start(self)
        self.writable([item.key]).update(position=position)


def item_values(each: ItemRecord, files: Mapping[str, uuid.UUID]) -> dict[str, Any]:
    """What a row holds of a record; `files` knows the attachments by their names."""
    return {
        "input": each.input,
        "output": each.output,
        "expected_output": each.expected_output,
        "context": each.context,
        "history": list(each.history),
        "participant_data": each.participant_data,
        "session_state": each.session_state,
        "summary": each.summary,
        "tags": list(each.tags),
        "created_at": each.created_at,
        "checks": [check.as_json() for check in each.checks],
        "files": [files[name] for name in each.files],
    }
