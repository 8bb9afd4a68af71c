"""The evidence of a review as plain tables in a ZIP: reviews, answers, exposures, adjudications and
agreement, each with one header.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, BinaryIO

from exports.formats.records import ItemTally
from exports.formats.run_records import RunBlock
from exports.formats.tables import Kinds, lines, write_archive
from exports.review_table_statements import TABLES

AGREEMENT: Kinds = {
    "figure": "word",
    "metric": "word",
    "about": "text",
    "value": "real",
    "reason": "word",
    "se": "real",
    "ci_low": "real",
    "ci_high": "real",
    "n": "int",
}
KINDS: dict[str, Kinds] = {
    **{name: {column: kind for column, _, kind in columns} for name, columns in TABLES.items()},
    "agreement": AGREEMENT,
}


def write(
    out: BinaryIO,
    blocks: Iterable[RunBlock],
    agreement: Sequence[dict[str, Any]],
    tally: ItemTally,
    *,
    is_parquet: bool = False,
    is_safe: bool = False,
) -> Iterator[None]:
    """Writes the archive, a block a step; `agreement` are the rows of its last table."""
    data = lines(agreement, AGREEMENT, is_safe=is_safe)
    last = RunBlock("agreement", len(agreement), data)
    for name, n_rows in write_archive(out, chain(blocks, [last]), KINDS, is_parquet=is_parquet):
        tally.n_rows += n_rows if name == "reviews" else 0
        yield
