"""The export formats of runs; menus, API, help and tests are made from this list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from exports.formats import run_csv, run_json, run_tables
from exports.formats.options import TableFormat, read_options, read_switch, read_table_format
from exports.run_csv_statement import line_statements
from exports.run_reading import read_blocks, read_lines, read_tests
from exports.run_statements import KINDS, table_statements
from exports.storing import made_beside

if TYPE_CHECKING:
    from exports.run_contents import RunFile


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """`spreadsheet_safe` puts a ' before cells that a spreadsheet program would run."""

    spreadsheet_safe: bool = False
    tables: TableFormat = TableFormat.CSV

    @classmethod
    def parse(cls, values: Mapping[str, object]) -> RunOptions:
        """The options by name; InvalidOptionsError for what there is not."""
        return cls(**read_options(values, _READ))

    def canonical(self) -> dict[str, bool | str]:
        """Equal options give equal JSON."""
        return {name: str(v) if isinstance(v, str) else v for name, v in asdict(self).items()}


_READ: dict[str, Callable[[object], Any]] = {
    "spreadsheet_safe": lambda value: read_switch("spreadsheet_safe", value),
    "tables": read_table_format,
}


@dataclass(frozen=True)
class RunExportFormat:
    """One format; `version` goes up whenever the same run would give other bytes.

    `options` are those that it heeds; `read` gives what it writes, in order, of a run that is
    visible in the snapshot of that connection.
    """

    slug: str
    label: str
    suffix: str
    media_type: str
    version: int
    read: Callable[[Any, RunOptions, str], Iterator[list[Any]]]
    write: Callable[[RunFile], Iterator[str] | Iterator[bytes]]
    options: tuple[str, ...]
    help: str
    row_name: str = "test results"


def _tables(file: RunFile) -> Iterator[bytes]:
    options = file.options
    return made_beside(
        lambda out: run_tables.write(
            out,
            file.head,
            file.rows,
            KINDS,
            file.tally,
            is_parquet=options.tables is TableFormat.PARQUET,
            is_safe=options.spreadsheet_safe,
        )
    )


_FORMATS = (
    RunExportFormat(
        "run-csv", "Run CSV", ".csv", "text/csv; charset=utf-8", 1,
        lambda run, options, using: read_lines(
            run, line_statements(is_safe=options.spreadsheet_safe), using
        ),
        lambda file: run_csv.write(
            file.head, file.rows, file.tally, is_safe=file.options.spreadsheet_safe
        ),
        ("spreadsheet_safe",),
        "The run, then its tests with their checks, spread down over rows.",
    ),
    RunExportFormat(
        "run-json", "Run JSON", ".json", "application/json", 1,
        lambda run, options, using: read_tests(run, using),
        lambda file: run_json.write(file.head, file.rows, file.tally),
        (),
        "The run and its tests with their checks, every value with its type.",
    ),
    RunExportFormat(
        "run-tables", "Run tables", ".zip", "application/zip", 1,
        lambda run, options, using: read_blocks(
            run, table_statements(is_safe=options.spreadsheet_safe), using
        ),
        _tables,
        ("spreadsheet_safe", "tables"),
        "A ZIP of plain tables: run, metrics, tests and checks, for pandas, Polars and DuckDB.",
    ),
)  # fmt: skip

RUN_FORMATS = {each.slug: each for each in _FORMATS}
