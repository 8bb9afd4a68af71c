"""The Parquet file: one row per item, one type per column, a row group at a time."""

import io
import json
from collections.abc import Iterable, Iterator
from typing import Any

from hypothesis import given, settings
from pyarrow import parquet as reader

from datasets.formats.items import CheckRecord, ItemRecord
from exports.formats import parquet
from exports.formats.records import ItemTally
from tests.exports.items import BARE, DATASETS, RIVER, SNAPSHOT, hostile_items


def written(items: Iterable[ItemRecord], **words: str) -> bytes:
    return b"".join(parquet.write(items, ItemTally(), **words))


def rows(items: Iterable[ItemRecord]) -> Any:
    return reader.read_table(io.BytesIO(written(items))).to_pylist()


def restored(row: dict[str, Any]) -> ItemRecord:
    return ItemRecord(
        public_id=row["id"], input=row["input"], output=row["output"],
        expected_output=row["expected_output"], context=json.loads(row["context"]),
        history=tuple(json.loads(row["history"])),
        participant_data=json.loads(row["participant_data"]),
        session_state=json.loads(row["session_state"]), summary=row["summary"],
        tags=tuple(row["tags"]), created_at=row["created_at"],
        checks=tuple(map(CheckRecord.from_json, json.loads(row["checks"]))),
        files=tuple(row["files"]),
    )  # fmt: skip


@settings(deadline=None, max_examples=30)
@given(DATASETS)
def test_every_item_comes_back_as_it_was(items: list[ItemRecord]) -> None:
    assert [restored(row) for row in rows(items)] == items


def test_hostile_texts_and_a_megabyte_come_back_as_they_were() -> None:
    items = hostile_items()
    assert [restored(row) for row in rows(items)] == items


def test_the_same_items_give_the_same_bytes() -> None:
    items = hostile_items()
    assert written(items) == written(iter(items))


def test_columns_have_one_type_also_when_nothing_is_in_them() -> None:
    full = reader.read_schema(io.BytesIO(written([RIVER])))
    assert full == reader.read_schema(io.BytesIO(written([])))
    assert full == reader.read_schema(io.BytesIO(written([BARE, SNAPSHOT])))


def test_the_title_stands_in_the_metadata_of_the_file() -> None:
    schema = reader.read_schema(io.BytesIO(written([RIVER], title="Flüsse")))
    assert schema.metadata[b"title"].decode() == "Flüsse"


def test_every_item_is_a_row_also_one_without_an_input() -> None:
    tally = ItemTally()
    data = b"".join(parquet.write([RIVER, SNAPSHOT], tally))
    assert reader.read_metadata(io.BytesIO(data)).num_rows == 2
    assert (tally.n_rows, tally.n_skipped) == (2, 0)


def test_a_row_group_ends_at_a_number_of_rows_or_of_characters() -> None:
    short = [BARE] * (parquet.MAX_ROWS + 1)
    long = [BARE._replace(output="x" * parquet.MAX_CHARACTERS)] * 2
    groups = reader.ParquetFile(io.BytesIO(written(short + long)))
    sizes = [groups.metadata.row_group(n).num_rows for n in range(groups.num_row_groups)]
    assert sizes == [parquet.MAX_ROWS, 2, 1]


def test_pieces_leave_while_items_are_still_to_come() -> None:
    asked_for = 0

    def items() -> Iterator[ItemRecord]:
        nonlocal asked_for
        for _ in range(3 * parquet.MAX_ROWS):
            asked_for += 1
            yield BARE

    next(parquet.write(items(), ItemTally()))
    assert asked_for == parquet.MAX_ROWS
