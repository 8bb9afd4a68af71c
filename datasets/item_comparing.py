"""Which stored items hold already what a file says of them: asked of the database, chunk by chunk.

Reading every stored item to compare it costs three times what reading the file does, and the same
file again is the common case. Nothing is kept for this beside the items themselves, so nothing can
disagree with them. An item that is not named here may still be the same: texts that differ in their
line ends only are for item_merging to judge.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from datasets.item_writing import VALUES
from datasets.stored_items import LOOKED_UP, looking_up

BATCH_BYTES = 2_000_000
NO_TIME = "infinity"  # a time that is said to be none, where NULL means that nothing is said
# The statement is made of our own column names and of nothing that came from outside.
SAME = f"""
    SELECT i.public_id
    FROM jsonb_to_recordset(%s) AS i(public_id text,
        {", ".join(f"{name} {kind}" for name, kind in VALUES.items())})
    {LOOKED_UP}
        AND (i.created_at IS NULL OR coalesce(d.created_at, '{NO_TIME}') = i.created_at)
        AND {
    " AND ".join(
        f"(i.{name} IS NULL OR d.{name} = i.{name})" for name in VALUES if name != "created_at"
    )
}"""  # noqa: S608


def already_so(dataset_id: uuid.UUID, said: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The ids among `said` (id -> field -> value) whose newest row has every one of the values."""
    if not said:
        return set()
    told = ({"public_id": name, **_kept(values)} for name, values in said.items())
    found: set[str] = set()
    with looking_up() as cursor:
        for batch in _batches(map(msgspec.json.encode, told)):
            cursor.execute(SAME, [batch, dataset_id, dataset_id])
            found.update(row[0] for row in cursor.fetchall())
    return found


def _batches(items: Iterable[bytes]) -> Iterator[str]:
    """The items as JSON lists, short enough for the database to read each at once."""
    batch: list[bytes] = []
    n_bytes = 0
    for item in items:
        if batch and n_bytes + len(item) > BATCH_BYTES:
            yield f"[{b','.join(batch).decode()}]"
            batch, n_bytes = [], 0
        batch.append(item)
        n_bytes += len(item)
    if batch:
        yield f"[{b','.join(batch).decode()}]"


def _kept(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as a row holds them, in JSON."""
    kept = dict(values)
    if "checks" in kept:
        kept["checks"] = [each.as_json() for each in kept["checks"]]
    if "created_at" in kept:
        kept["created_at"] = kept["created_at"] or NO_TIME
    return kept
