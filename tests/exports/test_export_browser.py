"""Exports in a real browser: ticked sessions, a dialog that counts, a bar that moves, the file."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from exports.models import Export
from tests.cast import Cast, make_cast
from tests.exports.reviews_exported import item_of, lab, reviewed
from tests.exports.reviews_exported import make_session as make_lab_session
from tests.exports.test_lab_exports import TITLES
from tests.sessions import make_label, make_session

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
FOLDER = Path(settings.HOME) / "files" / "exports"


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture(autouse=True)
def empty_folder() -> Iterator[None]:
    yield
    for path in FOLDER.glob("*"):
        path.unlink()


@pytest.fixture
def at_evals(page: Page, live_server: Any, cast: Cast, sign_in: Callable[..., Client]) -> Page:
    two_turns = (("user", "1"), ("assistant", "a"), ("user", "2"), ("assistant", "b"))
    for title in ("first", "second", "third"):
        make_label(make_session(owner=cast.eva, title=title, messages=two_turns))
    value = sign_in(cast.eva).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/t/lighthouse/evals/")
    return page


def counts(page: Page) -> list[str]:
    return page.locator("#export-preview .stat__value").all_inner_texts()


def test_ticked_sessions_become_a_file(at_evals: Page, cast: Cast) -> None:
    page = at_evals
    page.get_by_label("Select first").check()
    page.get_by_label("Select third").check()

    page.locator("#selection").get_by_role("button", name="Export").click()
    expect(page.get_by_role("dialog", name="Export")).to_be_visible()
    assert counts(page)[:2] == ["2", "4"]
    with page.expect_response(lambda answer: "part=preview" in answer.url):
        page.get_by_role("radio", name="Whole conversation One").check()
    expect(page.locator("#export-preview .stat__value").nth(1)).to_have_text("2")
    page.get_by_role("radio", name="Plain text").check()
    expect(page.get_by_text("A test case is")).to_be_hidden()
    page.get_by_role("dialog").get_by_role("button", name="Export").click()

    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    run_job(Job.all_rows.get(kind="export").pk)
    with page.expect_download() as loading:
        page.get_by_role("link", name="Download").click()

    data = Path(loading.value.path()).read_bytes()
    export = Export.all_rows.get()
    assert hashlib.sha256(data).hexdigest() == export.sha256
    assert data.decode().count("## Session: ") == 2
    assert loading.value.suggested_filename == export.file_name


def test_a_running_export_moves_and_survives_leaving_the_page(
    at_evals: Page, cast: Cast, live_server: Any
) -> None:
    page = at_evals
    page.get_by_role("button", name="Export").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Export").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    job = Job.all_rows.filter(kind="export")
    running = {"state": "running", "lease_until": "2100-01-01T00:00Z"}

    job.update(**running, n_done=1, n_expected=6)
    expect(page.get_by_text("1 of 6")).to_be_visible()
    page.goto(f"{live_server.url}/t/lighthouse/exports/")
    job.update(n_done=5)
    expect(page.get_by_text("5 of 6")).to_be_visible()
    job.update(state="ready", lease_until=None)
    run_job(job.get().pk)

    expect(page.get_by_role("link", name="Download")).to_be_visible()


def test_reviews_become_a_file_with_the_chosen_format_and_options(
    page: Page, live_server: Any, cast: Cast, sign_in: Callable[..., Client]
) -> None:
    _, queue = make_lab_session(cast.eva)
    reviewed(item_of(queue), cast.tess, lab())
    value = sign_in(cast.eva).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/t/lighthouse/queues/{queue.pk}/")
    page.keyboard.press("x")
    page.get_by_role("radio", name="Lab session CSV").check()
    page.locator("[name=suggestions]").check()
    page.locator("[name=spreadsheet_safe]").uncheck()
    page.get_by_role("button", name="Export", exact=True).click()

    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    job = Job.all_rows.filter(kind="export")
    job.update(state="running", lease_until="2100-01-01T00:00Z", n_done=1, n_expected=2)
    expect(page.get_by_text("1 of 2")).to_be_visible()
    job.update(state="ready", lease_until=None)
    run_job(job.get().pk)
    with page.expect_download() as loading:
        page.get_by_role("link", name="Download").click()

    export = Export.all_rows.get()
    assert (export.format, loading.value.suggested_filename) == ("lab-csv", export.download_name)
    assert (export.options["suggestions"], export.options["spreadsheet_safe"]) == (True, False)
    first, *rows = Path(loading.value.path()).read_text(encoding="utf-8-sig").splitlines()
    columns = first.split(",")
    assert [each for each in columns if not each.startswith("suggested_")] == TITLES.split(",")
    assert "suggested_status" in columns
    assert [row.split(",")[:2] for row in rows] == [["0", "case-001"], ["1", "case-002"]]
