"""Finalising in a real browser: asked before it is done, and opened again with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from reviews.models import Seal
from tests.cast import make_cast
from tests.reviews.sealed import make_finished

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_review_is_finalised_and_opened_again(
    page: Page, live_server: Any, sign_in: Callable[..., Client]
) -> None:
    cast = make_cast()
    queue = make_finished(cast)
    value = sign_in(cast.olga).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/t/lighthouse/queues/{queue.pk}/")

    page.keyboard.press("f")
    page.wait_for_url("**/finalise/")
    page.keyboard.press("f")
    dialog = page.get_by_role("dialog", name="Finalise this review")
    expect(dialog).to_contain_text("Counted reviews")
    dialog.get_by_role("button", name="Cancel").click()
    assert not Seal.all_rows.exists()
    page.get_by_role("button", name="Finalise…").click()
    dialog.get_by_role("button", name="Finalise", exact=True).click()
    expect(page.get_by_text("Sealed: 2 items as finalised.")).to_be_visible()

    page.get_by_role("button", name="Reopen…").click()
    page.get_by_label("Why").fill("A date was wrong.")
    page.get_by_role("dialog").get_by_role("button", name="Reopen", exact=True).click()
    expect(page.get_by_text("Open for amendments")).to_be_visible()
    expect(page.get_by_text("A date was wrong.")).to_be_visible()
    assert Seal.all_rows.get().reopen_reason == "A date was wrong."
