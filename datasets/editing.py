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
from datetime import timedelta
from itertools import zip_longest
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Max, Q
from django.utils import timezone

from datasets.formats.items import CheckRecord, ItemRecord
from datasets.item_searching import ITEMS
from datasets.models import Dataset, DatasetItem, DatasetVersion
from datasets.models.dataset import locked
from datasets.models.dataset_item import CONTENT, SEARCHED, STEP
from evalplatform.accounts.models.user import new_id
from evalplatform.audit.recording import record
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor

SESSION_OF_EDITS = timedelta(minutes=30)
BATCH = 1000
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
BRING_BACK = f"""
    INSERT INTO datasets_datasetitem ({COPIED}, from_version, until_version)
    SELECT {COPIED}, %(number)s, NULL FROM datasets_datasetitem
    WHERE dataset_id = %(dataset)s AND from_version <= %(wanted)s AND until_version > %(wanted)s"""  # noqa: S608


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


class Edition:
    """A dataset locked for one change; `number` makes the version when it is first needed."""

    def __init__(
        self,
        dataset: Dataset,
        by: Actor,
        kind: str,
        title: str,
        restores: int | None,
        is_apart: bool,
    ) -> None:
        self.dataset = dataset
        self.by = by
        self.kind = kind
        self.title = title
        self.restores = restores
        self.version: DatasetVersion | None = None
        self.is_apart = is_apart
        self.n_added = 0
        self.needs_index = False

    # --- the version ---------------------------------------------------------------------

    @property
    def number(self) -> int:
        """The number of the version that is being made."""
        if self.version is None:
            self.version = self._joined() or self._made()
        return self.version.number

    def _joined(self) -> DatasetVersion | None:
        """The edit session that this edit goes on with, if there is one."""
        newest = self.newest()
        if not newest.is_open:
            return None
        is_mine = newest.created_by_id == self.by.user.pk and self.kind == newest.kind
        if is_mine and not self.is_apart and newest.touched_at > timezone.now() - SESSION_OF_EDITS:
            return newest
        close(newest)
        return None

    def _made(self) -> DatasetVersion:
        before = self.newest()
        self.dataset.version = before.number + 1
        version: DatasetVersion = DatasetVersion.all_rows.create(
            dataset=self.dataset,
            number=self.dataset.version,
            kind=self.kind,
            title=self.title,
            restores=self.restores,
            created_by=self.by.user,
            is_open=True,
            n_items=before.n_items,
            global_checks=before.global_checks,
        )
        return version

    def newest(self) -> DatasetVersion:
        """The dataset's newest version."""
        newest: DatasetVersion = DatasetVersion.all_rows.get(
            dataset=self.dataset, number=self.dataset.version
        )
        return newest

    def finish(self) -> None:
        """Count what the version changed, record it, and close it unless it is an edit session."""
        version = self.version
        if version is None:
            return
        now = timezone.now()
        self._count(version)
        version.touched_at = now
        version.is_open = version.kind == DatasetVersion.Kind.EDIT and not self.is_apart
        version.save()
        self.dataset.n_items, self.dataset.updated_at = version.n_items, now
        self.dataset.save(update_fields=["version", "n_items", "updated_at"])
        record(self.by, f"dataset.{self.kind}", self.dataset, changes=self._told(version))
        if self.needs_index:
            ITEMS.request(self.by)

    def _told(self, version: DatasetVersion) -> dict[str, Any]:
        return {
            "version": [None, version.number],
            "content": [  # a key named "items" would hide the method from templates
                None,
                f"{version.n_created} created, {version.n_updated} changed, "
                f"{version.n_removed} removed",
            ],
        }

    def _count(self, version: DatasetVersion) -> None:
        n_ended = self.revisions().filter(until_version=version.number).count()
        version.n_items += self.n_added
        version.n_updated = self._n_gone_on(version.number) if n_ended else 0
        version.n_removed = n_ended - version.n_updated
        n_before = self._n_items_before(version.number)
        version.n_created = version.n_items - n_before + version.n_removed

    def _n_gone_on(self, number: int) -> int:
        """How many items ended in that version and go on in it: those with both rows."""
        either = Q(until_version=number) | Q(until_version=None, from_version=number)
        rows = self.revisions().filter(either).order_by().values("key")
        return int(rows.annotate(n_rows=Count("id")).filter(n_rows=2).count())

    def _n_items_before(self, number: int) -> int:
        earlier = DatasetVersion.all_rows.filter(dataset=self.dataset, number=number - 1)
        return int(earlier.values_list("n_items", flat=True).get())

    # --- rows ----------------------------------------------------------------------------

    def revisions(self) -> Any:
        """Every row of the dataset."""
        return DatasetItem.objects.visible_to(self.by).filter(dataset=self.dataset)

    def rows(self) -> Any:
        """The newest rows of the dataset, as they are under the lock."""
        return self.revisions().newest()

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
        position = self._room_after(after) if after else self.end()
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
            raise ValidationError({"id": "Two of these items have the same id."}) from error
        self.added(len(made))

    def added(self, n: int) -> None:
        """Count items that belong to the version being made now."""
        self.n_added += n
        self.needs_index = self.needs_index or n > 0

    def _refuse_taken(self, public_ids: Sequence[str]) -> None:
        taken = self.rows().filter(public_id__in=public_ids)
        if clash := taken.values_list("public_id", flat=True).first():
            raise ValidationError(
                {"id": f'There is an item "{clash}" in this dataset already. Choose another id.'}
            )

    def revise(self, item: DatasetItem, **values: Any) -> DatasetItem:
        """Change fields of one item; other content breaks its link. Nothing new changes nothing."""
        current: DatasetItem = self.rows().get(key=item.key)
        changed = {name: value for name, value in values.items() if getattr(current, name) != value}
        if not changed:
            return current
        if "public_id" in changed:
            self._refuse_taken([changed["public_id"]])
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

    # --- order ---------------------------------------------------------------------------

    def move(self, item: DatasetItem, *, after: DatasetItem | None) -> None:
        """Put the item right after another, or first."""
        position = self._room_after(after) if after else self._start()
        self.writable([item.key]).update(position=position)

    def end(self) -> int:
        """A free position behind all items."""
        last = self.rows().aggregate(last=Max("position"))["last"]
        return int(last or 0) + STEP

    def _start(self) -> int:
        first = self.rows().in_order().values_list("position", flat=True).first()
        return int(first if first is not None else STEP) - STEP

    def _room_after(self, item: DatasetItem) -> int:
        """A free position behind the item; neighbours move apart when there is none."""
        here = self.rows().values_list("position", flat=True).get(key=item.key)
        following = self.rows().filter(position__gt=here).in_order()
        following_position = following.values_list("position", flat=True).first()
        if following_position is None:
            return int(here) + STEP
        if following_position - here > 1:
            return int((here + following_position) // 2)
        self._spread()
        return self._room_after(item)

    def _spread(self) -> None:
        """Give every item a position of its own again, STEP apart, in the present order."""
        keys = list(self.rows().in_order().values_list("key", flat=True))
        changing = {row.key: row for row in self.writable(keys).only("key", "position")}
        for n, key in enumerate(keys, start=1):
            changing[key].position = n * STEP
        DatasetItem.all_rows.bulk_update(changing.values(), ["position"], batch_size=BATCH)

    # --- earlier versions ----------------------------------------------------------------

    def restore(self, wanted: DatasetVersion) -> None:
        """Make the dataset what it was at that version: items, order and global checks."""
        number = self.number
        n_before = self.rows().count()
        later = self.rows().filter(from_version__gt=wanted.number)
        later.filter(from_version__lt=number).update(until_version=number)
        told: dict[str, Any] = {"number": number, "dataset": self.dataset.pk}
        with connection.cursor() as cursor:
            cursor.execute(BRING_BACK, told | {"wanted": wanted.number})
        self.n_added += self.rows().count() - n_before
        self.set_global_checks([CheckRecord.from_json(each) for each in wanted.global_checks])
        self.needs_index = True


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
            changing.restore(wanted)
        dataset.version, dataset.n_items = row.version, row.n_items
        made: DatasetVersion = DatasetVersion.all_rows.get(dataset=row, number=row.version)
        return made


def close(version: DatasetVersion) -> None:
    """End an edit session: what reads this version from now on reads the same for ever."""
    version.is_open = False
    version.save(update_fields=["is_open"])


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
