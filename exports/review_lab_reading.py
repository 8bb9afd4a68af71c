"""Reading of a Lab session for a file: cases as lines, and what was said of them as rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

import msgspec

from exports import review_lab_statements as lab
from exports.fetching import Fetched, copied
from exports.formats.review_records import LabItem, LabPage, LabReview
from exports.formats.run_records import RunBlock
from exports.review_lab_results import LabResults
from exports.review_lab_rows import ANSWERS, csv_rows
from exports.review_lab_statements import LabPlan
from exports.review_pages import Page, Selects
from exports.review_scope import ReviewScope
from exports.review_suggestions import cells_of

Blocks = Iterator[list[RunBlock | Callable[[], RunBlock]]]
_decode = msgspec.json.decode


def lab_blocks(scope: ReviewScope, plan: LabPlan, using: str) -> Blocks:
    """Three parts: the order of the cases, the cases, and what was said of each."""
    selects = Selects(scope, using)
    yield [RunBlock("order", 0, b"")]
    for page in selects.pages():
        yield [partial(_as_told, "order", Fetched.of(lab.order(plan, page), using))]
    yield [RunBlock("cases", 0, b"")]
    results = LabResults(plan.keys, suggests=plan.suggests, sees_run=plan.sees_run)
    for page in selects.pages():
        yield [partial(_cases, results, Fetched.of(lab.cases(plan, page), using))]
    yield [RunBlock("results", 0, b"")]
    for page in selects.pages():
        yield [partial(_said, results, FetchedPage.of(plan, page, using))]


def _as_told(part: str, told: Fetched) -> RunBlock:
    return RunBlock(part, len(told), b"\n".join([*told.texts(), b""]))


def _cases(results: LabResults, told: Fetched) -> RunBlock:
    """Suggestions are made here, while the server writes the next cases and would be waited for."""
    if results.suggests:
        results.propose(zip(*map(told.texts, (1, 2, 3)), strict=True))
    return _as_told("cases", told)


def _said(results: LabResults, page: FetchedPage) -> RunBlock:
    return RunBlock("results", len(page.items), b"".join(results.lines(page.made())))


def lab_pairs(scope: ReviewScope, plan: LabPlan, using: str) -> Iterator[list[tuple[Any, Any]]]:
    """Each case with what was said of it, read: for files that people read."""
    results = LabResults(plan.keys, suggests=plan.suggests, sees_run=plan.sees_run)
    for page in Selects(scope, using).pages():
        told = _cases(results, Fetched.of(lab.cases(plan, page), using)).data.splitlines()
        said = results.lines(FetchedPage.of(plan, page, using).made())
        yield [(_value(case), _value(result)) for case, result in zip(told, said, strict=True)]


class FetchedPage(NamedTuple):
    """The cases of a page with what was said of them, as the server sent them."""

    items: Fetched
    reviews: Fetched
    settled: Fetched
    people: Fetched

    @classmethod
    def of(cls, plan: LabPlan, page: Page, using: str) -> FetchedPage:
        reviews = Fetched.of(lab.reviews(plan, page), using)
        return cls(
            Fetched.of(lab.items(plan, page), using),
            reviews,
            Fetched.of(lab.settled(page), using),
            Fetched.of(lab.people(reviews.ids(lab.REVIEWER, lab.SAVED_BY)), using),
        )

    def made(self) -> LabPage:
        return LabPage(
            self.items.rows(LabItem),
            self.reviews.rows(LabReview),
            dict(self.settled.tuples()),
            dict(self.people.tuples()),
        )


def lab_lines(scope: ReviewScope, plan: LabPlan, using: str, *, is_safe: bool) -> Blocks:
    """The rows of the Lab's CSV."""
    for page in Selects(scope, using).pages():
        lines = copied(csv_rows(plan, page, is_safe=is_safe), using)
        yield [partial(_rows, lines, suggests=plan.suggests)]


def _rows(lines: list[bytes], *, suggests: bool) -> RunBlock:
    return RunBlock("cases", len(lines), b"".join(with_twins(lines) if suggests else lines))


def _value(line: bytes) -> Any:
    """What stands behind the key of a line of an object."""
    (value,) = _decode(b"{" + line.strip().rstrip(b",") + b"}").values()
    return value


def with_twins(lines: list[bytes]) -> Iterator[bytes]:
    """The lines with suggested values behind them; first cells hold the texts, in hexadecimal."""
    for line in lines:
        texts, _, rest = line.partition(b",")
        if texts:
            status, prompt, response = _decode(bytes.fromhex(texts.decode()))
            yield b"%s,%s\n" % (rest[:-1], cells_of(prompt, response, status))
        else:
            yield rest[:-1] + b"," * len(ANSWERS) + b"\n"
