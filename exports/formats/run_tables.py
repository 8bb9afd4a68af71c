"""A run as plain tables in a ZIP: run, metrics, items and checks, each with one header.

pandas, Polars and DuckDB read them as they are. Members are stored, not compressed again; the same
rows give the same bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from itertools import chain, groupby
from operator import attrgetter
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from evalplatform.spreadsheets import safe_cell
from exports.formats.records import ItemTally
from exports.formats.run_records import Rate, RunBlock, RunHead

if TYPE_CHECKING:
    import pyarrow as pa

Kinds = dict[str, str]  # of each column: word, text, json, int, real, bool, time
Row = dict[str, Any]
RUN: Kinds = {
    "run_id": "word",
    "test_suite_id": "word",
    "test_suite_title": "text",
    "name": "text",
    "status": "word",
    "error_message": "text",
    "error_analysis": "text",
    "completed_at": "time",
    "parameters": "json",
    "percent_of_checks_passed": "real",
    "amount_of_checks_passed": "int",
    "standard_deviation_for_checks_passed": "real",
    "percent_of_tests_passed": "real",
    "amount_of_tests_passed": "int",
    "standard_deviation_for_tests_passed": "real",
    "needs_review_percentage": "real",
}
METRICS: Kinds = {
    "group": "word",
    "name": "text",
    "criteria": "text",
    "category": "text",
    "evaluator": "text",
    "n": "int",
    "passed": "int",
    "fraction": "real",
    "standard_deviation": "real",
    "low": "int",
    "skipped": "int",
    "errors": "int",
}
_OWN_TEXTS = {"test_input", "llm_output"}  # long, and each row's own
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX, _PLAIN_FILE = 3, 0o100644 << 16


def write(
    out: BinaryIO,
    head: RunHead,
    blocks: Iterable[RunBlock],
    kinds: dict[str, Kinds],
    tally: ItemTally,
    *,
    is_parquet: bool = False,
    is_safe: bool = False,
) -> Iterator[None]:
    """Writes the archive, a block a step; `kinds` are the columns of items and checks.

    `is_safe` is for CSV: a ' before what a spreadsheet would run, as the blocks have it.
    """
    kinds = {"run": RUN, "metrics": METRICS, **kinds}
    suffix, write_table = (".parquet", _parquet) if is_parquet else (".csv", _csv)
    small = (
        RunBlock("run", 0, _lines([_run(head)], RUN, is_safe=is_safe)),
        RunBlock("metrics", 0, _lines(_metrics(head), METRICS, is_safe=is_safe)),
    )
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, of_table in groupby(chain(small, blocks), attrgetter("table")):
            with archive.open(_entry(name + suffix), "w", force_zip64=True) as member:
                for n_rows in write_table(member, kinds[name], of_table):
                    tally.n_rows += n_rows if name == "items" else 0
                    yield


def _entry(path: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, _TIME)
    entry.create_system = _UNIX
    entry.external_attr = _PLAIN_FILE
    return entry


# --- CSV ------------------------------------------------------------------------------------------


def _csv(member: IO[bytes], kinds: Kinds, blocks: Iterable[RunBlock]) -> Iterator[int]:
    member.write((",".join(kinds) + "\n").encode())
    for block in blocks:
        member.write(block.data)
        yield block.n_rows


def _lines(rows: Iterable[Row], kinds: Kinds, *, is_safe: bool) -> bytes:
    """The rows as COPY writes them: null is nothing, an empty text is two quotes."""
    return "".join(
        ",".join([_cell(row.get(name), kinds[name], is_safe=is_safe) for name in kinds]) + "\n"
        for row in rows
    ).encode()


def _cell(value: Any, kind: str, *, is_safe: bool) -> str:
    if value is None:
        return ""
    text = json.dumps(value, ensure_ascii=False) if kind == "json" else str(value)
    text = safe_cell(text) if is_safe and kind == "text" else text
    if text and not any(each in text for each in ',"\r\n'):
        return text
    return '"' + text.replace('"', '""') + '"'


# --- Parquet --------------------------------------------------------------------------------------


def _parquet(member: IO[bytes], kinds: Kinds, blocks: Iterable[RunBlock]) -> Iterator[int]:
    """A block a row group; what has keys of its own in each row is JSON text."""
    # Not at the top: it takes 60 MB in every process, and only an export needs it.
    import pyarrow as pa
    from pyarrow import PythonFile, parquet

    # Arrow's own pool keeps what it has once taken; the system's gives it back after each block.
    pa.set_memory_pool(pa.system_memory_pool())
    schema = _schema(kinds)
    with parquet.ParquetWriter(
        PythonFile(member, mode="w"), schema, compression="zstd", use_dictionary=_repeated(kinds)
    ) as writer:
        for block in blocks:
            if block.data:
                writer.write_table(_arrow(block.data, schema))
            yield block.n_rows


def _arrow(data: bytes, schema: pa.Schema) -> pa.Table:
    from pyarrow import csv

    return csv.read_csv(
        io.BytesIO(data),
        # A block is small: more threads would each keep memory of their own.
        read_options=csv.ReadOptions(column_names=schema.names, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=schema,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["true"],
            false_values=["false"],
        ),
    )


def _repeated(kinds: Kinds) -> list[str]:
    """The columns whose values repeat: only there a dictionary is worth its memory."""
    return [name for name in kinds if name not in _OWN_TEXTS]


def _schema(kinds: Kinds) -> pa.Schema:
    import pyarrow as pa

    types = {
        "int": pa.int64(),
        "real": pa.float64(),
        "bool": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
    }
    return pa.schema({name: types.get(kind, pa.string()) for name, kind in kinds.items()})


# --- the small tables -----------------------------------------------------------------------------


def _run(head: RunHead) -> Row:
    figures = head.figures
    return {
        "run_id": head.run_id,
        "test_suite_id": head.suite_id or None,
        "test_suite_title": head.suite_title or None,
        "name": head.name,
        "status": head.status,
        "error_message": head.error_message,
        "error_analysis": head.error_analysis,
        "completed_at": head.completed_at and f"{head.completed_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "parameters": head.parameters,
        "percent_of_checks_passed": figures.checks.fraction,
        "amount_of_checks_passed": figures.n_checks_passed,
        "standard_deviation_for_checks_passed": figures.checks.deviation,
        "percent_of_tests_passed": figures.tests.fraction,
        "amount_of_tests_passed": figures.n_tests_passed,
        "standard_deviation_for_tests_passed": figures.tests.deviation,
        "needs_review_percentage": figures.needs_review,
    }


def _metrics(head: RunHead) -> Iterator[Row]:
    """The whole, then each category, tag and check; a row says in `group` of what it is."""
    yield _metric("tests", {"name": "all"}, head.figures.tests)
    low = {"low": head.figures.n_low}
    yield _metric("checks", {"name": "all"} | low, head.figures.checks)
    for group in ("category", "tag"):
        for each in head.metrics.get(f"by_{group}", ()):
            yield _metric(group, {"name": each["name"]}, Rate(each["passed"], each["n"]))
    for each in head.metrics.get("by_check", ()):
        told = {name: each.get(name) for name in METRICS if name in each}
        yield _metric("check", told | {"name": each["operator"]}, Rate(each["passed"], each["n"]))


def _metric(group: str, told: Row, rate: Rate) -> Row:
    counted = {"n": rate.n, "passed": rate.n_passed, "fraction": rate.fraction}
    return told | {"group": group, "standard_deviation": rate.deviation} | counted
