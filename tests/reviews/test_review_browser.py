"""Reviewing in a real browser: a queue by keyboard alone, killed tabs, two tabs at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from reviews.models import Queue, ReviewAnswer, Rubric
from tests.cast import make_cast
from tests.reviews_made import make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def open_queue(
    page: Page, live_server: Any, sign_in: Callable[..., Client]
) -> Callable[..., Queue]:
    """Return a function that makes a queue and opens it as Tess."""

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

    return opened


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
