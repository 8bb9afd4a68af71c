"""Adjudicating in a real browser, by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from reviews.claiming import claim
from reviews.models import Adjudication, Queue, QueueItem
from reviews.saving import save
from tests.cast import Cast, make_cast
from tests.reviews_made import NO, YES, make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def disputed(cast: Cast) -> Queue:
    """Three items; on the first, two of three say no."""
    queue = make_queue(owner=cast.olga, n_items=3, reviews_per_item=3)
    for who, said in ((cast.eva, YES), (cast.emil, NO), (cast.tess, NO)):
        for _ in range(3):
            slot = claim(queue, by=who)
            assert slot is not None
            save(slot.queue_item, said, by=who)
    return queue


def test_three_items_are_settled_by_keyboard_alone(
    page: Page, live_server: Any, sign_in: Callable[..., Client]
) -> None:
    cast = make_cast()
    queue = disputed(cast)
    value = sign_in(cast.adam).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/t/lighthouse/queues/{queue.pk}/adjudicate/")
    progress, current = page.locator(".desk__progress"), page.locator(".criterion.is-current")
    press = page.keyboard.press

    press("a")  # from the list to the first item: the majority, the cause, save
    expect(current).to_be_visible()
    page.wait_for_load_state()
    expect(page.locator(".said__most")).to_contain_text("Fail")
    press("m")
    expect(page.locator("input[value=fail]")).to_be_checked()
    expect(current).to_contain_text("What did it come from?")
    press("2")
    press("Control+Enter")
    expect(progress).to_contain_text("1 of 3 settled")
    press("1")  # another answer than most gave, with a reason and a label
    press("c")
    press("1")
    press("n")
    page.keyboard.type("They say 1 thing.")
    press("Escape")
    press("l")
    press("5")
    second = page.locator(".rail-item[aria-current]").inner_text()
    press("ArrowRight")  # what was chosen is kept while one looks at the next
    expect(page.locator(".rail-item[aria-current]")).not_to_contain_text(second)
    press("ArrowLeft")
    expect(page.locator("#reason")).to_have_value("They say 1 thing.")
    press("Control+Enter")
    expect(progress).to_contain_text("2 of 3 settled")
    save(  # a review changes under the adjudicator
        QueueItem.all_rows.select_related("queue").get(queue=queue, state="needs_adjudication"),
        YES, by=cast.emil,
    )  # fmt: skip
    press("m")
    press("3")
    press("Control+Enter")
    expect(page.get_by_role("dialog")).to_contain_text("(Emil)")
    press("Tab")
    page.get_by_role("button", name="Look at it anew").press("Enter")
    expect(page.locator(".said__most")).to_contain_text("Pass")
    press("m")
    press("c")
    press("3")
    press("Control+Enter")
    expect(page.get_by_role("heading", name="Nothing waits for a decision")).to_be_visible()

    made = Adjudication.all_rows.order_by("queue_item__position")
    assert [(each.answers["verdict"]["value"], each.cause, each.reason) for each in made] == [
        ("fail", "reviewer_slip", ""),
        ("pass", "guideline_gap", "They say 1 thing."),
        ("pass", "ambiguous_item", ""),
    ]
    assert [each.labels for each in made] == [{}, {"guestIntent": "Noise"}, {}]


def test_an_item_is_sent_to_adjudication_by_key_from_its_own_row_alone(
    page: Page, live_server: Any, sign_in: Callable[..., Client]
) -> None:
    cast = make_cast()
    queue = make_queue(owner=cast.olga, n_items=2, reviews_per_item=1, reviewers=[cast.eva])
    for said in (YES, {"answers": {"verdict": {"flagged": True}}}):
        slot = claim(queue, by=cast.eva)
        assert slot is not None
        save(slot.queue_item, said, by=cast.eva)
    agreed = QueueItem.all_rows.filter(queue=queue, state="reviewed")
    agreed.update(is_canon_candidate=True)
    value = sign_in(cast.adam).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/t/lighthouse/queues/{queue.pk}/adjudicate/")
    current = page.locator("[data-row].is-current")
    press = page.keyboard.press

    press("s")  # on no row
    press("j")
    expect(current).to_contain_text("Flag")
    press("s")  # on a row that waits already
    press("j")
    expect(current).to_contain_text("Canon candidate")
    assert agreed.exists()
    press("s")
    expect(page.get_by_text("Sent to adjudication. It waits for a decision now.")).to_be_visible()
    expect(page.locator("#second-look [data-row]")).to_have_count(0)
    assert not agreed.exists()
