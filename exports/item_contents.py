"""What a file of a dataset is made of: one version's items, its head and its attached files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from datasets.formats.items import CheckRecord
from datasets.models import Attachment, DatasetItem, DatasetVersion
from evalplatform.scoping.actor import Actor
from exports.formats import suite_zip
from exports.formats.dataset_columns import MORE_FIELDS, ColumnPlan, plan_columns
from exports.formats.records import ItemTally
from exports.formats.suite_zip import ZipFile
from exports.formats.suites import SuiteHead, SuiteTally
from exports.item_catalog import ItemExportFormat, ItemOptions, counted
from exports.item_keys import key_uses
from exports.item_reading import copied_lines, item_records, stored_items
from exports.reading_ahead import AtSnapshot, look_at_nothing, rows_ahead

if TYPE_CHECKING:
    from exports.models import Export


@dataclass
class ItemFile:
    """What a format is given: the suite's head, items in order, and the rest on request."""

    head: SuiteHead
    items: Iterable[Any]  # as the format reads them: records, stored items, or blocks
    options: ItemOptions
    content: ItemsContent
    tally: ItemTally = field(default_factory=ItemTally)
    suite_tally: SuiteTally = field(default_factory=SuiteTally)

    @cached_property
    def plan(self) -> ColumnPlan:
        """The columns of a dataset CSV of these items."""
        return self.content.plan()

    @property
    def attachments(self) -> Iterator[ZipFile]:
        """The files of the dataset, for the archive."""
        return self.content.attachments()


class ItemsContent:
    """One version of a dataset in a format of datasets; rows are its items."""

    n_sessions = None
    at_snapshot: AtSnapshot = staticmethod(look_at_nothing)

    def __init__(self, export: Export, actor: Actor) -> None:
        assert export.dataset is not None
        assert export.dataset_version is not None
        assert isinstance(export.export_format, ItemExportFormat)
        self.dataset = export.dataset
        self.number = export.dataset_version
        self.format = export.export_format
        self.actor = actor
        versions = DatasetVersion.objects.visible_to(actor)
        self.version = versions.get(dataset=self.dataset, number=self.number)
        files = Attachment.objects.visible_to(actor).filter(dataset=self.dataset)
        self.files = list(files.order_by("name", "created_at", "pk"))
        paths = suite_zip.paths((each.name, each.sha256) for each in self.files)
        self.file_names = {each.pk: paths[each.name, each.sha256] for each in self.files}
        checks = tuple(CheckRecord.from_json(each) for each in self.version.global_checks)
        head = SuiteHead(self.dataset.name, self.dataset.description, checks)
        self.file = ItemFile(head, (), ItemOptions.parse(export.options), self)

    @property
    def n_rows(self) -> int:
        return self.file.tally.n_rows + self.file.suite_tally.n_items

    def n_expected(self) -> int:
        return int(self.version.n_items)

    def n_in_database(self, using: str) -> int:
        return int(self.rows().at(self.number).using(using).count())

    @contextmanager
    def pieces(self) -> Iterator[Iterator[str] | Iterator[bytes]]:
        with rows_ahead(self.read, self.at_snapshot) as items:
            self.file.items = items
            yield self.format.write(self.file)

    def facts(self) -> dict[str, Any]:
        dataset = self.dataset
        return counted(self.file.suite_tally, self.file.tally) | {
            "dataset": {"id": str(dataset.pk), "name": dataset.name, "level": dataset.level},
            "version": self.number,
        }

    def rows(self) -> Any:
        """The rows of the version, as far as the actor sees them."""
        return DatasetItem.objects.visible_to(self.actor).filter(dataset=self.dataset)

    def read(self, using: str) -> Iterator[list[Any]]:
        """Yield the items in order, some at a time, as the format wants them."""
        rows = self.rows().at(self.number).in_order()
        if self.format.copied:
            return copied_lines(rows, using, self.format.copied(self.file))
        if self.format.fields is None:
            return stored_items(rows, using)
        fields = self.format.fields
        return item_records(rows, using, fields=fields, file_names=self.file_names)

    def plan(self) -> ColumnPlan:
        """The columns of the JSON fields, from what the database says of their keys."""
        more = more_fields(self.rows().at(self.number))
        return plan_columns(key_uses(self.dataset, self.number), more)

    def attachments(self) -> Iterator[ZipFile]:
        """Each file under the name that the items call it by; opened when its turn comes."""
        for each in self.files:
            yield ZipFile(self.file_names[each.pk], partial(each.file.storage.open, each.file.name))


def more_fields(rows: Any) -> list[str]:
    """The fields that have a column only where some item holds them."""
    return [name for name in MORE_FIELDS if rows.exclude(**{name: ""}).exists()]
