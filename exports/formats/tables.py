"""Plain tables in a ZIP, each with one header: CSV, or Parquet with a type for every column.

pandas, Polars and DuckDB read them as they are. Members are stored, not compressed again; the same
rows give the same bytes.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from typing import IO, TYPE_CHECKING, Any, BinaryIO

from evalplatform.spreadsheets import safe_cell
from exports.formats.run_records import RunBlock

if TYPE_CHECKING:
    import pyarrow as pa

Kinds = dict[str, str]  # of each column: word, text, json, int, real, bool, time
Row = Mapping[str, Any]
_OWN_TEXTS = {"test_input", "llm_output"}  # long, and each row's own
_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX, _PLAIN_FILE = 3, 0o100644 << 16


def write_archive(
    out: BinaryIO,
    blocks: Iterable[RunBlock],
    kinds: Mapping[str, Kinds],
    *,
    is_parquet: bool = False,
) -> Iterator[tuple[str, int]]:
    """Writes the archive, a block a step: its table and how many rows it had.

    Blocks of one table stand together; `kinds` are the columns of each.
    """
    suffix, write_table = (".parquet", _parquet) if is_parquet else (".csv", _csv)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, of_table in groupby(blocks, attrgetter("table")):
            with archive.open(_entry(name + suffix), "w", force_zip64=True) as member:
                for n_rows in write_table(member, kinds[name], of_table):
                    yield name, n_rows


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


def lines(rows: Iterable[Row], kinds: Kinds, *, is_safe: bool) -> bytes:
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
