"""The export formats of runs; menus, API, help and tests are made from this list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from exports.formats import run_csv, run_json, run_tables
from exports.formats.options import InvalidOptionsError, read_switch
from exports.run_csv_statement import line_statements
from exports.run_reading import read_blocks, read_lines, read_tests
from exports.run_statements import KINDS, table_statements
from exports.storing import temporary_file

if TYPE_CHECKING:
    from exports.run_contents import RunFile

BLOCK = 256 * 1024


class TableFormat(StrEnum):
    """What the tables of a run are."""

    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """`spreadsheet_safe` puts a ' before cells that a spreadsheet program would run."""

    spreadsheet_safe: bool = False
    tables: TableFormat = TableFormat.CSV

    @classmethod
    def parse(cls, values: Mapping[str, object]) -> RunOptions:
        """The options by name; InvalidOptionsError for what there is not."""
        errors = {
            name: f"There is no option {name!r}; there are spreadsheet_safe and tables."
            for name in values
            if name not in _READ
        }
        read: dict[str, bool | TableFormat] = {}
        for name, value_of in _READ.items():
            try:
                if name in values:
                    read[name] = value_of(values[name])
            except ValueError as error:
                errors[name] = str(error)
        if errors:
            raise InvalidOptionsError(errors)
        return cls(**read)  # type: ignore[arg-type]

    def canonical(self) -> dict[str, bool | str]:
        """Equal options give equal JSON."""
        return {name: str(v) if isinstance(v, str) else v for name, v in asdict(self).items()}


def _table_format(value: object) -> TableFormat:
    if value not in list(TableFormat):
        raise ValueError(f"tables is one of {', '.join(TableFormat)}.")
    return TableFormat(str(value))


_READ: dict[str, Callable[[object], bool | TableFormat]] = {
    "spreadsheet_safe": lambda value: read_switch("spreadsheet_safe", value),
    "tables": _table_format,
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
    """The archive, made beside first: it wants to be written, not asked for pieces."""
    options = file.options
    with temporary_file() as out:
        for _ in run_tables.write(
            out,
            file.head,
            file.rows,
            KINDS,
            file.tally,
            is_parquet=options.tables is TableFormat.PARQUET,
            is_safe=options.spreadsheet_safe,
        ):
            yield b""
        out.seek(0)
        while block := out.read(BLOCK):
            yield block


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
