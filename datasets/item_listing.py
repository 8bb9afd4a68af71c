"""Items as lists show them: how long texts begin, what hangs on them, and in pages by position."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import F, Func, IntegerField
from django.db.models.functions import Left

from datasets.models import DatasetItem
from evalplatform.scoping.keyset import CAP, Page, fetch_around, fetch_page

PAGE = 50
PAGE_KEYS = ("position", "id")
SHOWN = 240  # characters of a long text in a row; the database sends no more


def listed(rows: Any) -> Any:
    """Read what a row shows, and of long texts only how they begin."""
    return rows.annotate(
        input_start=Left("input", SHOWN + 1),
        output_start=Left("output", SHOWN + 1),
        expected_start=Left("expected_output", SHOWN + 1),
        summary_start=Left("summary", SHOWN + 1),
        n_checks=Func(F("checks"), function="jsonb_array_length", output_field=IntegerField()),
        n_files=Func(F("files"), function="cardinality", output_field=IntegerField()),
    ).only("id", "key", "position", "public_id", "tags", "arrived", "session_id", "until_version")


def few_or_many(rows: Any) -> tuple[Any, int, bool]:
    """The rows to page through, how many there are up to the cap, and whether there are more.

    Few are found first, by the filter's own index, and put in order then; many are met soon enough
    when one walks the dataset in its order. The database cannot tell the one from the other.
    """
    found = list(rows.order_by().values_list("pk", flat=True)[: CAP + 1])
    if len(found) > CAP:
        return rows, CAP, True
    return type(rows)(model=rows.model, using=rows.db).filter(pk__in=found), len(found), False


def page_of(rows: Any, token: str) -> Page:
    """One page in the dataset's order; ValidationError for a token that is not ours."""
    return cut(fetch_page(rows, PAGE_KEYS, token, PAGE, listed, ascending=True))


def page_around(rows: Any, item: DatasetItem) -> Page:
    """The page that a share link opens."""
    return cut(fetch_around(rows, PAGE_KEYS, item, PAGE, listed, ascending=True))


def one(rows: Any, key: uuid.UUID) -> DatasetItem:
    """A single row as the list shows it."""
    found: DatasetItem = listed(rows).get(key=key)
    return cut(Page([found], "", "")).rows[0]  # type: ignore[no-any-return]


def cut(page: Page) -> Page:
    """Mark the texts that go on by an ellipsis."""
    for row in page.rows:
        for name in ("input_start", "output_start", "expected_start", "summary_start"):
            text = getattr(row, name)
            if len(text) > SHOWN:
                setattr(row, name, f"{text[:SHOWN]}…")
    return page
