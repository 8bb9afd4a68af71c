"""pandas, DuckDB and Polars read dataset CSV and JSON Lines text by text."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from datasets.formats.items import ItemRecord
from exports.formats import dataset_csv, dataset_json
from exports.formats.records import ItemTally
from tests.exports.items import BARE, RIVER, hostile_items
from tests.exports.stored import plan_for, stored

ITEMS = [BARE._replace(public_id=f"b-{n}", input="0012", output="NA") for n in range(150)] + [
    RIVER,
    *(each for each in hostile_items() if len(each.input) + len(each.output) < 100_000),
]
Rows = list[tuple[str, str, str]]
Read = Callable[[Path], Rows]
CSV_TITLES = ["id", "Human Message", "AI Response"]
KEYS = ["id", "input", "output"]


def expected(items: list[ItemRecord]) -> Rows:
    return [(each.public_id, each.input, each.output) for each in items]


def rows_of(frame: Any, columns: list[str]) -> Rows:
    return [tuple(row) for row in frame[columns].to_numpy().tolist()]


def csv_by_pandas(path: Path) -> Rows:
    frame = pd.read_csv(path, dtype=str, keep_default_na=False, lineterminator="\n")
    return rows_of(frame, CSV_TITLES)


def csv_by_duckdb(path: Path) -> Rows:
    names = ", ".join(f"coalesce(\"{name}\", '')" for name in CSV_TITLES)
    options = "all_varchar=true, header=true, quote='\"', escape='\"'"
    query = f"SELECT {names} FROM read_csv(?, {options})"
    return duckdb.connect().execute(query, [str(path)]).fetchall()


def csv_by_polars(path: Path) -> Rows:
    frame = pl.read_csv(path, infer_schema=False)
    return frame.select(CSV_TITLES).fill_null("").rows()


def lines_by_pandas(path: Path) -> Rows:
    return rows_of(pd.read_json(path, lines=True, dtype=False), KEYS)


def lines_by_duckdb(path: Path) -> Rows:
    query = f"SELECT {', '.join(KEYS)} FROM read_json(?, format='newline_delimited')"
    return duckdb.connect().execute(query, [str(path)]).fetchall()


def lines_by_polars(path: Path) -> Rows:
    return pl.read_ndjson(path, infer_schema_length=None).select(KEYS).rows()


@pytest.mark.parametrize("read", [csv_by_pandas, csv_by_duckdb, csv_by_polars])
def test_dataset_csv_is_read_text_by_text(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "dataset.csv"
    pieces = dataset_csv.write(stored(ITEMS), ItemTally(), plan=plan_for(ITEMS))
    path.write_bytes("".join(pieces).encode())
    assert read(path) == expected(ITEMS)


@pytest.mark.parametrize("read", [lines_by_pandas, lines_by_duckdb, lines_by_polars])
def test_dataset_json_lines_are_read_text_by_text(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "dataset.jsonl"
    path.write_bytes(b"".join(dataset_json.write_lines(stored(ITEMS), ItemTally())))
    assert read(path) == expected(ITEMS)
