"""Reviewing in a real browser: a queue by keyboard alone, killed tabs, two tabs at once."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from reviews.models import Queue, QueueItem, Review, ReviewAnswer, Rubric, Slot
from tests.browser import ARGUMENTS, find_chromium
from tests.cast import make_cast
from tests.reviews_made import make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def open_queue(
    page: Page, live_server: Any, sign_in: Callable[..., Client]
) -> Iterator[Callable[..., Queue]]:
    """Give a function that makes a queue and opens it as Tess."""

    def opened(n_items: int = 3, slug: str = "pass-fail", **fields: Any) -> Queue:
        cast = make_cast()
        rubric = Rubric.of_the_product(slug, by=cast.eva)
        queue = make_queue(owner=cast.eva, n_items=n_items, rubric=rubric, **fields)
        value = sign_in(cast.tess).cookies[settings.SESSION_COOKIE_NAME].value
        page.context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
        )
        page.goto(f"{live_server.url}/t/lighthouse/queues/{queue.pk}/review/")
        return queue

    yield opened
    page.goto("about:blank")
    time.sleep(0.5)  # what the page sent as it went has arrived before the database is emptied


def test_twenty_items_take_two_keys_each(page: Page, open_queue: Callable[..., Queue]) -> None:
    queue = open_queue(n_items=20)
    painted = []
    for n in range(20):
        expect(page.locator(".desk__progress")).to_contain_text(f"{n} of 20 saved")
        page.keyboard.press("1" if n % 3 else "2")
        begun = time.monotonic()
        page.keyboard.press("Control+Enter")
        page.wait_for_function(
            "n => document.querySelector('.desk__progress b').textContent === String(n)",
            arg=n + 1,
            polling=10,
        )
        painted.append(time.monotonic() - begun)

    expect(page.get_by_role("heading", name="You are done")).to_be_visible()
    said = ReviewAnswer.all_rows.filter(queue=queue).order_by("queue_item__position")
    assert list(said.values_list("value", flat=True)) == [
        "pass" if n % 3 else "fail" for n in range(20)
    ]
    print(f"next item painted after {sorted(painted)[10] * 1000:.0f} ms (median)")


def test_keys_flag_note_skip_undo_and_faults(page: Page, open_queue: Callable[..., Queue]) -> None:
    queue = open_queue(n_items=2)
    first = page.locator(".rail-item[aria-current]").inner_text()
    flag = page.get_by_role("button", name="Flag", exact=True)

    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("This needs an answer.")).to_be_visible()
    page.keyboard.press("f")
    expect(flag).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("u")
    expect(flag).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("n")
    page.keyboard.type("such 1 fuss")
    expect(page.locator("input:checked")).to_have_count(0)
    page.keyboard.press("Escape")
    page.keyboard.press("s")
    expect(page.locator(".rail-item[aria-current]")).not_to_contain_text(first)
    page.keyboard.press("u")
    expect(page.locator(".rail-item[aria-current]")).to_contain_text(first)
    expect(page.get_by_label("Note on Is the answer good enough?").last).to_have_value(
        "such 1 fuss"
    )
    page.keyboard.press("1")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk__progress")).to_contain_text("1 of 2 saved")
    page.keyboard.press("u")
    expect(page.locator("input[value=pass]")).to_be_checked()
    assert ReviewAnswer.all_rows.get(queue=queue).note == "such 1 fuss"


def test_keys_work_at_once_on_an_item_that_is_answered_already(
    page: Page, open_queue: Callable[..., Queue]
) -> None:
    open_queue(n_items=1)
    page.keyboard.press("2")
    expect(page.get_by_text("draft saved")).to_be_visible()
    page.reload()
    page.keyboard.press("1")

    expect(page.locator("input[value=pass]")).to_be_checked()
    expect(page.get_by_label("Anything else")).to_have_value("")


def test_killed_tab_loses_at_most_two_seconds_of_typing(
    page: Page, open_queue: Callable[..., Queue]
) -> None:
    queue = open_queue(slug="helpfulness", n_items=1)
    url, context = page.url, page.context
    for seconds in (1.3, 2.6, 4.1):
        tab = context.new_page()
        tab.goto(url)
        comment = tab.get_by_label("Comment optional")
        comment.fill("")
        typed: list[tuple[float, str]] = []
        begun = time.monotonic()
        comment.focus()
        while time.monotonic() - begun < seconds:
            tab.keyboard.type("x")
            typed.append((time.monotonic(), comment.input_value()))
        killed = time.monotonic()
        tab.close()
        time.sleep(1)
        due = [text for at, text in typed if at < killed - 2]
        kept = (Review.all_rows.get(queue=queue).draft or {}).get("answers", {})
        found = kept.get("comment", {}).get("value") or ""
        assert len(found) >= len(due[-1] if due else "")
        assert found.strip("x") == ""


def test_killed_browser_loses_at_most_two_seconds_and_no_saved_answer(
    page: Page, open_queue: Callable[..., Queue], tmp_path: Path
) -> None:
    queue = open_queue(slug="helpfulness", n_items=2)
    url, cookies = page.url, page.context.cookies()
    page.keyboard.press("4")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".desk__progress")).to_contain_text("1 of 2 saved")
    url = page.url
    page.goto("about:blank")
    for n, seconds in enumerate((1.7, 3.3)):
        with killable_browser(page, tmp_path / str(n)) as (process, browser):
            context = browser.new_context()
            context.add_cookies([{**each} for each in cookies])  # type: ignore[typeddict-item]
            tab = context.new_page()
            tab.goto(url)
            comment = tab.get_by_label("Comment optional")
            comment.fill("")
            typed, begun = [], time.monotonic()
            while time.monotonic() - begun < seconds:
                tab.keyboard.type("y")
                typed.append((time.monotonic(), comment.input_value()))
            process.kill()
            killed = time.monotonic()
            process.wait()
        due = [text for at, text in typed if at < killed - 2]
        kept, deadline = "", time.monotonic() + 10  # what was sent is answered by a busy server
        while len(kept) < len(due[-1] if due else "") and time.monotonic() < deadline:
            draft = Review.all_rows.get(queue=queue, saved_at=None).draft or {}
            kept = draft.get("answers", {}).get("comment", {}).get("value") or ""
            time.sleep(0.1)
        assert len(kept) >= len(due[-1] if due else "")
        assert ReviewAnswer.all_rows.get(queue=queue, criterion="helpfulness").value == "4"


@contextmanager
def killable_browser(page: Page, home: Path) -> Iterator[tuple[subprocess.Popen[str], Browser]]:
    """A Chromium in a process of our own, to be killed as a machine would lose it."""
    ours = page.context.browser
    program = find_chromium()
    assert ours is not None
    assert program is not None
    process = subprocess.Popen(
        [program, *ARGUMENTS, "--headless=new", "--remote-debugging-port=0",
         f"--user-data-dir={home}"],
        stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        said = next(line for line in process.stderr if "DevTools listening on" in line)
        yield process, ours.browser_type.connect_over_cdp(said.split()[-1])
    finally:
        process.kill()
        process.wait()


def test_two_tabs_do_not_write_over_each_other(
    page: Page, open_queue: Callable[..., Queue]
) -> None:
    queue = open_queue(n_items=1)
    other = page.context.new_page()
    other.goto(page.url)
    page.keyboard.press("1")
    expect(page.get_by_text("draft saved")).to_be_visible()
    other.keyboard.press("2")

    dialog = other.get_by_role("dialog", name="You typed in another place too")
    expect(dialog).to_be_visible()
    review = Review.all_rows.get(queue=queue)
    assert review.draft["answers"]["verdict"]["value"] == "pass"
    expect(dialog.get_by_role("cell", name="fail")).to_be_visible()
    dialog.get_by_role("button", name="Keep what is here").click()
    expect(other.get_by_text("draft saved")).to_be_visible()
    review.refresh_from_db()
    assert review.draft["answers"]["verdict"]["value"] == "fail"

    page.keyboard.press("Control+Enter")
    dialog = page.get_by_role("dialog", name="You typed in another place too")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Take what is there").click()
    expect(page.locator("input[value=fail]")).to_be_checked()
    review.refresh_from_db()
    assert review.saved_at is None


def test_lost_place_is_told_and_what_is_typed_stays(
    page: Page, open_queue: Callable[..., Queue]
) -> None:
    queue = open_queue(n_items=1)
    Slot.all_rows.filter(queue=queue).update(state="released", token=None)
    QueueItem.all_rows.filter(queue=queue).update(open_slots=0)
    page.keyboard.press("2")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    expect(page.get_by_text("Your place has ended")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="You are done")).to_be_visible()
    assert not Review.all_rows.get(queue=queue).is_counted
