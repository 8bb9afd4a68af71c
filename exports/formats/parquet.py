"""The Parquet file of a dataset: one row per item, with the fields of the dataset JSONL by name."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from datasets.formats.items import ItemRecord
from exports.formats.records import ItemTally

if TYPE_CHECKING:
    import pyarrow as pa

# A row group, which is what is held at a time, ends by whichever comes first: many short items, or
# few long ones.
MAX_ROWS = 5_000
MAX_CHARACTERS = 4_000_000


def write(items: Iterable[ItemRecord], tally: ItemTally, *, title: str = "") -> Iterator[bytes]:
    """The bytes of the file, a row group at a time; the same items give the same bytes.

    One type per column: text, lists of text for tags and files, a time in UTC, and JSON text for
    what has keys of its own in each item (Parquet has no empty objects). No time is null, all else
    is as empty as it was. The title stands in the metadata of the file.
    """
    # Not at the top: it takes 60 MB in every process, and only an export needs it.
    from pyarrow import PythonFile, RecordBatch, parquet

    sink = _Sink()
    schema = _schema({"title": title} if title else None)
    with parquet.ParquetWriter(
        PythonFile(sink, mode="w"), schema, compression="zstd", write_statistics=["id"]
    ) as writer:
        for group in _groups(items):
            writer.write_batch(RecordBatch.from_pylist(group, schema=schema))
            tally.n_rows += len(group)
            yield sink.taken()
    yield sink.taken()


def _schema(metadata: dict[str, str] | None) -> pa.Schema:
    from pyarrow import list_, schema, string, timestamp

    columns = {
        "id": string(),
        "input": string(),
        "output": string(),
        "expected_output": string(),
        "context": string(),
        "history": string(),
        "participant_data": string(),
        "session_state": string(),
        "summary": string(),
        "tags": list_(string()),
        "created_at": timestamp("us", tz="UTC"),
        "checks": string(),
        "files": list_(string()),
    }
    return schema(columns, metadata=metadata)


def _row(item: ItemRecord) -> dict[str, Any]:
    return {
        "id": item.public_id,
        "input": item.input,
        "output": item.output,
        "expected_output": item.expected_output,
        "context": _json(item.context),
        "history": _json(item.history),
        "participant_data": _json(item.participant_data),
        "session_state": _json(item.session_state),
        "summary": item.summary,
        "tags": item.tags,
        "created_at": item.created_at,
        "checks": _json([check.as_json() for check in item.checks]),
        "files": item.files,
    }


def _groups(items: Iterable[ItemRecord]) -> Iterator[list[dict[str, Any]]]:
    """Rows of bounded number and length; a single item longer than the bound is a group alone."""
    group: list[dict[str, Any]] = []
    n_characters = 0
    for item in items:
        row = _row(item)
        n_characters += sum(len(value) for value in row.values() if isinstance(value, str))
        group.append(row)
        if len(group) == MAX_ROWS or n_characters >= MAX_CHARACTERS:
            yield group
            group, n_characters = [], 0
    if group:
        yield group


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


class _Sink(io.RawIOBase):
    """Takes what the Parquet writer writes until it is fetched; it never seeks."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._n_bytes = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._n_bytes

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        self._n_bytes += len(piece)
        return len(piece)

    def taken(self) -> bytes:
        """What was written since the last time."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
