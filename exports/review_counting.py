"""How many rows a file of reviews has: read whole, for its proof."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from exports.counting import Count, NotWholeError, count_blocks, csv_rows, in_lines, parse
from exports.formats import review_csv, review_lab
from exports.review_statements import LABEL_COLUMNS

CASE = '      "'


def count_reviews(lines: Iterable[str]) -> int:
    """The rows of a human review CSV that begin a review."""
    titles = review_csv.REVIEW_TITLES
    return count_blocks(lines, review_csv.RUN_TITLES, titles, what="human review CSV", of="review")


def count_table(*headers: tuple[str, ...]) -> Callable[[Iterable[str]], int]:
    """Counts the rows below one of these headers."""

    def counted(lines: Iterable[str]) -> int:
        rows = csv_rows(lines)
        titles = tuple(next(rows, ()))
        if titles not in headers:
            raise NotWholeError("It does not begin with the header of its format.")
        n_rows = 0
        for row in rows:
            n_rows += 1
            if len(row) != len(titles):
                raise NotWholeError(f"Row {n_rows} has {len(row)} cells.")
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
            parse(text if part == "caseOrder" else "{" + text + "}")
            counts[part] += 1
    if last != "}\n" or len(counts) != 3 or len(set(counts.values())) != 1:
        raise NotWholeError("Its order, cases and results do not agree, or it ends in the middle.")
    return counts["cases"]


def count_objects(lines: Iterable[str]) -> int:
    """The objects of a list, one a line."""
    n_rows, last = 0, ""
    for line in lines:
        last = line
        if line.startswith("  {"):
            parse(line.strip().rstrip(","))
            n_rows += 1
    if last != "]\n":
        raise NotWholeError("It ends in the middle.")
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
        raise NotWholeError("It ends in the middle of a text.")
    return n_rows


def count_archive(file: Path) -> int:
    """The rows of the table of reviews in a ZIP, all members read and their CRC checked."""
    with zipfile.ZipFile(file) as archive:
        if broken := archive.testzip():
            raise NotWholeError(f"{broken} in the archive is broken.")
        name = next((n for n in archive.namelist() if n.startswith("reviews.")), "")
        if not name:
            raise NotWholeError("There is no table of reviews in the archive.")
        with archive.open(name) as member:
            if name.endswith(".parquet"):
                from pyarrow import parquet  # 60 MB, for this format alone

                return int(parquet.ParquetFile(member).metadata.num_rows)
            lines = io.TextIOWrapper(member, encoding="utf-8", newline="")
            return sum(1 for _ in csv_rows(lines)) - 1


def _told(count: Count) -> Count:
    """Every way in which a file can break as a NotWholeError."""

    def counted(file: Path) -> int:
        try:
            return count(file)
        except (csv.Error, zipfile.BadZipFile, UnicodeDecodeError) as error:
            raise NotWholeError(f"It cannot be read: {error}.") from error

    return counted


_COUNTS: dict[str, Count] = {
    "human-review-csv": in_lines(count_reviews),
    "lab-json": in_lines(count_cases),
    "lab-csv": in_lines(count_table(review_lab.TITLES, (*review_lab.TITLES, *review_lab.TWINS))),
    "lab-markdown": in_lines(count_headings),
    "behavior-csv": in_lines(count_table(tuple(LABEL_COLUMNS))),
    "behavior-json": in_lines(count_objects),
    "review-tables": count_archive,
}
REVIEW_COUNTS = {slug: _told(count) for slug, count in _COUNTS.items()}
