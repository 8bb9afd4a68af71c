"""Runs in a real browser: drill into a failure, override it, compare with another run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from datasets.formats.items import CheckRecord, ItemRecord
from datasets.models import Dataset
from runs.models import Run, RunItem
from runs.planning import Output, start_outputs
from tests.cast import Cast
from tests.datasets_made import items_of, make_dataset
from tests.pages.corpus import XSS
from tests.pages.visitor import PHONE, TOO_WIDE
from tests.pages.watching import SignIn, Watch, enter
from tests.runs.engine import ended
from tests.runs.run_pages import metrics
from tests.runs_made import make_check_result, make_run, make_run_item

pytestmark = pytest.mark.django_db(transaction=True)
CITIES = (
    ("Vienna", "Danube"), ("Graz", "Mur"), ("Salzburg", "Salzach"), ("Innsbruck", "Inn"),
    ("Linz", "Danube"), ("Paris", "Seine"), ("London", "Thames"), ("Rome", "Tiber"),
)  # fmt: skip


@pytest.fixture
def site(live_server: Any) -> str:
    return f"{live_server.url}/t/lighthouse"


def at(page: Page, site: str, path: str, cast: Cast, sign_in: SignIn, who: str = "eva") -> Watch:
    watch = enter(page, sign_in(cast.actor(who)), site.split("/t/")[0])
    page.goto(f"{site}/{path}")
    return watch


def look(page: Page, name: str) -> None:
    """The page fits a phone; pictures in both themes go where `SCREENSHOTS` names a folder."""
    for size in ({"width": 1440, "height": 900}, PHONE):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            if folder := os.environ.get("SCREENSHOTS"):
                page.wait_for_timeout(250)  # buttons change their colours slowly
                path = Path(folder) / f"runs-{name}-{size['width']}-{scheme}.png"
                page.screenshot(path=path, caret="initial", full_page=True)
    too_wide = page.evaluate(TOO_WIDE)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
    assert too_wide == [], f"{name} at 390 px"


def rivers(cast: Cast) -> Dataset:
    """Questions with three checks each."""
    records = [
        ItemRecord(
            public_id=f"{city.lower()}-river",
            input=f"Which river crosses {city}? Answer in one sentence, and name no other river.",
            output="I do not know.",
            expected_output=f"The {river}.",
            tags=("austria",) if n < 5 else ("abroad",),
            history=(
                {"role": "user", "content": "I have a question about rivers."},
                {"role": "assistant", "content": "Go ahead: I know **many** of them."},
            ),
            context={"city": city},
            checks=(
                CheckRecord("includes_exactly", river, 3, "Correctness"),
                CheckRecord("excludes_exactly", "sorry", 1, "Tone"),
                CheckRecord("less_than_length", "120", 1, "Style"),
            ),
        )
        for n, (city, river) in enumerate(CITIES)
    ]
    return make_dataset(owner=cast.eva, items=records, name="Rivers of cities")


def run_of(dataset: Dataset, cast: Cast, title: str, said: dict[str, str]) -> Run:
    """A run over outputs that name the right river, unless said otherwise for a city."""
    outputs = [
        Output(
            response=said.get(city, f"The {river} crosses {city}, and has done so for long."),
            item_key=item.key,
            in_tokens=40,
            out_tokens=12,
            duration=0.8,
        )
        for (city, river), item in zip(CITIES, items_of(dataset, by=cast.eva), strict=True)
    ]
    return ended(start_outputs(outputs, by=cast.eva, dataset=dataset, title=title))


def test_a_failure_is_found_read_and_overridden(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    run = run_of(
        rivers(cast), cast, "Candidate",
        {"Linz": "I am sorry: that I cannot say.", "Rome": "The Tevere, as people there call it."},
    )  # fmt: skip
    watch = at(page, site, "runs/", cast, sign_in)
    look(page, "list")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Candidate")).to_be_visible()
    expect(page.locator(".stats").first).to_contain_text("of 8")
    look(page, "run")
    page.get_by_role("row").filter(has_text="Includes exactly").first.get_by_role(
        "link"
    ).first.click()
    expect(page.locator(".run-item-table .row-link")).to_have_text(["linz-river", "rome-river"])
    look(page, "failing")

    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="linz-river")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("heading", name="rome-river")).to_be_visible()
    look(page, "row")
    page.keyboard.press("o")
    card = page.locator("#c0")
    card.get_by_label("Why").fill("Tevere is what the Tiber is called in Italian.")
    look(page, "override")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".toast")).to_contain_text("Overridden.")
    expect(page.locator("#row-verdict")).to_contain_text("passed")
    expect(card).to_contain_text("The machine said")
    look(page, "overridden")
    page.keyboard.press("z")
    expect(page.locator("#row-verdict")).to_contain_text("failed")
    assert not RunItem.all_rows.get(run=run, public_id="rome-river").is_passed
    page.keyboard.press("r")
    expect(page.locator(".message__raw").first).to_be_visible()
    assert watch.seen == []


def test_an_override_without_a_reason_is_asked_for_one(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    run = run_of(rivers(cast), cast, "Candidate", {"Rome": "The Tevere."})
    row = RunItem.all_rows.get(run=run, public_id="rome-river")
    watch = at(page, site, f"runs/{run.pk}/items/{row.pk}/", cast, sign_in)

    page.keyboard.press("o")
    page.locator("#c0").get_by_role("button", name="Override", exact=True).click()

    expect(page.locator("#c0")).to_contain_text("Say why")
    expect(page.locator("#c0").get_by_label("Why")).to_be_visible()
    assert watch.seen == []


def test_two_runs_are_compared_both_ways(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    dataset = rivers(cast)
    run_of(dataset, cast, "Baseline", {"Paris": "Sorry, no.", "Rome": "The Tevere."})
    run = run_of(
        dataset, cast, "Candidate",
        {"Linz": "I am sorry: that I cannot say.", "Graz": "The Drau.", "Rome": "The Arno."},
    )  # fmt: skip
    watch = at(page, site, f"runs/{run.pk}/", cast, sign_in)

    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Compare Candidate")).to_be_visible()
    look(page, "choose")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="From Baseline to Candidate")).to_be_visible()
    names = page.locator(".compare-row h3")
    expect(names).to_have_text(["graz-river", "linz-river", "paris-river"])
    look(page, "compare")
    page.get_by_role("link", name="Passed, now fails").click()
    expect(names).to_have_text(["graz-river", "linz-river"])
    page.get_by_role("link", name="Failed, now passes").click()
    expect(names).to_have_text(["paris-river"])
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="paris-river")).to_be_visible()
    assert watch.seen == []


def test_an_open_run_is_watched_paused_and_ends_by_itself(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    outputs = [
        Output(response=f"The {river}.", input=f"Which river crosses {city}?")
        for city, river in CITIES
    ]
    run = start_outputs(outputs, by=cast.eva, dataset=None, title="Typed")
    make_run(owner=cast.eva, title="Earlier", metrics=metrics())
    watch = at(page, site, f"runs/{run.pk}/", cast, sign_in)

    expect(page.locator(".run-progress")).to_contain_text("0 of 8 rows")
    look(page, "open")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".run-progress")).to_contain_text("Paused")
    page.goto(f"{site}/runs/")
    look(page, "list-open")
    page.goto(f"{site}/runs/{run.pk}/")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".toast")).to_contain_text("It goes on.")
    ended(run)
    expect(page.locator(".run-progress")).to_have_count(0)
    assert watch.seen == []


def test_deleting_is_undone_by_a_key(page: Page, site: str, cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva, n_items=1, title="Baseline")
    watch = at(page, site, f"runs/{run.pk}/", cast, sign_in)

    page.get_by_label("More", exact=True).click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".toast")).to_contain_text("Deleted Baseline.")
    look(page, "list-empty")
    page.keyboard.press("z")
    expect(page.locator("table").get_by_text("Baseline")).to_be_visible()
    assert watch.seen == []


def test_hostile_texts_are_only_texts(page: Page, site: str, cast: Cast, sign_in: SignIn) -> None:
    run = make_run(owner=cast.eva, title=XSS[0], error_analysis="\n\n".join(XSS), metrics=metrics())
    for n, text in enumerate(XSS):
        row = make_run_item(
            run, order_index=n, prompt_text=text, response=text, error=text, title=text[:200],
            tags=[text], category=text[:60], output_context={text: text},
        )  # fmt: skip
        make_check_result(row, criteria=text, feedback=text, extracted=text, evaluator=text)
    watch = at(page, site, "runs/", cast, sign_in)
    page.goto(f"{site}/runs/{run.pk}/")
    for row in RunItem.all_rows.filter(run=run):
        for view in ("", "?view=raw"):
            page.goto(f"{site}/runs/{run.pk}/items/{row.pk}/{view}")
    page.wait_for_timeout(300)

    assert watch.seen == []
