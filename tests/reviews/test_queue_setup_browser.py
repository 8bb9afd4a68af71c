"""The whole way of an owner in a real browser: sessions, a new queue over them, open, review."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from reviews.models import Queue, QueueItem
from tests.cast import make_cast
from tests.sessions import make_label, make_session

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_from_the_sessions_to_the_first_review(
    page: Page, live_server: Any, sign_in: Callable[..., Client]
) -> None:
    cast = make_cast()
    for n in range(8):
        session = make_session(owner=cast.eva, title=f"Talk {n}")
        make_label(session, status="incorrect" if n < 2 else "golden")
    value = sign_in(cast.eva).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
    )

    page.goto(f"{live_server.url}/t/lighthouse/sessions/")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Add to a queue…").click()
    page.get_by_role("button", name="New queue…").click()
    told = page.locator(".queue-plan__told")
    expect(told).to_contain_text("8 of 8 sessions would come in")
    page.get_by_label("A share of each stratum").check()
    page.get_by_label("Status").check()
    page.get_by_label("Share of golden, in percent").fill("0")
    page.get_by_label("Share of golden, in percent").blur()
    expect(told).to_contain_text("2 of 8 sessions would come in")
    page.get_by_label("Name", exact=True).fill("What went wrong")
    page.get_by_label("Tess").check()
    page.keyboard.press("Control+Enter")

    expect(page.get_by_role("heading", name="What went wrong")).to_be_visible()
    expect(page.locator(".queue-items tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Open").click()
    page.get_by_role("link", name="Review", exact=True).click()
    expect(page.locator(".desk__progress")).to_contain_text("0 of 2 saved")

    queue = Queue.all_rows.get()
    assert (queue.status, queue.n_items) == ("active", 2)
    assert set(QueueItem.all_rows.values_list("stratum", flat=True)) == {"incorrect"}
    page.goto("about:blank")
