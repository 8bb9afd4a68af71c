"""pandas, DuckDB and Polars read the tables of a dataset, and give what was stored."""

import json
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pytest

from datasets.formats.items import ItemRecord
from exports.formats import parquet
from exports.formats.records import ItemTally
from tests.exports.items import BARE, RIVER, SNAPSHOT, hostile_items

# 150 items without times, tags and long texts come first: readers guess types from the first rows.
ITEMS = [BARE._replace(public_id=f"b-{n}") for n in range(150)] + [
    RIVER,
    SNAPSHOT,
    *hostile_items(),
]
_JSON = ("context", "history", "participant_data", "session_state", "checks")


def stored(item: ItemRecord) -> dict[str, Any]:
    """The item as a row; what is JSON text in the file as its value."""
    return {
        "id": item.public_id, "input": item.input, "output": item.output,
        "expected_output": item.expected_output, "context": item.context,
        "history": list(item.history), "participant_data": item.participant_data,
        "session_state": item.session_state, "summary": item.summary, "tags": list(item.tags),
        "created_at": item.created_at, "checks": [check.as_json() for check in item.checks],
        "files": list(item.files),
    }  # fmt: skip


def by_pandas(path: Path) -> list[dict[str, Any]]:
    frame = pd.read_parquet(path)
    times = frame["created_at"]
    frame["created_at"] = times.astype(object).where(times.notna(), None)
    return [row | {"tags": list(row["tags"]), "files": list(row["files"])}
            for row in frame.to_dict("records")]  # fmt: skip


def by_duckdb(path: Path) -> list[dict[str, Any]]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    return connection.read_parquet(str(path)).pl().to_dicts()


def by_polars(path: Path) -> list[dict[str, Any]]:
    return pl.read_parquet(path).to_dicts()


@pytest.mark.parametrize("read", [by_pandas, by_duckdb, by_polars])
def test_parquet_is_read_as_it_was_stored(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "dataset.parquet"
    path.write_bytes(b"".join(parquet.write(ITEMS, ItemTally(), title="Rivers")))
    rows = [row | {key: json.loads(row[key]) for key in _JSON} for row in read(path)]
    assert rows == [stored(item) for item in ITEMS]


@pytest.mark.parametrize("read", [by_pandas, by_duckdb, by_polars])
def test_parquet_without_a_row_is_read_with_its_columns(tmp_path: Path, read: Any) -> None:
    path = tmp_path / "dataset.parquet"
    path.write_bytes(b"".join(parquet.write([], ItemTally())))
    assert read(path) == []
