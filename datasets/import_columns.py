"""The columns of a dataset CSV on its way in: their titles and first cells, and its first items.

Only the head of the file is read, however large the file is.
"""

from __future__ import annotations

import codecs
import io
import itertools
from typing import BinaryIO, NamedTuple

from datasets.formats import dataset_csv
from datasets.formats.columns import KNOWN_TITLES
from datasets.formats.csv_rows import CsvRow, Table, is_blank
from datasets.formats.items import Item
from datasets.formats.options import ReadOptions

HEAD = 1 << 20
SAMPLED, FIRST = 3, 3
SHOWN_CHARACTERS = 160


class Column(NamedTuple):
    """A titled column and its cells in the first rows, cut to what a page shows."""

    title: str
    samples: tuple[str, ...]


def columns_of(stream: BinaryIO) -> list[Column]:
    """The titled columns of the file; none when its header cannot be read."""
    table = Table.open(head_of(stream), known=KNOWN_TITLES)
    filled = (
        each.cells for each in table.rows() if isinstance(each, CsvRow) and not is_blank(each.cells)
    )
    rows = list(itertools.islice(filled, SAMPLED))
    return [
        Column(title, tuple(shown(row[n]) for row in rows))
        for n, title in enumerate(table.header)
        if title
    ]


def first_items(stream: BinaryIO, options: ReadOptions) -> list[Item]:
    """The first rows as the items they become."""
    found = dataset_csv.read(head_of(stream), options=options)
    return list(itertools.islice((each for each in found if isinstance(each, Item)), FIRST))


def head_of(stream: BinaryIO) -> BinaryIO:
    """The beginning of the file, whole lines where it is cut off."""
    stream.seek(0)
    head = stream.read(HEAD)
    if len(head) == HEAD and not head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        head = head[: head.rfind(b"\n") + 1] or head
    return io.BytesIO(head)


def shown(cell: str) -> str:
    """A cell short enough for a table."""
    return cell if len(cell) <= SHOWN_CHARACTERS else f"{cell[:SHOWN_CHARACTERS]}…"
