"""Reading of one version of a dataset for a file, a page at a time, never all at once.

JSON and times leave the database as text: reading that here takes a fifth of what Django's fields
take, which would be more than the rest of the row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from django.db import connections
from django.db.models import BigIntegerField, F, TextField, Value
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThan

from datasets.formats.columns import OBJECTS
from datasets.formats.items import CheckRecord, ItemRecord
from datasets.models import Attachment, DatasetItem, DatasetVersion
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.keyset import Row
from exports.formats import suite_zip
from exports.formats.dataset_columns import MORE_FIELDS, ColumnPlan, KeyUse, plan_columns
from exports.formats.records import ItemTally
from exports.formats.suite_zip import ZipFile
from exports.formats.suites import SuiteHead, SuiteTally
from exports.item_catalog import ItemExportFormat, ItemOptions, counted
from exports.reading_ahead import rows_ahead
from exports.source import IsoText

if TYPE_CHECKING:
    from exports.models import Export

A_PAGE = 250
BEFORE_ALL = (-(2**63), -(2**63) + 1)  # position and id that no item has
COLUMNS = (
    "position", "id", "public_id", "input", "output", "expected_output", "context_text",
    "history_text", "participant_text", "state_text", "summary", "tags", "time_text",
    "checks_text", "files",
)  # fmt: skip
TEXTS = {
    "context_text": Cast("context", TextField()),
    "history_text": Cast("history", TextField()),
    "participant_text": Cast("participant_data", TextField()),
    "state_text": Cast("session_state", TextField()),
    "checks_text": Cast("checks", TextField()),
    "time_text": IsoText("created_at"),
}
_decode = msgspec.json.decode
KEYS = """
    SELECT %(name)s, k.key,
           bool_or(jsonb_typeof(k.value) IN ('number', 'boolean', 'null')),
           bool_or(jsonb_typeof(k.value) = 'string' AND (k.value #>> '{{}}') !~ '\\S'),
           bool_or(jsonb_typeof(k.value) = 'string' AND (k.value #>> '{{}}') ~ '^\\s*[\\[{{]')
    FROM datasets_datasetitem i, jsonb_each(i.{name}) k
    WHERE i.dataset_id = %(dataset)s AND i.from_version <= %(version)s
      AND (i.until_version IS NULL OR i.until_version > %(version)s) AND i.{name} <> '{{}}'
    GROUP BY k.key"""


@dataclass
class ItemFile:
    """What a format is given: the suite's head, items in order, and the rest on request."""

    head: SuiteHead
    items: Iterable[ItemRecord]
    options: ItemOptions
    content: ItemsContent
    tally: ItemTally = field(default_factory=ItemTally)
    suite_tally: SuiteTally = field(default_factory=SuiteTally)

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

    @contextmanager
    def pieces(self) -> Iterator[Iterator[str] | Iterator[bytes]]:
        with rows_ahead(self.read) as items:
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

    def read(self, using: str) -> Iterator[list[ItemRecord]]:
        """Yield the items in order, by pages; the last row names where the next begins.

        The statement is made once: making it for each page takes as long as the page.
        """
        statement, told = self._statement(using)
        at = told.index(BEFORE_ALL[0])
        with connections[using].cursor() as cursor:
            while True:
                cursor.execute(statement, told)
                page = cursor.fetchall()
                if page:
                    yield [self._record(row) for row in page]
                if len(page) < A_PAGE:
                    return
                told = (*told[:at], *page[-1][:2], *told[at + 2 :])

    def _statement(self, using: str) -> tuple[str, tuple[Any, ...]]:
        """A page of what the actor sees, and its values, BEFORE_ALL beside each other."""
        start = (Value(each, BigIntegerField()) for each in BEFORE_ALL)
        beyond = GreaterThan(Row(F("position"), F("id")), Row(*start))
        rows = self.rows().at(self.number).in_order().annotate(**TEXTS).filter(beyond)
        return rows.values_list(*COLUMNS)[:A_PAGE].query.get_compiler(using).as_sql()  # type: ignore[no-any-return]

    def _record(self, row: tuple[Any, ...]) -> ItemRecord:
        (
            _, _, public_id, input_, output, expected, context, history, participant, state,
            summary, tags, created_at, checks, files,
        ) = row  # fmt: skip
        return ItemRecord(
            public_id,
            input_,
            output,
            expected,
            {} if context == "{}" else _decode(context),
            () if history == "[]" else tuple(_decode(history)),
            {} if participant == "{}" else _decode(participant),
            {} if state == "{}" else _decode(state),
            summary,
            tuple(tags),
            datetime.fromisoformat(created_at) if created_at else None,
            ()
            if checks == "[]"
            else tuple([CheckRecord.from_json(each) for each in _decode(checks)]),
            tuple([self.file_names[pk] for pk in files]),
        )

    def plan(self) -> ColumnPlan:
        """The columns of the JSON fields, from what the database says of their keys."""
        uses = []
        told: dict[str, Any] = {"dataset": self.dataset.pk, "version": self.number}
        with connections["default"].cursor() as cursor:
            for name in OBJECTS:
                cursor.execute(KEYS.format(name=name), told | {"name": name})
                uses += [KeyUse(*row) for row in cursor.fetchall()]
        more = [n for n in MORE_FIELDS if self.rows().at(self.number).exclude(**{n: ""}).exists()]
        return plan_columns(uses, more)

    def attachments(self) -> Iterator[ZipFile]:
        """Each file under the name that the items call it by; opened when its turn comes."""
        for each in self.files:
            yield ZipFile(self.file_names[each.pk], partial(each.file.storage.open, each.file.name))
