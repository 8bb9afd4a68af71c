"""The editor of rubrics in a real browser: made by keyboard, previewed, faults at their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from reviews.models import Rubric
from tests.cast import make_cast

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


@pytest.fixture
def editor(page: Page, live_server: Any, sign_in: Callable[..., Client]) -> Page:
    """An empty editor, opened as Eva."""
    cast = make_cast()
    value = sign_in(cast.eva).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
    )
    page.goto(f"{live_server.url}/t/lighthouse/queues/rubrics/new/?from=empty")
    return page


def test_rubric_is_made_by_keyboard_and_seen_as_reviewers_see_it(editor: Page) -> None:
    page, keys = editor, editor.keyboard
    preview = page.locator("#preview-form")
    criteria = page.locator("[data-part=criterion]")
    titles = page.locator("[data-part=criterion] .builder-criterion__title")

    page.get_by_label("Name", exact=True).focus()
    keys.type("Warmth")
    page.get_by_label("Label: the question").focus()
    keys.type("Is it kind?")
    expect(preview.get_by_text("Is it kind?")).to_be_visible()
    expect(page.get_by_label("Key: its name in exports")).to_have_value("is_it_kind")

    # Another one after it, with options that Enter adds.
    keys.press("Alt+Enter")
    expect(criteria).to_have_count(2)
    keys.type("Which tone?")
    keys.press("Tab")
    keys.type("One c")
    first = criteria.nth(1).locator("[data-part=option] [data-name=label]").first
    first.focus()
    keys.type("Warm")
    keys.press("Enter")
    keys.type("Cold")
    expect(criteria.nth(1).locator("[data-part=option]")).to_have_count(3)
    keys.press("Alt+ArrowUp")
    keys.press("Alt+ArrowDown")
    keys.press("Alt+ArrowDown")
    expect(page.locator("[data-said]")).to_have_text("Cold: 3 of 3.")

    # Saving says what is wrong at the option without a value, and keeps everything.
    keys.press("Control+Enter")
    expect(page.locator("[data-part=option] [aria-invalid=true]")).to_be_focused()
    expect(page.get_by_text("Write something here.").first).to_be_visible()
    keys.press("Alt+Delete")
    expect(criteria.nth(1).locator("[data-part=option]")).to_have_count(2)

    # Doubled, moved to the front, removed and brought back.
    criteria.nth(1).locator("[data-act=toggle]").focus()
    keys.press("Alt+Shift+ArrowDown")
    keys.type(" again")
    expect(titles).to_have_text(["Is it kind?", "Which tone?", "Which tone? again"])
    keys.press("Alt+ArrowUp")
    keys.press("Alt+ArrowUp")
    expect(titles).to_have_text(["Which tone? again", "Is it kind?", "Which tone?"])
    keys.press("Alt+Delete")
    expect(titles).to_have_text(["Is it kind?", "Which tone?"])
    keys.press("u")
    expect(titles).to_have_text(["Which tone? again", "Is it kind?", "Which tone?"])
    keys.press("Alt+Delete")

    expect(preview.locator("[data-field]")).to_have_count(2)
    expect(preview.get_by_label("Cold")).to_be_attached()
    keys.press("Control+Enter")
    expect(page.get_by_role("heading", name="Warmth")).to_be_visible()
    asked = Rubric.all_rows.get(name="Warmth").newest().read()
    assert [(each.key, each.kind, each.values) for each in asked.criteria()] == [
        ("is_it_kind", "pass_fail", ("pass", "fail")),
        ("which_tone", "choice", ("warm", "cold")),
    ]


def test_json_and_fields_follow_each_other(editor: Page) -> None:
    page = editor
    page.get_by_text("Edit as JSON").click()
    typed = page.get_by_label("The rubric as JSON")
    label = page.get_by_label("Label: the question")

    typed.fill("{")
    typed.blur()
    expect(page.get_by_text("This is not JSON:")).to_be_visible()
    typed.fill(
        '{"sections": [{"key": "s", "label": "S", "criteria": '
        '[{"key": "stars", "label": "How many?", "kind": "rating", "min": 1, "max": 3}]}]}'
    )
    typed.blur()
    expect(label).to_have_value("How many?")
    expect(page.locator("#preview-form .pick")).to_have_count(3)
    label.fill("How many stars?")

    assert '"label": "How many stars?"' in typed.input_value()
    assert '"key": "stars"' in typed.input_value()
