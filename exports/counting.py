"""What counting the rows of any file stands on: it is read whole, and refused where it breaks."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

Count = Callable[[Path], int]
MAX_CELL = 2**31 - 1


class NotWholeError(Exception):
    """The file is not what its manifest says; the text says where they differ."""


def parse(text: str) -> Any:
    """Read JSON, or say that it is none."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise NotWholeError(f"It holds broken JSON: {error}.") from error


def in_lines(count: Callable[[Iterable[str]], int]) -> Count:
    """Count what a file of text holds, line by line."""

    def counted(file: Path) -> int:
        with file.open(encoding="utf-8", newline="\n") as lines:
            return count(lines)

    return counted


def csv_rows(lines: Iterable[str]) -> Iterator[list[str]]:
    """The rows of a CSV, their cells as long as they are; csv.Error where it is broken."""
    csv.field_size_limit(MAX_CELL)
    return csv.reader(lines, strict=True)


def count_blocks(
    lines: Iterable[str], run_titles: Iterable[str], titles: Iterable[str], *, what: str, of: str
) -> int:
    """Count the rows that begin a block, below the header of the second section of two."""
    rows, second = csv_rows(lines), [*titles]
    try:
        head = [next(rows, None) for _ in range(4)]
        if (head[0], head[2], head[3]) != ([*run_titles], [], second):
            raise NotWholeError(f"It does not begin like a {what}.")
        n_blocks = 0
        for row in rows:
            if len(row) != len(second):
                raise NotWholeError(f"A row below {of} {n_blocks} is no row of a {of}.")
            n_blocks += bool(row[0])
    except csv.Error as error:
        raise NotWholeError(f"It holds broken CSV: {error}.") from error
    return n_blocks
