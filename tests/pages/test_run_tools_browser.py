"""What runs are made with, in a real browser: an evaluator, a configuration, the launchers."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from datasets.formats.items import CheckRecord, ItemRecord
from runs.models import EvaluationConfig, Evaluator, Run, RunItem
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.pages.visitor import PHONE, TOO_WIDE
from tests.pages.watching import SignIn, Watch, enter
from tests.runs.engine import work_off
from tests.runs_made import make_config, make_endpoint, make_evaluator

pytestmark = pytest.mark.django_db(transaction=True)


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
                path = Path(folder) / f"tools-{name}-{size['width']}-{scheme}.png"
                page.screenshot(path=path, caret="initial")
    too_wide = page.evaluate(TOO_WIDE)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1440, "height": 900})
    assert too_wide == [], f"{name} at 390 px"


GUESTS = [
    ItemRecord(
        public_id=f"arrival-{n}",
        input=f"The door code fails and guests arrive at {n}. What do I do?",
        output="I am sorry. Send the backup code 4711 at once, then call the locksmith.",
        expected_output="Send the backup code.",
        context={"property": "Harbour View"},
        checks=(CheckRecord("includes", "backup code", 3, "Correctness"),),
    )
    for n in range(1, 8)
]


def test_an_evaluator_is_written_with_variables_a_fault_and_a_preview(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    make_dataset(owner=cast.eva, name="Guest questions", items=GUESTS)
    watch = at(page, site, "runs/evaluators/", cast, sign_in)
    page.get_by_role("link", name="Write an evaluator").click()
    page.get_by_label("Name", exact=True).fill("Takes the guest seriously")
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("Question: ")
    page.get_by_role("button", name="{input.content}").first.click()
    expect(prompt).to_have_value("Question: {input.content}")
    preview = page.locator("#preview")
    expect(preview).to_contain_text("guests arrive at 1")
    page.get_by_label("Row", exact=True).fill("3")
    expect(preview).to_contain_text("guests arrive at 3")

    prompt.fill("Question: {input.content}\nAnswer: {output.contnet}")
    expect(preview).to_contain_text("Line 2, column 9")
    expect(preview.locator("mark")).to_have_text("{output.contnet}")
    look(page, "evaluator-fault")
    page.get_by_role("button", name="Line 2, column 9").click()
    page.keyboard.type("{output.content}")
    expect(prompt).to_have_value("Question: {input.content}\nAnswer: {output.content}")
    expect(preview).to_contain_text("backup code 4711")

    page.get_by_label("The judge answers").select_option("choice")
    labels = page.get_by_label("Label", exact=True)
    labels.first.fill("seriously")
    page.get_by_label("Whether this label passes").first.select_option("1")
    page.get_by_role("button", name="Another label").click()
    labels.nth(1).fill("not at all")
    look(page, "evaluator")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("link", name="Takes the guest seriously")).to_be_visible()
    assert Evaluator.all_rows.get().output_schema == {
        "type": "choice", "choices": ["seriously", "not at all"], "passes": ["seriously"],
    }  # fmt: skip
    look(page, "evaluators")
    assert watch.seen == []


def test_a_configuration_offers_what_fits_its_dataset_and_is_previewed(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    dataset = make_dataset(owner=cast.eva, name="Guest questions", items=GUESTS)
    make_dataset(owner=cast.eva, name="Whole chats", level="session")
    make_endpoint(owner=cast.eva)
    make_evaluator(owner=cast.eva, description="Whether the tone is kind.")
    make_evaluator(
        owner=cast.eva, name="Ends well", level="session", prompt="Does it end well? {full_history}"
    )
    watch = at(page, site, "runs/configs/", cast, sign_in)
    page.get_by_role("link", name="Make a configuration").click()
    page.get_by_label("Name", exact=True).fill("Nightly")

    page.get_by_label("Dataset", exact=True).select_option(label="Whole chats")
    expect(page.get_by_text("Sessions are judged as they are")).to_be_visible()
    expect(page.get_by_label("Is it polite?")).to_be_disabled()
    expect(page.get_by_label("Ends well")).to_be_enabled()
    look(page, "config-sessions")
    page.get_by_label("Dataset", exact=True).select_option(label="Guest questions")
    expect(page.get_by_label("Ends well")).to_be_disabled()
    expect(page.get_by_text("Judges whole sessions. This dataset holds messages.")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Nightly")
    page.get_by_label("Is it polite?").check()
    page.get_by_label("Judge", exact=True).select_option(label="Echo")
    look(page, "config-form")
    page.get_by_role("button", name="Create").click()

    expect(page.get_by_text("Not run yet")).to_be_visible()
    assert EvaluationConfig.all_rows.get().dataset == dataset
    config = page.url
    page.get_by_role("button", name="Preview on 5 items").click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    work_off()
    page.goto(config)
    expect(page.get_by_role("row", name="Preview").get_by_text("5", exact=True)).to_be_visible()
    look(page, "config")
    page.goto(f"{site}/runs/configs/")
    look(page, "configs")
    page.goto(f"{site}/datasets/{dataset.pk}/runs/")
    expect(page.get_by_role("link", name="Nightly", exact=True)).to_be_visible()
    look(page, "dataset-runs")
    assert watch.seen == []


def test_a_custom_run_is_started_and_watched_to_its_end(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    make_endpoint(owner=cast.eva, is_shared=True)
    make_evaluator(owner=cast.eva, is_shared=True)
    watch = at(page, site, "runs/new/", cast, sign_in, who="tess")
    look(page, "new")
    page.get_by_role("link", name="Custom").click()
    page.get_by_label("Prompt 1").fill("The door code fails.")
    page.get_by_label("Prompt 2").fill("  What did I forget?  ")
    page.get_by_label("Locked").nth(1).check()
    page.get_by_role("button", name="Remove").nth(2).click()
    page.get_by_role("button", name="Another prompt").click()
    page.keyboard.type("Thank you!")
    page.get_by_label("Is it polite?").check()
    page.get_by_label("Title").fill("Late arrivals")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("“Is it polite?” asks a model")).to_be_visible()
    expect(page.get_by_label("Prompt 2")).to_have_value("  What did I forget?  ")
    look(page, "custom")
    page.get_by_label("Is it polite?").uncheck()
    page.get_by_role("button", name="Start the run").click()

    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    expect(page.get_by_role("heading", name="Late arrivals")).to_be_visible()
    expect(page.get_by_text(re.compile("Pending|Running")).first).to_be_visible()
    work_off()
    page.reload()
    expect(page.get_by_text("Success", exact=True).first).to_be_visible()
    rows = RunItem.all_rows.filter(run=Run.all_rows.get()).order_by("order_index")
    assert [(row.prompt_text, row.prompt_locked, row.response) for row in rows] == [
        ("The door code fails.", False, "The door code fails."),
        ("  What did I forget?  ", True, "  What did I forget?  "),
        ("Thank you!", False, "Thank you!"),
    ]
    assert watch.seen == []


def test_prompts_are_seen_before_a_batch_of_them_is_started(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    make_endpoint(owner=cast.eva, is_shared=True)
    watch = at(page, site, "runs/new/auto/", cast, sign_in)
    look(page, "auto")
    for box in page.locator("[name=keys]").all()[1:]:
        box.uncheck()
    made = page.get_by_role("list", name="The prompts in their order")
    expect(page.get_by_text("50 prompts: Check-in 50")).to_be_visible()
    before = made.inner_text()
    page.get_by_label("Selection").fill("4242")
    expect(made).not_to_have_text(before)

    page.goto(f"{site}/runs/new/batch/")
    page.get_by_label("3 runs, 150 prompts").check()
    look(page, "batch-new")
    page.get_by_role("button", name="Start the batch").click()
    page.wait_for_url(re.compile(r"/runs/batches/"))
    expect(page.get_by_text("Runs ended")).to_be_visible()
    look(page, "batch-open")
    work_off()
    expect(page.locator("[hx-trigger='every 3s']")).to_have_count(0)
    expect(page.get_by_text("Success", exact=True)).to_have_count(3)
    look(page, "batch")
    assert watch.seen == []


def test_an_admin_writes_a_template_and_sees_what_it_gives(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    watch = at(page, site, "runs/templates/", cast, sign_in, who="adam")
    look(page, "templates")
    page.get_by_role("link", name="New template").click()
    page.get_by_label("Title").fill("Weather")
    page.get_by_label("Category", exact=True).fill("Concierge")
    page.get_by_label("Key", exact=True).fill("weather")
    page.get_by_label("Text").fill("Will it rain in {city} {day}?")
    page.get_by_label("Values of city").fill("Oslo\nLisbon")
    page.get_by_label("Values of day").fill("today\ntomorrow\non Sunday")
    expect(page.get_by_text("6 different prompts")).to_be_visible()
    look(page, "template-form")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("link", name="Weather")).to_be_visible()
    page.get_by_role("switch", name="Weather is in use").click()
    expect(page.get_by_role("switch", name="Weather is in use")).to_have_attribute(
        "aria-checked", "false"
    )
    assert watch.seen == []


def test_deleting_a_configuration_can_be_taken_back(
    page: Page, site: str, cast: Cast, sign_in: SignIn
) -> None:
    config = make_config(owner=cast.eva, dataset=make_dataset(owner=cast.eva))
    watch = at(page, site, f"runs/configs/{config.pk}/", cast, sign_in)
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("Deleted Nightly.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Nightly")).to_be_visible()
    assert watch.seen == []
