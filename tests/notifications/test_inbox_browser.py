"""Bell, panel, open, count goes down; the same with keys, on a phone and in the dark."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from evalplatform.notifications.models import Notification
from evalplatform.notifications.notifying import notify
from tests.cast import Cast
from tests.pages.visitor import PHONE, TOO_WIDE
from tests.pages.watching import SignIn, Watch, enter

pytestmark = pytest.mark.django_db(transaction=True)
BODY = "It failed three times in a row: the judge model did not answer. Switch it on again."


@pytest.fixture
def watch(page: Page, live_server: Any, cast: Cast, sign_in: SignIn) -> Watch:
    """Eva's home, with three notifications."""
    with transaction.atomic():
        for n, title in enumerate(("Rule “billing” was disabled", "Welcome", "Queue is done")):
            url = "/t/lighthouse/sessions/" if n < 2 else ""
            notify(cast.eva.user, cast.team, "note", title, BODY if not n else "", url)
    watch = enter(page, sign_in(cast.eva), live_server.url)
    page.goto(f"{live_server.url}/t/lighthouse/")
    return watch


def test_bell_panel_open_and_the_count_goes_down(page: Page, watch: Watch) -> None:
    bell, panel = page.locator(".inbox > summary"), page.locator("#inbox-panel")
    expect(bell).to_have_accessible_name("Inbox 3 unread")

    bell.click()
    expect(panel.locator(".inbox__item")).to_have_count(3)
    panel.get_by_text("Rule “billing” was disabled").click()

    expect(page).to_have_url(f"http://{watch.host}/t/lighthouse/sessions/")
    expect(bell).to_have_accessible_name("Inbox 2 unread")
    assert watch.seen == []


def test_keys_open_the_panel_and_the_newest(page: Page, watch: Watch) -> None:
    page.keyboard.press("i")
    expect(page.locator(".inbox__item").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"http://{watch.host}/t/lighthouse/sessions/")
    assert watch.seen == []


def test_mark_all_read_empties_the_bell_and_keeps_the_panel(page: Page, watch: Watch) -> None:
    page.locator(".inbox > summary").click()
    page.get_by_role("button", name="Mark all read").click()

    expect(page.locator("#inbox-count")).to_be_hidden()
    expect(page.locator(".inbox__item")).to_have_count(3)
    expect(page.get_by_role("button", name="Mark all read")).to_have_count(0)
    assert Notification.all_rows.filter(read_at=None).count() == 0
    assert watch.seen == []


def test_page_walks_and_marks_with_keys(page: Page, watch: Watch) -> None:
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page.get_by_role("heading", name="Inbox", level=1)).to_be_visible()

    page.keyboard.press("j")
    page.keyboard.press("r")

    expect(page.locator("#inbox-count")).to_contain_text("2")
    expect(page.get_by_role("button", name="Mark read")).to_have_count(2)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_contain_text("What is new in it")
    assert watch.seen == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_fits_a_phone(page: Page, watch: Watch, scheme: Any) -> None:
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme=scheme)
    page.locator(".inbox > summary").click()
    expect(page.locator(".inbox__item").first).to_be_visible()

    box = page.locator(".inbox > .menu__panel").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert page.evaluate(TOO_WIDE) == []
    page.goto(f"http://{watch.host}/t/lighthouse/notifications/")
    assert page.evaluate(TOO_WIDE) == []
