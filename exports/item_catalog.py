"""The export formats of datasets; menus, API, help and tests are made from this list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, BinaryIO, Protocol

from datasets.formats.items import FIELDS
from exports import dataset_csv_statement
from exports.formats import (
    dataset_csv,
    dataset_json,
    inspect_ai,
    openai_samples,
    parquet,
    promptfoo,
    suite_csv,
    suite_json,
    suite_zip,
)
from exports.formats.options import read_options, read_switch
from exports.formats.records import ItemTally
from exports.formats.stored_items import CopiedLines
from exports.formats.suites import SuiteTally
from exports.storing import made_beside

if TYPE_CHECKING:
    from exports.item_contents import ItemFile


WHOLE = ("public_id", *FIELDS)
SUITE = ("public_id", "input", "expected_output", "tags", "files", "context", "checks")


@dataclass(frozen=True, kw_only=True)
class ItemOptions:
    """`spreadsheet_safe` puts a ' before cells that a spreadsheet program would run."""

    spreadsheet_safe: bool = False

    @classmethod
    def parse(cls, values: Mapping[str, object]) -> ItemOptions:
        """The options by name; InvalidOptionsError for what there is not."""
        return cls(**read_options(values, _READ))

    def canonical(self) -> dict[str, bool]:
        """Equal options give equal JSON."""
        return asdict(self)


_READ: dict[str, Callable[[object], bool]] = {
    "spreadsheet_safe": lambda value: read_switch("spreadsheet_safe", value)
}


class WriteItems(Protocol):
    """Pieces that are the file when put together, all text or all bytes."""

    def __call__(self, file: ItemFile) -> Iterator[str] | Iterator[bytes]: ...


@dataclass(frozen=True)
class ItemExportFormat:
    """One format; `version` goes up whenever the same items would give other bytes.

    `for_people` says that a spreadsheet program may open it: it has the switch for that. `fields`
    are those of the records it is given; None when it writes stored items, JSON as text, or
    lines that are `copied` from the database.
    """

    slug: str
    label: str
    suffix: str
    media_type: str
    version: int
    write: WriteItems
    for_people: bool
    help: str
    fields: tuple[str, ...] | None = WHOLE
    copied: Callable[[ItemFile], CopiedLines] | None = None
    row_name: str = "items"


JSONL = "application/x-ndjson"
CSV = "text/csv; charset=utf-8"


def _suite_csv(file: ItemFile) -> Iterator[str]:
    return suite_csv.write(
        file.head,
        file.items,
        is_spreadsheet_safe=file.options.spreadsheet_safe,
        tally=file.suite_tally,
    )


def _dataset_csv(file: ItemFile) -> Iterator[bytes]:
    yield dataset_csv.title_line(file.plan).encode()
    for block in file.items:
        yield block.data
        file.tally.n_rows += block.n_items


def _dataset_csv_lines(file: ItemFile) -> CopiedLines:
    plan, is_safe = file.plan, file.options.spreadsheet_safe
    return CopiedLines(
        lambda rows: dataset_csv_statement.statement(rows, plan, is_safe=is_safe),
        dataset_csv.line_writer(plan, is_safe=is_safe),
    )


def _promptfoo(file: ItemFile) -> Iterator[str]:
    head = file.head
    return promptfoo.write(
        file.items, file.tally, title=head.title, global_checks=head.global_checks
    )


def _suite_zip(file: ItemFile) -> Iterator[bytes]:
    suite = suite_json.write(file.head, file.items, tally=file.suite_tally)

    def write(out: BinaryIO) -> Iterator[object]:
        suite_zip.write(out, "suite.json", suite, file.attachments)
        yield None

    return made_beside(write)


_FORMATS = (
    ItemExportFormat(
        "dataset-csv", "Dataset CSV", ".csv", CSV, 2, _dataset_csv, True,
        "One row per item; edit it in a spreadsheet and import it again by id.",
        None, _dataset_csv_lines,
    ),
    ItemExportFormat(
        "dataset-jsonl", "Dataset JSONL", ".jsonl", JSONL, 2,
        lambda file: dataset_json.write_lines(file.items, file.tally), False,
        "One JSON object per item and line, every value with its type.", None,
    ),
    ItemExportFormat(
        "dataset-json", "Dataset JSON", ".json", "application/json", 2,
        lambda file: dataset_json.write(file.items, file.tally), False,
        "The same as one JSON list.", None,
    ),
    ItemExportFormat(
        "suite-csv", "Suite CSV", ".csv", CSV, 1, _suite_csv, True,
        "Tests with their checks, spread down over rows.", SUITE,
    ),
    ItemExportFormat(
        "suite-json", "Suite JSON", ".json", "application/json", 1,
        lambda file: suite_json.write(file.head, file.items, tally=file.suite_tally), False,
        "Tests with their checks and all that belongs to them.", SUITE,
    ),
    ItemExportFormat(
        "suite-zip", "Suite ZIP", ".zip", "application/zip", 1,
        _suite_zip, False,
        "The suite with its attached files, the only format that carries them.", SUITE,
    ),
    ItemExportFormat(
        "parquet", "Parquet", ".parquet", "application/vnd.apache.parquet", 1,
        lambda file: parquet.write(file.items, file.tally, title=file.head.title), False,
        "One row per item for pandas, Polars and DuckDB.",
    ),
    ItemExportFormat(
        "openai-samples", "OpenAI Evals samples", ".jsonl", JSONL, 1,
        lambda file: openai_samples.write(file.items, file.tally), False,
        "Input messages and the ideal answer, as the OpenAI Evals library reads samples.",
    ),
    ItemExportFormat(
        "inspect", "Inspect dataset", ".jsonl", JSONL, 1,
        lambda file: inspect_ai.write(file.items, file.tally), False,
        "Samples with input and target, as Inspect's json_dataset reads them.",
    ),
    ItemExportFormat(
        "promptfoo", "promptfoo tests", ".jsonl", JSONL, 2, _promptfoo, False,
        "Variables and assertions per test, every text escaped as promptfoo needs it.",
    ),
)  # fmt: skip

ITEM_FORMATS = {each.slug: each for each in _FORMATS}


def counted(suite: SuiteTally, items: ItemTally) -> dict[str, object]:
    """What a file came to hold, by whichever tally its writer kept."""
    skipped = dict(items.skipped)
    if suite.n_without_input:
        skipped["without an input"] = suite.n_without_input
    facts: dict[str, object] = {
        "rows": suite.n_items + items.n_rows,
        "rowsAre": "items",
        "itemsSkipped": sum(skipped.values()),
        "skippedBecause": skipped,
    }
    if suite.n_items:
        facts |= {"checks": suite.n_checks, "globalChecks": suite.n_global_checks}
    if suite.n_untyped_values:
        facts["valuesWithoutType"] = suite.n_untyped_values
    return facts
