"""Cloning in a real browser: ticked sessions become a new dataset."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from tests.cast import make_cast
from tests.sessions import make_session

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def test_ticked_sessions_become_items_of_a_new_dataset(
    page: Page, live_server: Any, sign_in: Callable[..., Client]
) -> None:
    eva = make_cast().eva
    for title in ("first", "second", "third"):
        make_session(owner=eva, title=title, messages=(("user", title), ("assistant", "Yes")))
    value = sign_in(eva).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/t/lighthouse/sessions/")
    page.get_by_label("Select first").check()
    page.get_by_label("Select third").check()
    page.locator("#selection").get_by_role("button", name="Add to dataset").click()

    dialog = page.get_by_role("dialog", name="Add to dataset")
    expect(dialog.get_by_text("2 sessions")).to_be_visible()
    expect(dialog.get_by_label("With one of these tags")).to_be_hidden()
    dialog.get_by_role("button", name="Add", exact=True).click()
    expect(dialog.get_by_text("Choose a dataset, or name a new one.")).to_be_visible()
    dialog.get_by_label("Name of the new dataset").fill("Rivers")
    dialog.get_by_role("button", name="Add", exact=True).click()

    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    run_job(Job.all_rows.get(kind="clone").pk)
    expect(page.get_by_text("Added to the dataset")).to_be_visible()
    page.get_by_role("link", name="Open the dataset").click()
    expect(page.get_by_role("heading", name="Rivers")).to_be_visible()
    expect(page.locator("table").get_by_text("third")).to_be_visible()
    expect(page.locator("table").get_by_text("second")).to_be_hidden()
