"""What an import does with each item of a file: create, update, or leave it as it is.

An item with the id of an item of the dataset is that item. Nothing is decided twice: the dry run
and the commit walk the same way, and `decisions` tells whether they did.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from django.utils import timezone

from datasets import item_writing
from datasets.editing import Edition
from datasets.formats.columns import REQUIRED
from datasets.formats.item_merging import emptied
from datasets.formats.items import Item, ItemRecord
from datasets.formats.records import RowError, row_error
from datasets.formats.seen_ids import SeenIds
from datasets.item_comparing import already_so
from datasets.item_decisions import Decisions
from datasets.item_ids import FileIds, Identified
from datasets.item_order import end
from datasets.models import Attachment, Dataset, DatasetItem
from datasets.models.dataset_item import CONTENT, STEP
from datasets.stored_items import (
    Change,
    StoredItem,
    differences,
    held_ids,
    record_of,
    stored_items,
)
from evalplatform.accounts.models.user import new_id
from evalplatform.scoping.actor import Actor

CHUNK_ITEMS, CHUNK_CHARACTERS = 250, 250_000
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
NO_FILE = uuid.UUID(int=0)  # stands for a file that the dataset does not have
EMPTIED = "This cell must not become empty. Write what belongs here."


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
    """What the person chose, and what the format says of ids.

    `merge` makes one of the stored item and the file's, `said` gives the values that it may put
    there; the reader's format knows what it covers.
    """

    ids: Ids
    id_column: str
    arrived: str
    merge: Callable[[ItemRecord, ItemRecord], ItemRecord]
    said: Callable[[ItemRecord], dict[str, Any]]


@dataclass
class ItemIntake:
    """One import into one dataset: chunks go in by `take`; `edition` is None in a dry run."""

    by: Actor
    rules: Rules
    dataset: Dataset | None
    edition: Edition | None = None
    decisions: Decisions = field(default_factory=Decisions)
    errors: list[RowError] = field(default_factory=list)
    files: dict[str, uuid.UUID] = field(default_factory=dict)  # those of the file being imported

    def __post_init__(self) -> None:
        self._ids = FileIds(self.rules.id_column)
        self._names = self._names_of_files()
        self._takes_ids = self.dataset is None or not self._rows().exists()
        self._position = 0
        self._open = ExitStack()
        self._write: Callable[[str], None] | None = None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around all that is taken: new items are on their way until this ends."""
        with self._open:
            yield
        self._write = None

    def take(self, items: Sequence[Item]) -> None:
        """Decide and do one chunk; what cannot be is in `errors`, and the caller rolls back."""
        self.errors += self._ids.clashes(items)
        rows = self._ids.identified(items)
        held = self._held([each.record.public_id for each in rows])
        known = [each for each in rows if each.record.public_id in held]
        if known:
            self._take_known(known)
        self._create([each for each in rows if each.record.public_id not in held])

    def _rows(self) -> Any:
        rows = DatasetItem.objects.visible_to(self.by).filter(dataset=self.dataset)
        return rows.newest().order_by()

    def _names_of_files(self) -> dict[uuid.UUID, str]:
        if self.dataset is None:
            return {}
        rows = Attachment.objects.visible_to(self.by).filter(dataset=self.dataset)
        return dict(rows.values_list("pk", "name"))

    def _held(self, public_ids: Sequence[str]) -> set[str]:
        """Which of the ids the dataset holds."""
        if self.dataset is None or self._takes_ids:
            return set()
        return held_ids(self.dataset.pk, public_ids)

    def _refuse(self, row: int, column: str, message: str, value: str = "") -> None:
        self.errors.append(row_error(row, column, message, value))

    # --- new ones ------------------------------------------------------------------------

    def _create(self, new: Sequence[Identified]) -> None:
        taken = []
        for row, record, is_made in new:
            if not is_made and (message := self._why_not_new(record.public_id)):
                self._refuse(row, self.rules.id_column, message, record.public_id)
                continue
            self.decisions.note("create", record.public_id)
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
        self._position = self._position or end(edition)
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
        self._send(item_writing.new_lines(head, rows, timezone.now()))
        self._position += len(records) * STEP
        edition.added(len(records))

    def _send(self, lines: str) -> None:
        """Nothing is asked while a dataset without items is filled: all go in one statement."""
        if not self._takes_ids:
            with item_writing.inserting() as write:
                write(lines)
            return
        if self._write is None:
            self._write = self._open.enter_context(item_writing.inserting())
        self._write(lines)

    # --- known ones ----------------------------------------------------------------------

    def _take_known(self, known: Sequence[Identified]) -> None:
        """Update those that the file says something new of; ids made of the text say nothing."""
        if self.rules.ids is Ids.CLASH:
            for row, record, is_made in known:
                if is_made:
                    self.decisions.note("unchanged", record.public_id)
                else:
                    self._refuse(row, self.rules.id_column, CLASH, record.public_id)
            return
        assert self.dataset is not None
        same = {record.public_id for _, record, is_made in known if is_made}
        same |= already_so(
            self.dataset.pk, self._said([each for each in known if not each.is_made])
        )
        others = [each.record.public_id for each in known if each.record.public_id not in same]
        stored = stored_items(self.dataset.pk, others)
        changed = []
        for row, record, _ in known:
            if record.public_id in same:
                self.decisions.note("unchanged", record.public_id)
            elif change := self._change_of(row, record, stored[record.public_id]):
                changed.append(change)
        if self.edition is not None and changed:
            self._change(self.edition, changed)

    def _said(self, known: Sequence[Identified]) -> dict[str, dict[str, Any]]:
        """What the file says of each item, files by their ids."""
        told = {each.record.public_id: self.rules.said(each.record) for each in known}
        for values in told.values():
            if "files" in values:
                values["files"] = [self.files.get(name, NO_FILE) for name in values["files"]]
        return told

    def _change_of(self, row: int, given: ItemRecord, stored: StoredItem) -> Change | None:
        """What becomes of the stored item, noted; None when nothing does, or nothing may."""
        before = record_of(stored, self._names)
        after = self.rules.merge(before, given)
        is_given = "files" in given.said and after.files == given.files
        files = self._files_of(given) if is_given else stored.files
        differing = differences(before, after, is_other_files=files != stored.files)
        if not differing:
            self.decisions.note("unchanged", given.public_id)
            return None
        if not self._may_become(row, before, after):
            return None
        self.decisions.note_update(row, before, after, differing)
        return Change(stored, after, files, differing)

    def _may_become(self, row: int, before: ItemRecord, after: ItemRecord) -> bool:
        """Whether the update takes no required text away."""
        if self.rules.ids is not Ids.KNOWN:
            return True
        for name in emptied(before, after):
            self._refuse(row, REQUIRED[name], EMPTIED)
            return False
        return True

    def _change(self, edition: Edition, changed: Sequence[Change]) -> None:
        assert self.dataset is not None
        edition.writable([each.stored.key for each in changed])
        rows = [(each.stored.key, item_writing.line(each.after, each.files)) for each in changed]
        item_writing.change(self.dataset.pk, rows)
        broken = [each.stored.key for each in changed if not each.names.isdisjoint(CONTENT)]
        if broken:
            item_writing.unlink(self.dataset.pk, broken)
        edition.needs_index = True


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
