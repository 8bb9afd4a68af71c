"""The figures of agreement of a queue as rows of a table: one for each quantity that has a name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exports.review_scope import ReviewScope

QUANTITY = ("value", "reason", "se", "ci_low", "ci_high", "n")
# What the entries of a list, or of a mapping, are told apart by.
_BY_METRIC = {"metrics": "key"}
_ABOUT = {"people": ("id",), "pairs": ("first", "second"), "floors": ("figure",)}
_METRIC_OF = {"alpha_without", "kappas"}
Row = dict[str, Any]


def agreement_rows(scope: ReviewScope) -> list[Row]:
    """Each quantity of the queue's figures with its interval, as the actor may be told them."""
    if scope.queue is None:
        return []
    from reviews.figures.whole import figures_of  # numpy: 30 MB, for this format alone

    told = figures_of(scope.queue, by=scope.actor).as_json()
    if scope.is_reviewing:  # of people only to who does not review with them
        told = {name: part for name, part in told.items() if name not in ("people", "pairs")}
    return list(rows_of(told))


def rows_of(told: Mapping[str, Any], figure: str = "", **common: str) -> Iterator[Row]:
    """The quantities in an object, by the names that lead to them."""
    for name, value in told.items():
        path = figure if name == "quantity" else f"{figure}.{name}".lstrip(".")
        if isinstance(value, list):
            yield from _of_list(name, path, value, common)
        elif not isinstance(value, Mapping):
            continue
        elif set(QUANTITY) <= set(value):
            yield {"figure": path, **common, **{key: value[key] for key in QUANTITY}}
        elif name in _METRIC_OF:
            yield from _of_mapping("metric", path, value, common)
        elif name == "by_value":
            yield from _of_mapping("about", path, value, common)
        else:
            yield from rows_of(value, path, **common)


def _of_list(name: str, path: str, values: list[Any], common: dict[str, str]) -> Iterator[Row]:
    for each in values:
        if not isinstance(each, Mapping):
            continue
        more = dict(common)
        if name in _BY_METRIC:
            more["metric"] = str(each[_BY_METRIC[name]])
        if name in _ABOUT:
            more["about"] = " / ".join(str(each[key]) for key in _ABOUT[name])
        yield from rows_of(each, path, **more)


def _of_mapping(
    what: str, path: str, values: Mapping[str, Any], common: dict[str, str]
) -> Iterator[Row]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from rows_of({"quantity": value}, path, **common | {what: str(key)})
