"""Labelling in a real browser by keyboard alone: choose, save and go on, undo, notes, drafts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from reviews.models import BehavioralLabel
from tests.cast import make_cast
from tests.runs_made import make_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_a_run_is_labelled_by_keyboard_alone(
    page: Page, live_server: Any, sign_in: Callable[..., Client]
) -> None:
    cast = make_cast()
    run = make_run(owner=cast.eva, n_items=2)
    value = sign_in(cast.olga).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/t/lighthouse/runs/{run.pk}/labels/")

    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Choose what the guest wants")).to_be_visible()
    for key in ("5", "ArrowDown", "3", "ArrowDown", "2", "ArrowDown", "6", "f", "s"):
        page.keyboard.press(key)
    page.keyboard.press("n")
    page.keyboard.type("calls 2 times")
    expect(page.get_by_text("draft saved")).to_be_visible()
    draft = BehavioralLabel.all_rows.get()
    assert (draft.status, draft.intent) == ("draft", "Noise")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk__progress")).to_contain_text("1 of 2 labelled")
    saved = BehavioralLabel.all_rows.get()
    assert saved.saved_values == {
        "intent": "Noise",
        "guest_affect": "Upset",
        "response_strategy": "Apology",
        "humanness": 6,
        "notes": "calls 2 times",
    }
    assert saved.is_saved

    expect(page.locator(".rail-item[aria-current]")).to_contain_text("q-2")
    page.keyboard.press("u")
    expect(page.locator(".rail-item[aria-current]")).to_contain_text("q-1")
    expect(page.locator("input[name=intent][value=Noise]")).to_be_checked()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".rail-item[aria-current]")).to_contain_text("q-2")
    for key in ("8", "ArrowDown", "1", "ArrowDown", "ArrowDown", "7", "Control+Enter"):
        page.keyboard.press(key)
    expect(page.get_by_role("heading", name="You are done")).to_be_visible()
    assert BehavioralLabel.all_rows.filter(status="saved").count() == 2
