"""The figures of agreement as CSV: one row a number, the same to the last digit as page and API.

`about` says whose or which it is: a value, a person, a pair, an item, a reason. What has no value
has a reason instead, and the row stays.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evalplatform.spreadsheets import safe_cell
from reviews.agreement.quantity import Quantity
from reviews.figures.shapes import AgreementFigures, Beside, MetricFigures, Outlook, Rate

HEADER = ("figure", "metric", "about", "value", "reason", "se", "ci_low", "ci_high", "n", "n_items")
Row = tuple[Any, ...]


def as_csv(figures: AgreementFigures) -> str:
    """All figures; RFC 4180, numbers in full precision."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(HEADER)
    writer.writerows([_cell(value) for value in row] for row in rows_of(figures))
    return target.getvalue()


def rows_of(figures: AgreementFigures) -> Iterator[Row]:
    """Each number as a row of HEADER."""
    yield from _headlines(figures)
    for metric in figures.metrics:
        yield from _of_metric(metric)
    for person in figures.people:
        yield _row("leave_one_out", person.leave_one_out, about=person.id)
        yield from _named("alpha_without", person.alpha_without, about=person.id)
    for pair in figures.pairs:
        about = f"{pair.first} {pair.second}"
        yield _row("pair_agreement", pair.agreement, about=about)
        yield from _named("pair_kappa", pair.kappas, about=about)
    for item in figures.disputed:
        yield _plain("item_disagreement", item.disagreement, item.n_compared, about=item.key)
        for metric_key, cost in item.costs.items():
            yield _plain("item_cost", cost, None, about=item.key, metric=metric_key)
    for left in figures.left_out:
        yield _plain(f"left_out_{left.unit}", left.n, left.n, about=left.reason)
    for each in (*figures.warnings, *(w for m in figures.metrics for w in m.warnings)):
        about = " ".join((each.code, *each.about))
        yield _plain("warning", each.share, each.n, about=about, metric=each.metric)
    for floor in figures.floors:
        yield _row("floor", floor.quantity, about=floor.figure)
        yield _plain("floor_least", floor.least, None, about=floor.figure)
    if figures.outlook:
        yield from _ahead(figures.outlook)


def _headlines(figures: AgreementFigures) -> Iterator[Row]:
    yield _rate("reviewers", figures.reviewers)
    yield _rate("auto", figures.auto)
    yield _rate("false_pass", figures.false_pass)
    yield _rate("false_fail", figures.false_fail)
    sides: Mapping[str, Beside] = {
        "same_cells": figures.same_cells,
        "exposed": figures.exposed,
        "blind": figures.blind,
    }
    for name, beside in sides.items():
        yield _rate("reviewers", beside.reviewers, about=name)
        yield _rate("auto", beside.auto, about=name)
        yield _plain("ratings_share", beside.share, beside.n_ratings, about=name)
    yield _plain("flagged_share", figures.flagged_share, None)


def _ahead(outlook: Outlook) -> Iterator[Row]:
    for name, found in (("reviewers", outlook.reviewers), ("auto", outlook.auto)):
        ends: Sequence[Any] = (found.low, found.high)
        yield f"{name}_can_end", "", "", None, None, None, *ends, found.n_open, found.n_items
    for figure, deciding in outlook.deciding.items():
        about = f"{figure} {deciding.state}"
        yield _plain("floor_items_to_reach", None, deciding.n_to_reach, about=about)
        yield _plain("floor_items_to_miss", None, deciding.n_to_miss, about=about)
    if outlook.corrected:
        yield _row("pass_rate_raw", outlook.corrected.raw)
        yield _row("pass_rate_corrected", outlook.corrected.rate, "", "", outlook.corrected.n_items)
        yield _row("passes_that_people_fail", outlook.corrected.false_pass)
        yield _row("fails_that_people_pass", outlook.corrected.false_fail)


def _of_metric(metric: MetricFigures) -> Iterator[Row]:
    key = metric.key
    yield _rate("agreement", metric.agreement, metric=key)
    yield _plain("unanimous", metric.n_unanimous, metric.n_compared, metric=key)
    if metric.close:
        yield _rate("close", metric.close, metric=key)
    yield _row("alpha", metric.alpha, metric=key)
    yield _row("ac", metric.ac, metric=key)
    for value, quantity in metric.by_value.items():
        yield _row("by_value", quantity, metric=key, about=value)
    if metric.icc:
        yield _row("icc", metric.icc, metric=key)
    if metric.auto:
        yield _rate("auto", metric.auto.agreement, metric=key)
        yield _row("auto_kappa", metric.auto.kappa, metric=key)
        yield _rate("false_pass", metric.auto.false_pass, metric=key)
        yield _rate("false_fail", metric.auto.false_fail, metric=key)


def _named(figure: str, found: Mapping[str, Quantity], about: str) -> Iterator[Row]:
    for metric, quantity in found.items():
        yield _row(figure, quantity, metric=metric, about=about)


def _rate(figure: str, rate: Rate, metric: str = "", about: str = "") -> Row:
    return _row(figure, rate.quantity, metric, about, rate.n_items)


def _row(
    figure: str, found: Quantity, metric: str = "", about: str = "", n_items: int | None = None
) -> Row:
    ends: Sequence[Any] = (found.se, found.ci_low, found.ci_high)
    return figure, metric, about, found.value, found.reason, *ends, found.n, n_items


def _plain(
    figure: str, value: float | None, n: int | None, *, metric: str = "", about: str = ""
) -> Row:
    return figure, metric, about, value, None, None, None, None, n, None


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return safe_cell(value) if isinstance(value, str) else repr(value)
