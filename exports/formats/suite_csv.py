"""The suite CSV: all columns, global checks and a blank row, then tests spread down over rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import zip_longest

from datasets.formats.items import CheckRecord, ItemRecord
from datasets.formats.suite_columns import TITLES
from datasets.formats.suite_context import write_value
from evalplatform.spreadsheets import safe_cell
from exports.formats.csv_lines import csv_line
from exports.formats.suites import SuiteHead, SuiteTally

_NO_TEST = ("",) * 3  # Test Id, Test Input, Right Answer: on the first row of a test only
_EMPTY_CHECK = ("",) * 9


def write(
    head: SuiteHead,
    items: Iterable[ItemRecord],
    *,
    is_spreadsheet_safe: bool = False,
    tally: SuiteTally | None = None,
) -> Iterator[str]:
    """The file that reads back as the same checks and tests; title and description have no place.

    `is_spreadsheet_safe` puts a ' before what a spreadsheet would run; the reader takes it off.
    """
    tally = SuiteTally() if tally is None else tally
    line = _safe_line if is_spreadsheet_safe else csv_line
    yield csv_line(TITLES)
    yield from _global_rows(head.global_checks, line, tally)
    for item in items:
        if tally.takes(item):
            tally.count_untyped(item)
            yield "".join([line(row) for row in _rows(item)])


def _safe_line(cells: Iterable[str]) -> str:
    return csv_line([safe_cell(cell) for cell in cells])


def _global_rows(
    checks: Iterable[CheckRecord], line: Callable[[list[str]], str], tally: SuiteTally
) -> Iterator[str]:
    before = [""] * (len(TITLES) - len(_EMPTY_CHECK))
    for check in checks:
        tally.n_global_checks += 1
        yield "".join(line([*before, *row]) for row in _check_rows(check))
    if tally.n_global_checks:
        yield line([""] * len(TITLES))


def _rows(item: ItemRecord) -> Iterator[list[str]]:
    """Lists beside each other, each going down on its own."""
    first: tuple[str, ...] = (item.public_id, item.input, item.expected_output)
    checks = [row for check in item.checks for row in _check_rows(check)] or [_EMPTY_CHECK]
    pairs = item.context.items()
    for tag, file, pair, check in zip_longest(item.tags, item.files, pairs, checks):
        key, value = (pair[0], write_value(pair[1])) if pair else ("", "")
        yield [*first, tag or "", file or "", key, value, *(check or _EMPTY_CHECK)]
        first = _NO_TEST


def _check_rows(check: CheckRecord) -> Iterator[tuple[str, ...]]:
    """The check with its first example, then a row for each further example."""
    cells: tuple[str, ...] = (
        *(check.operator, check.criteria, str(check.weight), check.category, check.extractor),
        *(check.conditional_operator, check.conditional_criteria),
    )
    for example in check.examples or (("", ""),):
        yield *cells, *example
        cells = ("",) * len(cells)
