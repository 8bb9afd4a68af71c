"""What an import does with each item of a file: create, update, or leave it as it is.

An item with the id of an item of the dataset is that item. One without an id gets one made of what
it says, so that the same row of the same file is the same item however often it comes. Nothing is
decided twice: the dry run and the commit walk the same way, and `decisions` is a digest of it.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

import msgspec
from django.utils import timezone

from datasets import item_writing
from datasets.editing import Edition
from datasets.formats.columns import REQUIRED
from datasets.formats.item_merging import emptied
from datasets.formats.items import FIELDS, CheckRecord, Item, ItemRecord
from datasets.formats.records import RowError, row_error
from datasets.formats.seen_ids import SeenIds
from datasets.models import Attachment, Dataset, DatasetItem
from datasets.models.dataset_item import CONTENT, STEP
from datasets.stored_items import STORED, Change, StoredItem, differences, record_of
from datasets.word_changes import shown_change
from evalplatform.accounts.models.user import new_id
from evalplatform.scoping.actor import Actor

CHUNK_ITEMS, CHUNK_CHARACTERS = 250, 250_000
LISTED_CHANGES, SHOWN_CHARACTERS = 100, 600
CLASH = (
    "The dataset holds a test with this id already. Choose another id, or tick "
    "“overwrite tests with matching ids”."
)
UNKNOWN = (
    "No item of this dataset has this id. Correct it, or empty the cell to add the row as a new "
    "item."
)
HARDLY_OTHER = (
    "The dataset holds an item whose id differs from this one in case only. Write it as it is "
    "there, or choose another id."
)
# How the stored item and the one of the file become one; the reader's format knows what it covers.
Merge = Callable[[ItemRecord, ItemRecord], ItemRecord]


class Ids(Enum):
    """What an id in the file means.

    KNOWN: an item of the dataset, which is updated; a dataset without items takes any.
    CLASH: the dataset must not hold it. UPSERT: that item if the dataset holds it, else a new one.
    """

    KNOWN = "known"
    CLASH = "clash"
    UPSERT = "upsert"


@dataclass(frozen=True)
class Rules:
    """What the person chose, and what the format says of ids."""

    ids: Ids
    id_column: str
    arrived: str
    merge: Merge


@dataclass
class ItemIntake:
    """One import into one dataset: chunks go in by `take`; `edition` is None in a dry run."""

    by: Actor
    rules: Rules
    dataset: Dataset | None
    edition: Edition | None = None
    counts: Counter[str] = field(default_factory=Counter)
    changed_fields: Counter[str] = field(default_factory=Counter)
    changes: list[dict[str, Any]] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    files: dict[str, uuid.UUID] = field(default_factory=dict)  # those of the file being imported

    def __post_init__(self) -> None:
        self._digest = hashlib.blake2b(digest_size=16)
        self._made_ids = SeenIds()
        self._n_alike: Counter[str] = Counter()
        self._names = self._names_of_files()
        self._takes_ids = self.dataset is None or not self._rows().exists()
        self._position = 0

    @property
    def decisions(self) -> str:
        """A digest of all that was decided so far."""
        return self._digest.hexdigest()

    def take(self, items: Sequence[Item]) -> None:
        """Decide and do one chunk; what cannot be is in `errors`, and the caller rolls back."""
        rows = self._identified(items)
        stored = self._stored([each.public_id for _, each, is_made in rows if not is_made])
        held = self._held([each.public_id for _, each, is_made in rows if is_made])
        new, known = [], []
        for row, each, is_made in rows:
            found = stored.get(each.public_id)
            if is_made and each.public_id in held:
                self._decide("unchanged", each.public_id)
            elif found is None:
                new.append((row, each, is_made))
            elif self.rules.ids is Ids.CLASH:
                self._refuse(row, self.rules.id_column, CLASH, each.public_id)
            else:
                known.append((row, each, found))
        self._create(new)
        self._update(known)

    def _rows(self) -> Any:
        return DatasetItem.objects.visible_to(self.by).filter(dataset=self.dataset).newest()

    def _names_of_files(self) -> dict[uuid.UUID, str]:
        if self.dataset is None:
            return {}
        rows = Attachment.objects.visible_to(self.by).filter(dataset=self.dataset)
        return dict(rows.values_list("pk", "name"))

    def _decide(self, status: str, public_id: str, told: bytes = b"") -> None:
        self.counts[status] += 1
        self._digest.update(f"{status} {public_id}\0".encode() + told)

    # --- ids -----------------------------------------------------------------------------

    def _identified(self, items: Sequence[Item]) -> list[tuple[int, ItemRecord, bool]]:
        """The rows, their records with an id, and whether that id was made of what they say.

        An exported file has made ids in its cells: a copy of such a row without one is another
        item, so the ids of the cells are taken first.
        """
        for row, record in items:
            if looks_made(record.public_id) and self._is_taken(row, record.public_id):
                message = (
                    "A row above without an id says the same and was given this id. "
                    "Move that row below this one, or give it another id."
                )
                self._refuse(row, self.rules.id_column, message, record.public_id)
        return [
            (row, record, False)
            if record.public_id
            else (row, record._replace(public_id=self._made(row, record)), True)
            for row, record in items
        ]

    def _made(self, row: int, record: ItemRecord) -> str:
        made = first = made_id(record)
        while self._is_taken(row, made):
            self._n_alike[first] += 1
            made = made_id(record, self._n_alike[first])
        return made

    def _is_taken(self, row: int, made: str) -> bool:
        return self._made_ids.repetition(row, made, "") is not None

    def _stored(self, public_ids: Sequence[str]) -> dict[str, StoredItem]:
        if self.dataset is None or self._takes_ids or not public_ids:
            return {}
        rows = self._rows().filter(public_id__in=public_ids).values_list(*STORED)
        return {row[1]: StoredItem(*row) for row in rows}

    def _held(self, made_ids: Sequence[str]) -> set[str]:
        """Which ids made of what items say the dataset holds: there is nothing to compare."""
        if self.dataset is None or self._takes_ids or not made_ids:
            return set()
        rows = self._rows().filter(public_id__in=made_ids)
        return set(rows.values_list("public_id", flat=True))

    # --- new ones ------------------------------------------------------------------------

    def _create(self, new: Sequence[tuple[int, ItemRecord, bool]]) -> None:
        taken = []
        for row, record, is_made in new:
            if not is_made and (message := self._why_not_new(record.public_id)):
                self._refuse(row, self.rules.id_column, message, record.public_id)
                continue
            self._decide("create", record.public_id)
            taken.append(record)
        if self.edition is not None and taken:
            self._insert(self.edition, taken)

    def _why_not_new(self, public_id: str) -> str:
        """What keeps an id of the file from being that of a new item, if anything does."""
        if self._takes_ids:
            return ""
        if self.rules.ids is Ids.KNOWN:
            return UNKNOWN
        return HARDLY_OTHER if self._stored_ids.repetition(0, public_id, "") else ""

    @cached_property
    def _stored_ids(self) -> SeenIds:
        """The ids of the dataset, which new ones must not resemble; read when first asked for."""
        seen = SeenIds()
        for public_id in self._rows().values_list("public_id", flat=True).iterator():
            seen.repetition(0, public_id, "")
        return seen

    def _files_of(self, record: ItemRecord) -> list[uuid.UUID]:
        return [self.files[name] for name in record.files]

    def _insert(self, edition: Edition, records: Sequence[ItemRecord]) -> None:
        assert self.dataset is not None
        self._position = self._position or edition.end()
        positions = range(self._position, self._position + len(records) * STEP, STEP)
        head = (
            self.dataset.pk, self.dataset.level, self.rules.arrived, self.by.user.pk,
            edition.number,
        )  # fmt: skip
        rows = (
            (
                new_id(), position, each.public_id,
                item_writing.line(each, self._files_of(each)),
            )
            for each, position in zip(records, positions, strict=True)
        )  # fmt: skip
        item_writing.insert(head, rows, timezone.now())
        self._position += len(records) * STEP
        edition.added(len(records))

    # --- known ones ----------------------------------------------------------------------

    def _update(self, known: Sequence[tuple[int, ItemRecord, StoredItem]]) -> None:
        changed: list[Change] = []
        for row, given, stored in known:
            before = record_of(stored, self._names)
            after = self.rules.merge(before, given)
            is_given = "files" in given.said and after.files == given.files
            files = self._files_of(given) if is_given else stored.files
            differing = differences(before, after, is_other_files=files != stored.files)
            if not differing:
                self._decide("unchanged", given.public_id)
            elif self._may_become(row, before, after):
                self._note_change(row, before, after, differing)
                changed.append(Change(stored, after, files, differing))
        if self.edition is not None and changed:
            self._change(self.edition, changed)

    def _may_become(self, row: int, before: ItemRecord, after: ItemRecord) -> bool:
        """Whether the update takes no required text away."""
        if self.rules.ids is not Ids.KNOWN:
            return True
        for name in emptied(before, after):
            message = "This cell must not become empty. Write what belongs here."
            self._refuse(row, REQUIRED[name], message)
            return False
        return True

    def _note_change(
        self, row: int, before: ItemRecord, after: ItemRecord, differing: frozenset[str]
    ) -> None:
        told = {
            name: [plain(getattr(before, name)), plain(getattr(after, name))]
            for name in FIELDS
            if name in differing
        }
        self._decide("update", before.public_id, msgspec.json.encode(told))
        self.changed_fields.update(told.keys())
        if len(self.changes) < LISTED_CHANGES:
            fields = {name: shown_change(a, b, SHOWN_CHARACTERS) for name, (a, b) in told.items()}
            self.changes.append({"row": row, "id": before.public_id, "fields": fields})

    def _change(self, edition: Edition, changed: Sequence[Change]) -> None:
        assert self.dataset is not None
        edition.writable([each.stored.key for each in changed])
        rows = [(each.stored.key, item_writing.line(each.after, each.files)) for each in changed]
        item_writing.change(self.dataset.pk, rows)
        broken = [each.stored.key for each in changed if not each.names.isdisjoint(CONTENT)]
        if broken:
            item_writing.unlink(self.dataset.pk, broken)
        edition.needs_index = True

    def _refuse(self, row: int, column: str, message: str, value: str = "") -> None:
        self.errors.append(row_error(row, column, message, value))


def looks_made(public_id: str) -> bool:
    """Whether the id may be one that `made_id` made."""
    return len(public_id) == 36 and public_id[14] == "5"


def made_id(record: ItemRecord, n_before: int = 0) -> str:
    """A UUID made of what the record says; equal rows of one file are numbered."""
    said = [getattr(record, name) for name in FIELDS]
    text = msgspec.json.encode([said, n_before], order="sorted")
    return str(uuid.UUID(bytes=hashlib.sha256(text).digest()[:16], version=5))


def plain(value: Any) -> Any:
    """A field's value as JSON holds it, checks as the database keeps them."""
    if isinstance(value, tuple) and value and isinstance(value[0], CheckRecord):
        return [each.as_json() for each in value]
    return msgspec.to_builtins(value)


def shown(value: Any) -> Any:
    """A value short enough to be listed; long texts and data are cut."""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    if len(text) <= SHOWN_CHARACTERS:
        return value
    return f"{text[:SHOWN_CHARACTERS]}…"


def chunks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Items by some hundreds, fewer when they are long, so that memory stays flat."""
    chunk: list[Item] = []
    n_characters = 0
    for item in items:
        chunk.append(item)
        n_characters += len(item.record.input) + len(item.record.output)
        if len(chunk) == CHUNK_ITEMS or n_characters >= CHUNK_CHARACTERS:
            yield chunk
            chunk, n_characters = [], 0
    if chunk:
        yield chunk
