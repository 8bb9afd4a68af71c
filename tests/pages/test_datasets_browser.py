"""Datasets in a real browser: a shared item, writing by hand, edits in a row, delete and undo."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from datasets.editing import edition
from datasets.formats.items import CheckRecord, ItemRecord
from datasets.models import Dataset
from tests.cast import Cast
from tests.datasets_made import items_of, make_dataset
from tests.pages.corpus import XSS
from tests.pages.visitor import PHONE, TOO_WIDE
from tests.pages.watching import SignIn, Watch, enter

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def site(live_server: Any) -> str:
    return f"{live_server.url}/t/lighthouse"


def at(page: Page, site: str, path: str, cast: Cast, sign_in: SignIn, who: str = "eva") -> Watch:
    watch = enter(page, sign_in(cast.actor(who)), site.split("/t/")[0])
    page.goto(f"{site}/{path}")
    return watch


def path_of(dataset: Dataset, rest: str = "") -> str:
    return f"datasets/{dataset.pk}/{rest}"


def look(page: Page, name: str) -> None:
    """The page fits a phone; pictures in both themes go where `SCREENSHOTS` names a folder."""
    for size in ({"width": 1440, "height": 900}, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            if folder := os.environ.get("SCREENSHOTS"):
                page.wait_for_timeout(250)  # buttons change their colours slowly
                path = Path(folder) / f"datasets-{name}-{size['width']}-{scheme}.png"
                page.screenshot(path=path, caret="initial")
    too_wide = page.evaluate(TOO_WIDE)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
    assert too_wide == [], f"{name} at 390 px"


def test_a_share_link_opens_the_middle_of_ten_thousand_items(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    records = [
        ItemRecord(public_id=f"q-{n}", input=f"Question {n}? " * 9, output="Answer. " * 20)
        for n in range(10_000)
    ]
    dataset = make_dataset(owner=cast.eva, items=records)
    item = items_of(dataset, by=cast.eva)[5_000]
    watch = at(page, site, path_of(dataset, f"?item={item.key}"), cast, sign_in)

    row = page.locator(f"#i-{item.key}")
    expect(row).to_be_in_viewport()
    expect(row).to_have_class("is-shared is-current")
    expect(row).to_contain_text("q-5000")
    page.keyboard.press("j")
    expect(page.locator("tr.is-current")).to_contain_text("q-5001")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.keyboard.press("c")
    expect(page.locator(".toast")).to_contain_text("Link copied")
    other = items_of(dataset, by=cast.eva)[5_001]
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied == f"{site}/datasets/{dataset.pk}/?item={other.key}"
    look(page, "shared")
    assert watch.seen == []


def test_an_item_is_written_by_hand_with_history(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    dataset = make_dataset(owner=cast.eva)
    watch = at(page, site, path_of(dataset), cast, sign_in)
    look(page, "empty")

    page.keyboard.press("n")
    page.get_by_label("Input").fill("And which one Linz?")
    page.get_by_label("Output", exact=True).fill("The Danube too.")
    page.get_by_role("button", name="User turn").click()
    page.keyboard.type("Which river crosses Vienna?")
    page.get_by_role("button", name="Assistant turn").click()
    page.keyboard.type("The Danube.")
    expect(page.locator(".turn")).to_have_count(2)
    context = page.locator(".field", has_text="Context").first
    context.get_by_label("Key").first.fill("n")
    context.get_by_label("Value").first.fill("12345678901234567890")
    page.get_by_role("button", name="Add a check").click()
    page.locator("select[name=checks-0-operator]").select_option("includes")
    expect(page.locator("[data-operator-help]").first).to_contain_text("Passes")
    page.locator("textarea[name=checks-0-criteria]").fill("Danube")
    look(page, "editor")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/?item=*")

    (item,) = items_of(dataset, by=cast.eva)
    assert [each["role"] for each in item.history] == ["user", "assistant"]
    assert item.context == {"n": 12345678901234567890}
    assert item.check_records == [CheckRecord("includes", "Danube")]
    assert watch.seen == []


def test_a_row_is_edited_and_a_colleagues_change_is_kept(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    watch = at(page, site, path_of(dataset), cast, sign_in)
    item = items_of(dataset, by=cast.eva)[1]

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("e")
    form = page.locator("[data-inline]")
    form.get_by_label("Output", exact=True).fill("Typed in the row.")
    look(page, "inline")
    with edition(dataset, by=cast.olga) as changing:
        changing.revise(item, output="Olga was here.")
    page.keyboard.press("Control+Enter")
    expect(form).to_contain_text("Olga changed this item meanwhile")
    expect(form.get_by_label("Output", exact=True)).to_have_value("Typed in the row.")
    page.get_by_role("button", name="Write over it").click()
    expect(page.locator(f"#i-{item.key}")).to_contain_text("Typed in the row.")
    expect(page.locator(f"#i-{item.key}")).to_have_class("is-current")
    page.keyboard.press("e")
    expect(form).to_be_visible()
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)

    assert items_of(dataset, by=cast.eva)[1].output == "Typed in the row."
    assert watch.seen == []


def test_items_are_moved_deleted_and_brought_back_by_keys(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    dataset = make_dataset(owner=cast.eva, items=4)
    watch = at(page, site, path_of(dataset), cast, sign_in)
    names = page.locator(".item-name .row-link")

    page.keyboard.press("j")
    page.keyboard.press("J")
    expect(names).to_have_text(["q-2", "q-1", "q-3", "q-4"])
    expect(page.locator("tr.is-current .row-link")).to_have_text("q-1")
    page.keyboard.press("Delete")
    expect(names).to_have_text(["q-2", "q-3", "q-4"])
    page.keyboard.press("z")
    expect(names).to_have_text(["q-2", "q-1", "q-3", "q-4"])

    page.locator("[data-pick-page]").click()
    look(page, "selected")
    page.locator("#selection").get_by_role("button", name="Delete").click()
    expect(page.locator(".toast")).to_contain_text("4 items deleted.")
    page.locator(".toast [data-undo]").first.click()
    expect(names).to_have_count(4)
    assert len(items_of(dataset, by=cast.eva)) == 4
    assert watch.seen == []


def test_versions_and_checks_are_looked_at(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    dataset = make_dataset(owner=cast.eva, items=4, description="Rivers and what they cross.")
    first, second, *_ = items_of(dataset, by=cast.eva)
    with edition(dataset, by=cast.olga) as changing:
        changing.revise(first, output="Answer number one.", tags=["hard"])
        changing.remove([second.key])
        changing.set_global_checks([CheckRecord("grammar"), CheckRecord("includes", "Danube")])
    watch = at(page, site, path_of(dataset, "versions/"), cast, sign_in)
    for path, name in (
        ("versions/", "versions"), ("versions/2/", "version"), ("diff/2/3/", "diff"),
        ("checks/", "checks"), (f"items/{first.key}/", "item"), ("settings/", "settings"),
    ):  # fmt: skip
        page.goto(f"{site}/{path_of(dataset, path)}")
        look(page, name)
    page.goto(f"{site}/datasets/")
    look(page, "list")
    page.goto(f"{site}/{path_of(dataset, 'versions/2/')}")
    page.get_by_role("button", name="Restore this version…").click()
    page.get_by_role("button", name="Restore version 2").click()
    expect(page.locator(".toast")).to_contain_text("Version 2 is restored as version 4.")
    assert watch.seen == []


def test_hostile_texts_are_only_texts(page: Page, site: str, cast: Cast, sign_in: SignIn) -> None:
    records = [
        ItemRecord(
            input=text, output=text, expected_output=text, tags=("t",), context={"a": text},
            history=({"role": "user", "content": text},), summary=text,
            checks=(CheckRecord("includes", text, category=text[:200]),),
        )
        for text in XSS
    ]  # fmt: skip
    dataset = make_dataset(owner=cast.eva, items=records)
    watch = at(page, site, path_of(dataset), cast, sign_in)
    for item in items_of(dataset, by=cast.eva)[:8]:
        for path in ("", "edit/"):
            page.goto(f"{site}/{path_of(dataset, f'items/{item.key}/{path}')}")
    page.goto(f"{site}/{path_of(dataset, 'diff/1/2/')}")
    page.wait_for_load_state("networkidle")

    assert watch.seen == []
