"""How many rows a file of reviews has: read whole, for its proof."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from exports.formats import review_csv, review_lab
from exports.review_statements import LABEL_COLUMNS

MAX_CELL = 2**31 - 1
CASE = '      "'


class CountError(Exception):
    """The file does not read as what it says it is; the text says where it breaks."""


def _rows(lines: Iterable[str]) -> Iterator[list[str]]:
    csv.field_size_limit(MAX_CELL)
    return csv.reader(lines, strict=True)


def count_reviews(lines: Iterable[str]) -> int:
    """The rows that begin a review, below the header of the second section."""
    rows = _rows(lines)
    titles = [*review_csv.REVIEW_TITLES]
    head = [next(rows, None) for _ in range(4)]
    if (head[0], head[2], head[3]) != ([*review_csv.RUN_TITLES], [], titles):
        raise CountError("It does not begin like a human review CSV.")
    n_rows = 0
    for row in rows:
        if len(row) != len(titles):
            raise CountError(f"A row below review {n_rows} is no row of a review.")
        n_rows += bool(row[0])
    return n_rows


def count_table(*headers: tuple[str, ...]) -> Callable[[Iterable[str]], int]:
    """Counts the rows below one of these headers."""

    def counted(lines: Iterable[str]) -> int:
        rows = _rows(lines)
        titles = tuple(next(rows, ()))
        if titles not in headers:
            raise CountError("It does not begin with the header of its format.")
        n_rows = 0
        for row in rows:
            n_rows += 1
            if len(row) != len(titles):
                raise CountError(f"Row {n_rows} has {len(row)} cells.")
        return n_rows

    return counted


def count_cases(lines: Iterable[str]) -> int:
    """The cases of a Lab session, each line of its parts read on its own; all parts agree."""
    counts: dict[str, int] = {}
    part = last = ""
    for line in lines:
        last = line
        if line.startswith('    "') and line.endswith(("[\n", "{\n")):
            part = line.strip().partition('"')[2].partition('"')[0]
            counts[part] = 0
        elif line.startswith(CASE) and part in ("caseOrder", "cases", "promptResults"):
            text = line.strip().rstrip(",")
            _parsed(text if part == "caseOrder" else "{" + text + "}")
            counts[part] += 1
    if last != "}\n" or len(counts) != 3 or len(set(counts.values())) != 1:
        raise CountError("Its order, cases and results do not agree, or it ends in the middle.")
    return counts["cases"]


def count_objects(lines: Iterable[str]) -> int:
    """The objects of a list, one a line."""
    n_rows, last = 0, ""
    for line in lines:
        last = line
        if line.startswith("  {"):
            _parsed(line.strip().rstrip(","))
            n_rows += 1
    if last != "]\n":
        raise CountError("It ends in the middle.")
    return n_rows


def count_headings(lines: Iterable[str]) -> int:
    """The headings of cases, outside of fences."""
    n_rows, fence = 0, ""
    for line in lines:
        if fence:
            fence = "" if line.rstrip("\n") == fence else fence
        elif line.startswith("```"):
            fence = line[: len(line) - len(line.lstrip("`"))]
        else:
            n_rows += line.startswith("## ")
    if fence:
        raise CountError("It ends in the middle of a text.")
    return n_rows


def count_archive(file: Path) -> int:
    """The rows of the table of reviews in a ZIP, all members read and their CRC checked."""
    with zipfile.ZipFile(file) as archive:
        if broken := archive.testzip():
            raise CountError(f"{broken} in the archive is broken.")
        name = next((n for n in archive.namelist() if n.startswith("reviews.")), "")
        if not name:
            raise CountError("There is no table of reviews in the archive.")
        with archive.open(name) as member:
            if name.endswith(".parquet"):
                from pyarrow import parquet  # 60 MB, for this format alone

                return int(parquet.ParquetFile(member).metadata.num_rows)
            lines = io.TextIOWrapper(member, encoding="utf-8", newline="")
            return sum(1 for _ in _rows(lines)) - 1


def _parsed(text: str) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        raise CountError(f"It holds broken JSON: {error}.") from error


def _in_lines(count: Callable[[Iterable[str]], int]) -> Callable[[Path], int]:
    def counted(file: Path) -> int:
        with file.open(encoding="utf-8", newline="\n") as lines:
            return count(lines)

    return counted


def _told(count: Callable[[Path], int]) -> Callable[[Path], int]:
    """Every way in which a file can break as a CountError."""

    def counted(file: Path) -> int:
        try:
            return count(file)
        except (csv.Error, zipfile.BadZipFile, UnicodeDecodeError) as error:
            raise CountError(f"It cannot be read: {error}.") from error

    return counted


_COUNTS: dict[str, Callable[[Path], int]] = {
    "human-review-csv": _in_lines(count_reviews),
    "lab-json": _in_lines(count_cases),
    "lab-csv": _in_lines(count_table(review_lab.TITLES, (*review_lab.TITLES, *review_lab.TWINS))),
    "lab-markdown": _in_lines(count_headings),
    "behavior-csv": _in_lines(count_table(tuple(LABEL_COLUMNS))),
    "behavior-json": _in_lines(count_objects),
    "review-tables": count_archive,
}
REVIEW_COUNTS = {slug: _told(count) for slug, count in _COUNTS.items()}
