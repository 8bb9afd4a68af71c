"""Import of a file of items into a dataset, by the two turns of import_turns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

from datasets import import_turns
from datasets.attaching import known_files, storing
from datasets.editing import Edition, edition
from datasets.formats import catalog
from datasets.formats.item_merging import WHOLE_FIELDS, merged, said
from datasets.formats.items import (
    FIELDS,
    AttachmentRecord,
    CheckRecord,
    FieldCoverage,
    GlobalCheck,
    Item,
    ItemFinding,
    ItemRecord,
    SuiteTitle,
)
from datasets.formats.options import ReadOptions
from datasets.formats.report import Report
from datasets.import_turns import LookAgain, Tell, opened, still_held
from datasets.item_decisions import plain, shown
from datasets.item_intake import Ids, ItemIntake, Rules, chunks
from datasets.models import Dataset, DatasetImport, DatasetItem, DatasetVersion
from evalplatform.accounts.models.user import BLANK, HIDDEN, tidy_name
from evalplatform.jobs.kinds import JobRefusedError, job_kind
from evalplatform.jobs.running import Turn
from evalplatform.scoping.actor import Actor

PREVIEWED = 10
KIB = 1024
COUNTED = ("counts", "items", "global_checks", "attachments", "n_errors", "decisions")
UNTITLED = "Imported dataset"
SUITES = ("suite-csv", "suite-json", "suite-zip")
ID_COLUMNS = {"suite-csv": "Test Id", "suite-zip": "Test Id"}
CLEARING = "empty_cells_clear"
SPACING = {"Cc", "Zl", "Zp"}  # line ends and tabs


@job_kind(DatasetImport.CHECK_KIND)
def check_dataset_import(turn: Turn) -> dict[str, Any] | None:
    """Dry run of a file of items."""
    return summary(turn, import_turns.check(turn, DatasetImport, look_at))


@job_kind(DatasetImport.COMMIT_KIND)
def commit_dataset_import(turn: Turn) -> dict[str, Any] | None:
    """Save a file of items as one version."""
    return summary(turn, import_turns.commit(turn, DatasetImport, save_all))


def look_at(row: DatasetImport, turn: Turn, tell: Tell) -> dict[str, Any]:
    """What taking the file in would do."""
    if row.dataset_id is not None:
        refuse_unless_message_level(dataset_of(row, turn.actor))
    return Walk(row, turn.actor, tell).report()


def save_all(row: DatasetImport, turn: Turn, tell: Tell) -> dict[str, Any]:
    """Take the file in as one version; LookAgain when that is not what the person looked at."""
    actor = turn.actor
    dataset = dataset_of(row, actor) if row.dataset_id else new_dataset(row, actor)
    refuse_unless_message_level(dataset)
    title = row.title or f"Import of {row.file_name}"[:200]
    with edition(dataset, by=actor, kind=DatasetVersion.Kind.IMPORT, title=title) as changing:
        walk = Walk(row, actor, tell, changing)
        with walk.storing_files():
            report = walk.report()
            if any(report[key] != row.report[key] for key in COUNTED):
                raise LookAgain
            held = still_held(row, turn)
            held.dataset, held.version = dataset, changing.dataset.version
            held.save(update_fields=["dataset", "version"])
            held.finish_commit(report)
    return report


def dataset_of(row: DatasetImport, actor: Actor) -> Dataset:
    """The dataset of the import, if its person may still change it."""
    found: Dataset | None = Dataset.objects.editable_by(actor).filter(pk=row.dataset_id).first()
    if found is None:
        raise JobRefusedError("You may not change this dataset any more, or it is deleted.")
    return found


def new_dataset(row: DatasetImport, actor: Actor) -> Dataset:
    """The dataset that the import makes, named by the person, else by the file."""
    told = row.report.get("suite") or {}
    name = plain_name(row.new_name) or plain_name(told.get("title", "")) or UNTITLED
    return Dataset.create(
        name=name, description=told.get("description", ""), level=Dataset.Level.MESSAGE, by=actor
    )


def plain_name(text: str) -> str:
    """A name out of a file, without the characters that names may not hold."""
    spaced = "".join(" " if unicodedata.category(c) in SPACING else c for c in text)
    kept = (c for c in spaced if c not in BLANK and unicodedata.category(c) not in HIDDEN)
    return tidy_name("".join(kept))[:200].strip()


def refuse_unless_message_level(dataset: Dataset) -> None:
    """Files hold items of message level only."""
    if dataset.level != Dataset.Level.MESSAGE:
        raise JobRefusedError(
            "A session-level dataset is made of sessions: clone sessions into it instead."
        )


def summary(turn: Turn, report: dict[str, Any] | None) -> dict[str, Any] | None:
    """Show the bar full, and give the numbers as the job's result."""
    if report is None or "counts" not in report:
        return report
    n_items = report["counts"]["items"]
    turn.mine().update(n_done=n_items, n_expected=n_items)
    return {key: report[key] for key in ("ok", "counts", "items", "n_errors")}


