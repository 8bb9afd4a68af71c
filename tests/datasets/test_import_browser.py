"""The upload page in a real browser: a file is dropped, checked, looked at and saved."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from datasets.models import Session, SessionImport
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from tests.cast import Cast, make_cast
from tests.datasets.imports import chat_line

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

DROP = """(zone, text) => {
  const data = new DataTransfer();
  data.items.add(new File([text], "rivers.jsonl"));
  const options = { dataTransfer: data, bubbles: true, cancelable: true };
  zone.dispatchEvent(new DragEvent("drop", options));
}"""


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def enter(page: Page, client: Client, url: str) -> None:
    value = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": url}])


def work() -> None:
    """Do what a worker would."""
    for job in Job.all_rows.filter(state="ready").exclude(kind="index_sessions"):
        run_job(job.pk)


def look(page: Page, name: str) -> None:
    """Keep a picture where one is asked for."""
    if folder := os.environ.get("SCREENSHOTS"):
        for width in (1440, 390):
            for scheme in ("light", "dark"):
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                path = Path(folder) / f"{name}-{width}-{scheme}.png"
                page.screenshot(path=path, full_page=True)
        page.set_viewport_size({"width": 1440, "height": 900})


@pytest.fixture
def at_upload(page: Page, live_server: Any, cast: Cast, sign_in: Callable[..., Client]) -> Page:
    """Eva at the upload page; whatever her browser complains about fails the test."""
    enter(page, sign_in(cast.eva), live_server.url)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(f"{live_server.url}/t/lighthouse/sessions/upload/")
    return page


def test_a_dropped_file_is_checked_looked_at_and_saved(at_upload: Page) -> None:
    page, lines = at_upload, "\n".join(chat_line(number) for number in range(1, 6))
    look(page, "upload")

    page.locator("[data-dropzone]").evaluate(DROP, lines)
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("The file is being checked")).to_be_visible()
    look(page, "checking")
    work()
    expect(page.get_by_text("Nothing is saved yet")).to_be_visible()
    look(page, "preview")
    page.get_by_role("button", name="Save 5 sessions").click()
    expect(page.get_by_text("The sessions are being saved")).to_be_visible()
    work()

    expect(page.get_by_role("link", name="Open the sessions")).to_be_visible()
    look(page, "saved")
    assert Session.all_rows.count() == 5
    page.goto(page.url.rsplit("/", 2)[0] + "/")
    expect(page.get_by_role("link", name="rivers.jsonl")).to_be_visible()
    look(page, "imports")


def test_a_refused_file_shows_its_rows(at_upload: Page) -> None:
    page = at_upload
    wrong = [chat_line(1), '{"messages": [{"role": "user", "content": 7}]}', "{", '{"id": 3}']

    page.locator("[data-dropzone]").evaluate(DROP, "\n".join([*wrong, chat_line(1)]))
    page.get_by_role("button", name="Check the file").click()
    work()

    expect(page.get_by_role("cell", name="messages[0].content")).to_be_visible()
    look(page, "refused")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("The file is deleted")).to_be_visible()
    assert SessionImport.all_rows.get().state == "discarded"


def test_a_file_over_the_cap_is_refused_before_it_is_sent(at_upload: Page) -> None:
    page = at_upload
    page.locator("[data-upload]").evaluate("form => { form.dataset.maxBytes = 10 }")

    page.locator("[data-dropzone]").evaluate(DROP, chat_line(1))
    page.get_by_role("button", name="Check the file").click()

    expect(page.get_by_text("This file is larger than")).to_be_visible()
    assert not SessionImport.all_rows.exists()
