"""Keyset pages: every row once, in order, read as the list wants it, and counted."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from datasets.listing import listed
from datasets.models import Session
from evalplatform.scoping.keyset import Page, fetch_page, total_of
from tests.cast import Cast
from tests.sessions import make_label, make_session

pytestmark = pytest.mark.django_db
KEYS = ("started_at", "id")


def pages_of(rows: Any, size: int) -> list[Page]:
    """Return all pages from the newest to the oldest."""
    pages = [fetch_page(rows, KEYS, "", size, listed)]
    while pages[-1].older:
        pages.append(fetch_page(rows, KEYS, pages[-1].older, size, listed))
    return pages


def ids(page: Page) -> list[Any]:
    return [row["id"] for row in page.rows]


def test_pages_hold_every_visible_row_once_in_the_order_of_the_list(cast: Cast) -> None:
    for _ in range(7):
        make_session(owner=cast.eva)
    make_session(owner=cast.emil)
    rows = Session.objects.visible_to(cast.eva)

    pages = pages_of(rows, 3)

    assert [len(page.rows) for page in pages] == [3, 3, 1]
    assert [pk for page in pages for pk in ids(page)] == [row.pk for row in rows.newest_first()]


def test_the_way_back_shows_the_same_pages(cast: Cast) -> None:
    for _ in range(7):
        make_session(owner=cast.eva)
    rows = Session.objects.visible_to(cast.eva)
    first, second, third = pages_of(rows, 3)

    back = fetch_page(rows, KEYS, third.newer, 3, listed)

    assert ids(back) == ids(second)
    assert ids(fetch_page(rows, KEYS, back.newer, 3, listed)) == ids(first)


def test_a_page_that_shows_all_rows_is_not_counted_again(cast: Cast) -> None:
    for _ in range(3):
        make_session(owner=cast.eva)
    rows = Session.objects.visible_to(cast.eva)
    page = fetch_page(rows, KEYS, "", 3, listed)

    with CaptureQueriesContext(connection) as queries:
        assert total_of(page, rows) == (3, False)

    assert len(queries) == 0


def test_every_page_of_a_longer_list_says_the_whole_count(cast: Cast) -> None:
    for _ in range(4):
        make_session(owner=cast.eva)
    rows = Session.objects.visible_to(cast.eva)

    first, last = pages_of(rows, 3)
    beyond = fetch_page(rows.none(), KEYS, first.older, 3, listed)

    assert total_of(first, rows) == total_of(last, rows) == total_of(beyond, rows) == (4, False)
    assert total_of(last, rows, cap=2) == (2, True)


def test_a_tag_is_found_on_session_or_label_and_only_among_visible_rows(cast: Cast) -> None:
    own = make_session(owner=cast.eva, tags=["late"])
    judged = make_session(owner=cast.eva)
    make_label(judged, tags=["late"])
    make_label(make_session(owner=cast.emil), tags=["late"])
    make_session(owner=cast.eva, tags=["other"])

    found = Session.objects.visible_to(cast.eva).with_tags(["late"])

    assert set(found) == {own, judged}
