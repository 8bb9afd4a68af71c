"""Import of outputs that were made elsewhere: a dry run says what would be, then a run checks them.

Each output belongs to the items of the dataset with its id, else to those with its question as
their input. Items without an output are reported, and the run is limited to the others. Nothing is
saved while anything is wrong.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from datasets.formats.records import RowError, RowWarning, row_error
from datasets.models import Dataset, DatasetItem
from evalplatform.scoping.actor import Actor
from runs import planning
from runs.formats.catalog import OutputFormat
from runs.formats.outputs import MAX_OUTPUTS, ModelNamed, OutputRecord
from runs.models import EvaluationConfig, Run
from runs.row_making import Output

LISTED, SHOWN = 100, 5
NO_TEST = "No item of the dataset has this input. Write it as the dataset does, or leave it out."
NO_ID = "No item of the dataset has this id, nor this input. Correct it, or leave it out."
TOO_MANY = f"There are more than {MAX_OUTPUTS:,} outputs. Split the file."


@dataclass
class OutputReport:
    """What a dry run found; it may be started when nothing is wrong and something is there."""

    outputs: list[Output] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)
    warnings: list[RowWarning] = field(default_factory=list)
    n_errors: int = 0
    n_warnings: int = 0
    model: str = ""
    n_items: int = 0
    n_matched: int = 0
    missing: list[str] = field(default_factory=list)

    def add(self, found: RowError | RowWarning) -> None:
        """Keep the first hundred of each, and count them all."""
        listed: list[Any] = self.errors if isinstance(found, RowError) else self.warnings
        if isinstance(found, RowError):
            self.n_errors += 1
        else:
            self.n_warnings += 1
        if len(listed) < LISTED:
            listed.append(found)

    @property
    def may_start(self) -> bool:
        return not self.n_errors and self.n_matched > 0

    @property
    def n_missing(self) -> int:
        """How many items of the dataset have no output."""
        return self.n_items - self.n_matched

    @property
    def n_more_errors(self) -> int:
        return self.n_errors - len(self.errors)

    @property
    def shown(self) -> list[Output]:
        """The first outputs, for people."""
        return self.outputs[:SHOWN]


def look_at_file(
    stream: BinaryIO, known: OutputFormat, *, dataset: Dataset, by: Actor, model: str = ""
) -> OutputReport:
    """Read a file and match its outputs to the items of a dataset that the actor sees."""
    report = OutputReport(model=model)
    records = []
    for found in known.read(stream, model=model):
        if isinstance(found, OutputRecord):
            records.append(found)
            if len(records) > MAX_OUTPUTS:
                report.add(row_error(None, "", TOO_MANY))
                break
        elif isinstance(found, ModelNamed):
            report.model = model or found.name
        else:
            report.add(found)
    return look_at(records, report, dataset=dataset, by=by)


def look_at(
    records: Iterable[OutputRecord], report: OutputReport, *, dataset: Dataset, by: Actor
) -> OutputReport:
    """Match outputs to items: each item has at most one, each output at least one item."""
    listed = list(records)
    tests = Tests.of(dataset, by, listed)
    report.n_items = tests.n_items
    given: dict[uuid.UUID, int] = {}
    for record in listed:
        keys, is_by_id = tests.keys_of(record)
        if not keys:
            message = NO_ID if record.identifier else NO_TEST
            said = record.identifier or record.question
            report.add(row_error(record.row, record.column, message, said))
        elif (first := next((given[key] for key in keys if key in given), None)) is not None:
            message = f"The output of row {first} is for the same item. Keep one of the two."
            said = record.identifier or record.question
            report.add(row_error(record.row, record.column, message, said))
        else:
            given |= dict.fromkeys(keys, record.row)
            report.outputs += outputs_of(record, keys if is_by_id else [None])
    report.n_matched = len(given)
    report.missing = tests.names_without(given)
    if not listed and not report.n_errors:
        report.add(row_error(None, "", "There is no output in it. Add one for each item."))
    return report


def outputs_of(record: OutputRecord, keys: Iterable[uuid.UUID | None]) -> Iterator[Output]:
    """The output for these items, or for those with its question when no key is known."""
    for key in keys:
        yield Output(
            response=record.response,
            input=record.question,
            item_key=key,
            title=record.title,
            in_tokens=record.in_tokens,
            out_tokens=record.out_tokens,
            duration=record.duration,
            input_context=record.input_context,
            output_context=record.output_context,
        )


@dataclass
class Tests:
    """The items of the newest version that outputs may belong to."""

    by_id: dict[str, list[uuid.UUID]]
    by_input: dict[str, list[uuid.UUID]]
    n_items: int
    _rows: Any

    @classmethod
    def of(cls, dataset: Dataset, by: Actor, records: Iterable[OutputRecord]) -> Tests:
        """Look through the items once for what the outputs ask for."""
        wanted = {each.question for each in records if each.question}
        ids = {each.identifier for each in records if each.identifier}
        rows = DatasetItem.objects.visible_to(by).filter(dataset=dataset).newest()
        tests = cls({}, {}, 0, rows)
        found = rows.values_list("key", "public_id", "input").iterator(chunk_size=1000)
        for key, public_id, asked in found:
            tests.n_items += 1
            for name in {public_id, str(key)} & ids:
                tests.by_id.setdefault(name, []).append(key)
            if asked in wanted:
                tests.by_input.setdefault(asked, []).append(key)
        return tests

    def keys_of(self, record: OutputRecord) -> tuple[list[uuid.UUID], bool]:
        """The items of an output, and whether its id named them."""
        if found := self.by_id.get(record.identifier):
            return found, True
        return self.by_input.get(record.question, []), False

    def names_without(self, given: dict[uuid.UUID, int]) -> list[str]:
        """The ids of the first items that have no output."""
        if len(given) == self.n_items:
            return []
        names = []
        for key, public_id in self._rows.in_order().values_list("key", "public_id").iterator():
            if key not in given:
                names.append(public_id)
            if len(names) == LISTED:
                break
        return names


def start(
    report: OutputReport,
    *,
    by: Actor,
    dataset: Dataset,
    title: str,
    config: EvaluationConfig | None = None,
    **told: Any,
) -> Run:
    """Start the run of a report that may be started; planning says what else keeps it from that."""
    assert report.may_start
    return planning.start_outputs(
        report.outputs,
        by=by,
        dataset=dataset,
        title=title,
        model=report.model,
        config=config,
        **told,
    )
