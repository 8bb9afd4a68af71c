"""What the API does to items: makes, changes and removes them, all that are named or none."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError

from datasets.api.bulk_bodies import RowsChangedError, refuse_rows
from datasets.api.item_serializers import item_tag
from datasets.editing import Edition, edition
from datasets.formats.fields import Findings
from datasets.formats.ids import OnceEach
from datasets.formats.item_objects import OF_MESSAGES, as_id, read_new, read_values, row_values
from datasets.formats.items import CheckRecord, ItemRecord
from datasets.formats.records import RowError, RowWarning, row_error
from datasets.item_querysets import plain_id
from datasets.models import Dataset, DatasetItem
from datasets.revising import GONE, TAKEN, Revision, Wish, is_taken_id
from evalplatform.errors import Conflict, RowsRefusedError
from evalplatform.scoping.actor import Actor

SNAPSHOTS = (
    "This dataset is made of whole sessions: its items are cloned from sessions, not written."
)
OF_SNAPSHOT = "The items of this dataset are whole sessions: this cannot be changed. Leave it out."
CHANGED = "This item has changed since. Load it again."
Before = Callable[[Dataset], None]  # raises when the locked dataset is not what the caller saw


@dataclass
class ItemChanges:
    """Changes of one dataset by one actor; `files` are its attachments that the body names."""

    dataset: Dataset
    by: Actor
    files: Collection[uuid.UUID] = ()
    before: Before = lambda dataset: None
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    is_repeated: bool = False

    @property
    def is_of_sessions(self) -> bool:
        return self.dataset.level == Dataset.Level.SESSION

    def add(self, elements: Sequence[Any], keys: Sequence[uuid.UUID] = ()) -> list[DatasetItem]:
        """Append new items. Raises RowsRefusedError with every fault of all of them.

        `keys` are those that a call made before if it is the same call: one more than elements.
        """
        if self.is_of_sessions:
            raise Conflict(SNAPSHOTS)
        records = [self._new(row, value) for row, value in enumerate(elements, 1)]
        with edition(self.dataset, by=self.by) as changing:
            if made := self._made_before(changing, keys):
                return made
            self.before(changing.dataset)
            self._refuse_ids(changing, records)
            refuse_rows(self.errors, kind=RowsRefusedError)
            files = {str(each): each for each in self.files}
            by_hand = DatasetItem.Arrived.MANUAL
            return changing.add(records, arrived=by_hand, files=files, keys=keys[:-1])

    def _made_before(self, changing: Edition, keys: Sequence[uuid.UUID]) -> list[DatasetItem]:
        """What the same call has made; Conflict when it was about another number of items."""
        rows = changing.revisions().filter(key__in=keys).order_by("from_version") if keys else ()
        there = {row.key: row for row in rows}
        if there and there.keys() != set(keys[:-1]):
            raise Conflict("This Idempotency-Key was used for other items: take another one.")
        self.is_repeated = bool(there)
        return [there[key] for key in keys[:-1]] if there else []

    def _new(self, row: int, value: Any) -> ItemRecord:
        found = Findings(row)
        record = read_new(found, value, self.files)
        self._keep(found)
        return record

    def _refuse_ids(self, changing: Edition, records: Sequence[ItemRecord]) -> None:
        wanted = [record.public_id for record in records if record.public_id]
        held = changing.rows().with_ids_like(wanted).values_list("public_id", flat=True)
        taken = {plain_id(name) for name in held} if wanted else set()
        for row, record in enumerate(records, 1):
            plain = plain_id(record.public_id)
            if plain in taken:
                self.errors.append(row_error(row, "publicId", TAKEN, record.public_id))
            elif plain:
                taken.add(plain)

    def change(self, elements: Sequence[Any]) -> int:
        """Change the items that the elements name by id; how many differ then."""
        wishes = [self._wish(row, value) for row, value in enumerate(elements, 1)]
        named: set[uuid.UUID] = set()
        for wish in wishes:
            if wish.key in named:
                self.errors.append(row_error(wish.row, "id", "This item is named above already."))
            named.add(wish.key)
        tags = {row: value.get("etag") for row, value in enumerate(elements, 1)
                if isinstance(value, dict)}  # fmt: skip
        return self._save(wishes, tags)

    def _wish(self, row: int, value: Any) -> Wish:
        found = Findings(row)
        key = as_id(value.get("id")) if isinstance(value, dict) else None
        if key is None:
            found.error("id", "There is no id here. Write the id of an item of the dataset.")
        values = self._values(found, value, also=("id", "etag"))
        self._keep(found)
        return Wish(row, key or uuid.UUID(int=row), values)

    def change_one(self, key: uuid.UUID, value: Any, match: Callable[[DatasetItem], None]) -> int:
        """Change one item, when `match` lets the row pass; whether it differs then."""
        found = Findings(1)
        values = self._values(found, value)
        self._keep(found)
        refuse_rows(self.errors, kind=RowsRefusedError)
        return self._save([Wish(1, key, values)], {}, match)

    def set_checks(
        self, key: uuid.UUID, checks: Sequence[CheckRecord], match: Callable[[DatasetItem], None]
    ) -> int:
        """Replace the checks of one item."""
        return self._save([Wish(1, key, row_values({"checks": tuple(checks)}))], {}, match)

    def _values(self, found: Findings, value: Any, also: tuple[str, ...] = ()) -> dict[str, Any]:
        values = row_values(read_values(found, value, self.files, also=also))
        if self.is_of_sessions and isinstance(value, dict):
            for key in [key for key in OF_MESSAGES if key in value]:
                found.error(key, OF_SNAPSHOT)
        return values

    def _save(
        self,
        wishes: list[Wish],
        tags: dict[int, Any],
        match: Callable[[DatasetItem], None] = lambda row: None,
    ) -> int:
        try:
            with edition(self.dataset, by=self.by) as changing:
                self.before(changing.dataset)
                revision = Revision(changing, wishes)
                refuse_rows(self.errors + revision.errors, kind=RowsRefusedError)
                refuse_rows(_changed_since(revision, tags), kind=RowsChangedError)
                for wish in wishes:
                    match(revision.rows[wish.key])
                return revision.save()
        except IntegrityError as error:
            if not is_taken_id(error):
                raise
            raise ValidationError(
                {"publicId": "Two items would have the same id, or ids that differ in case only."}
            ) from error

    def remove(self, keys: Sequence[uuid.UUID]) -> int:
        """Take items out; all of them must be there."""
        with edition(self.dataset, by=self.by) as changing:
            self.before(changing.dataset)
            there = set(changing.rows().filter(key__in=keys).values_list("key", flat=True))
            gone = [
                row_error(row, "id", GONE, str(key))
                for row, key in enumerate(keys, 1)
                if key not in there
            ]
            refuse_rows(gone, kind=RowsRefusedError)
            return changing.remove(keys)

    def _keep(self, found: Findings) -> None:
        self.errors += found.errors
        self.warnings += found.warnings

    def told(self) -> list[RowWarning]:
        """The warnings, each once."""
        return list(OnceEach().fresh(self.warnings))[:100]


def _changed_since(revision: Revision, tags: dict[int, Any]) -> list[RowError]:
    """The rows whose etag is not that of the item as it is now."""
    return [
        row_error(wish.row, "etag", CHANGED, str(tags[wish.row]))
        for wish in revision.wishes
        if tags.get(wish.row) is not None and tags[wish.row] != item_tag(revision.rows[wish.key])
    ]