class Walk:
    """One walk through the file of an import: dry, or into the edition that is given."""

    def __init__(
        self, row: DatasetImport, by: Actor, tell: Tell, changing: Edition | None = None
    ) -> None:
        self.row = row
        self.by = by
        self.tell = tell
        self.changing = changing
        self.dataset = changing.dataset if changing else row.dataset
        self.found = Report(format=row.format)
        self.coverage = WHOLE_FIELDS
        self.global_checks: list[CheckRecord] = []
        self.attachments: list[AttachmentRecord] = []
        self.suite: SuiteTitle | None = None
        self.preview: list[dict[str, Any]] = []
        rules = Rules(
            ids=self._ids(),
            id_column=ID_COLUMNS.get(row.format, "id"),
            arrived=self._arrived(),
            merge=self._merge,
            said=self._said,
        )
        self.intake = ItemIntake(by, rules, self.dataset, changing)
        if changing is not None:
            self.intake.files = known_files(self.dataset, self._reported_files(), by)

    def _ids(self) -> Ids:
        if self.row.format in SUITES:
            return Ids.UPSERT if self.row.options.get("overwrite") else Ids.CLASH
        return Ids.KNOWN if self.row.format.startswith("dataset-") else Ids.UPSERT

    def _arrived(self) -> str:
        is_suite = self.row.format in SUITES
        return DatasetItem.Arrived.SUITE if is_suite else DatasetItem.Arrived.CSV

    def _clears(self) -> bool:
        return self.row.format in SUITES or bool(self.row.options.get(CLEARING))

    def _merge(self, stored: ItemRecord, given: ItemRecord) -> ItemRecord:
        return merged(stored, given, self.coverage, empty_cells_clear=self._clears())

    def _said(self, given: ItemRecord) -> dict[str, Any]:
        return said(given, self.coverage, empty_cells_clear=self._clears())

    def _reported_files(self) -> list[AttachmentRecord]:
        return [AttachmentRecord(*each) for each in self.row.report.get("files", ())]

    def storing_files(self) -> Any:
        """Store the files that the dry run listed, before items that name them."""
        assert self.dataset is not None
        records = self._reported_files()
        return storing(self.dataset, records, self.intake.files, self._open_file)

    @contextmanager
    def _open_file(self, name: str) -> Iterator[BinaryIO]:
        from datasets.formats import suite_zip

        with opened(self.row) as stream, suite_zip.open_attachment(stream, name) as data:
            yield data

    def report(self) -> dict[str, Any]:
        """Walk through the whole file and say all there is to know about it."""
        with opened(self.row) as stream, self.intake.writing():
            for chunk in chunks(self._items(stream)):
                if self.changing is None:
                    self._know_files()
                self.intake.take(chunk)
                self._note_refusals()
                self.tell(*self._progress(stream))
        n_new_checks = self._take_global_checks()
        decided = self.intake.decisions
        return self.found.as_json() | {
            "n_errors": len(self.found.errors) + self.found.n_more_errors,
            "n_more_warnings": self.found.n_more_warnings,
            "items": {key: decided.counts[key] for key in ("create", "update", "unchanged")},
            "global_checks": {
                "create": n_new_checks,
                "unchanged": len(self.global_checks) - n_new_checks,
            },
            "attachments": len(self.attachments),
            "files": [list(each) for each in self.attachments],
            "changed_fields": dict(decided.changed_fields),
            "changes": decided.changes,
            "decisions": decided.digest,
            "suite": self.suite._asdict() if self.suite else None,
            "preview": self.preview,
        }

    def _items(self, stream: BinaryIO) -> Iterator[Item]:
        """The items of the file; everything else that is found is put where it belongs."""
        options = ReadOptions.from_json(self.row.options)
        found: ItemFinding
        for found in catalog.named_items(self.row.format).read(stream, options=options):
            self.found.add(found)
            if isinstance(found, Item):
                if len(self.preview) < PREVIEWED:
                    self.preview.append(previewed(found))
                yield found
            elif isinstance(found, FieldCoverage):
                self.coverage = found
            elif isinstance(found, GlobalCheck):
                self.global_checks.append(found.check)
            elif isinstance(found, AttachmentRecord):
                self.attachments.append(found)
            elif isinstance(found, SuiteTitle):
                self.suite = found

    def _know_files(self) -> None:
        new = [each for each in self.attachments if each.name not in self.intake.files]
        self.intake.files.update(known_files(self.dataset, new, self.by))

    def _note_refusals(self) -> None:
        """Put what the intake refused beside what the reader did; a commit ends there."""
        for error in self.intake.errors:
            self.found.add(error)
        if self.intake.errors and self.changing is not None:
            raise LookAgain
        self.intake.errors.clear()

    def _take_global_checks(self) -> int:
        """Append the checks on every item that the dataset does not have yet; how many."""
        has = []
        if self.dataset is not None:
            newest = DatasetVersion.objects.visible_to(self.by).filter(
                dataset=self.dataset, number=self.dataset.version
            )
            kept = newest.values_list("global_checks", flat=True).get()
            has = [CheckRecord.from_json(each) for each in kept]
        new = [each for each in dict.fromkeys(self.global_checks) if each not in has]
        if self.changing is not None and new:
            self.changing.set_global_checks([*has, *new])
        return len(new)

    def _progress(self, stream: BinaryIO) -> tuple[int, int, str]:
        """How far: in KiB of the file while checking, in items once their number is known."""
        name = self.row.file_name
        if self.changing is None:
            return stream.tell() // KIB, self.row.n_bytes // KIB, f"Checking {name} (KiB)"[:200]
        n_expected = self.row.report["counts"]["items"]
        return (
            sum(self.intake.decisions.counts.values()),
            n_expected,
            f"Saving {name} (items)"[:200],
        )


def previewed(item: Item) -> dict[str, Any]:
    """An item of the file as it will become, cut to what a page shows."""
    record = {
        name: shown(value)
        for name in ("public_id", *FIELDS)
        if (value := plain(getattr(item.record, name))) not in ("", {}, [], None)
    }
    return {"row": item.row, **record}
