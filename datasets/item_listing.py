"""Items as lists show them: how long texts begin, what hangs on them, and in pages by position."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, TypedDict

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Func, IntegerField, Value
from django.db.models.functions import Left

from datasets.models import DatasetItem
from datasets.querysets import IsOneOf
from evalplatform.scoping.keyset import Page, capped_count, fetch_around, fetch_page, reach_of
from evalplatform.scoping.patience import walking

PAGE = 50
PAGE_KEYS = ("position", "id")
SHOWN = 240  # characters of a long text in a row; the database sends no more
COUNTED = 1_000  # a filter's items are counted so far
WALKED = 10_000  # items that are looked through for a page before all that fit are sorted
COLUMNS = ("id", "key", "position", "public_id", "tags", "session_id")
STARTS = {
    "input_start": "input",
    "output_start": "output",
    "expected_start": "expected_output",
    "summary_start": "summary",
}


class ListedItem(TypedDict):
    """What a row says."""

    key: str
    url: str
    share_url: str  # opens the list at this item
    public_id: str
    tags: list[str]
    n_checks: int
    n_files: int
    is_linked: bool
    is_shared: bool  # the item that a share link opens
    input_start: str
    output_start: str
    expected_start: str
    summary_start: str


def listed(rows: Any) -> Any:
    """Read what a row shows, and of long texts only how they begin."""
    starts = {name: Left(field, SHOWN + 1) for name, field in STARTS.items()}
    return rows.annotate(
        **starts,
        n_checks=Func(F("checks"), function="jsonb_array_length", output_field=IntegerField()),
        n_files=Func(F("files"), function="cardinality", output_field=IntegerField()),
    ).values(*COLUMNS, *starts, "n_checks", "n_files")


def rows_of(
    found: Iterable[dict[str, Any]], dataset_url: str, shared: DatasetItem | None = None
) -> list[ListedItem]:
    """Return what the list shows of rows that `listed` read, with the one that is shared marked."""
    key = shared.key if shared else None
    return [_row(values, dataset_url, is_shared=values["key"] == key) for values in found]


def _row(values: dict[str, Any], dataset_url: str, *, is_shared: bool) -> ListedItem:
    key = str(values["key"])
    return {
        "key": key,
        "url": f"{dataset_url}items/{key}/",
        "share_url": f"{dataset_url}?item={key}",
        "public_id": values["public_id"],
        "tags": values["tags"],
        "n_checks": values["n_checks"],
        "n_files": values["n_files"],
        "is_linked": values["session_id"] is not None,
        "is_shared": is_shared,
        "input_start": _cut(values["input_start"]),
        "output_start": _cut(values["output_start"]),
        "expected_start": _cut(values["expected_start"]),
        "summary_start": _cut(values["summary_start"]),
    }


def _cut(text: str) -> str:
    """Mark a text that goes on by an ellipsis."""
    return f"{text[:SHOWN]}…" if len(text) > SHOWN else text


def few_or_many(rows: Any, among: Any) -> tuple[Any, int, bool]:
    """The rows to page through, how many there are up to the cap, and whether there are more.

    Few are found first, by the filter's own index, and put in order then. `among` is given where
    it is worth a look whether many come first in the order: the index of checks has to gather all
    that fit before it gives one.
    """
    if among is not None and _come_first(rows, among):
        return rows, COUNTED, True
    found = list(rows.order_by().values_list("pk", flat=True)[: COUNTED + 1])
    if len(found) > COUNTED:
        return rows, COUNTED, True
    few = IsOneOf("pk", Value(found, output_field=ArrayField(BigIntegerField())))
    return type(rows)(model=rows.model, using=rows.db).filter(few), len(found), False


def _come_first(rows: Any, among: Any) -> bool:
    near, _ = reach_of(rows, among, PAGE_KEYS, "", 3 * COUNTED, ascending=True)
    with walking():
        return capped_count(near, COUNTED)[1]


def page_of(rows: Any, token: str) -> Page:
    """One page in the dataset's order; ValidationError for a token that is not ours."""
    return fetch_page(rows, PAGE_KEYS, token, PAGE, listed, ascending=True)


def page_of_many(rows: Any, token: str, among: Any) -> Page:
    """As page_of, of many rows that no index has in order; `among` are the ones to walk through.

    Common values are met soon when one walks the dataset from here on, but nothing says where they
    are: after so many others, all that fit are found by the filter's index and sorted.
    """
    near, is_all = reach_of(rows, among, PAGE_KEYS, token, WALKED, ascending=True)
    with walking():
        page = fetch_page(near, PAGE_KEYS, token, PAGE, listed, ascending=True)
    if is_all or page.is_full:
        return page
    return fetch_page(rows, PAGE_KEYS, token, PAGE, listed, ascending=True, by_sorting=True)


def page_around(rows: Any, item: DatasetItem) -> Page:
    """The page that a share link opens."""
    return fetch_around(rows, PAGE_KEYS, item, PAGE, listed, ascending=True)


def one(rows: Any, key: uuid.UUID, dataset_url: str) -> ListedItem:
    """A single row as the list shows it."""
    return _row(listed(rows).get(key=key), dataset_url, is_shared=False)
