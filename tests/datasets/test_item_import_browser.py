"""Items come in through a real browser: a suite is corrected, foreign columns are mapped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from datasets.models import Dataset, DatasetImport
from tests.cast import Cast, make_cast
from tests.datasets.test_import_browser import enter, look, work
from tests.datasets_made import items_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]

SUITE = """Test Id,Test Input,Right Answer,Tags,Operator,Criteria
,,,,grammar,
,,,,,
geo-1,Which river crosses Vienna?,The Danube,rivers,includes,Danube
,,,easy,{operator},Elbe
geo-2,Name a sea.,The Black Sea,seas,includes,sea
"""
FOREIGN = """Frage,Antwort,Land,interne Notiz
Welcher Fluss fließt durch Wien?,Die Donau.,AT,nicht zeigen
Nenne ein Meer.,Das Schwarze Meer.,,
"""
DROP = """(zone, [name, text]) => {
  const data = new DataTransfer();
  data.items.add(new File([text], name));
  const options = { dataTransfer: data, bubbles: true, cancelable: true };
  zone.dispatchEvent(new DragEvent("drop", options));
}"""


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def at_upload(page: Page, live_server: Any, cast: Cast, sign_in: Callable[..., Client]) -> Page:
    """Eva where a file becomes a dataset; whatever her browser complains about fails the test."""
    enter(page, sign_in(cast.eva), live_server.url)
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.goto(f"{live_server.url}/t/lighthouse/datasets/import/")
    return page


def send(page: Page, name: str, text: str) -> None:
    """Drop the file, have it checked, and see what came of it."""
    page.locator("[data-dropzone]").evaluate(DROP, [name, text])
    page.get_by_role("button", name="Check the file").click()
    expect(page.get_by_text("The file is being checked")).to_be_visible()
    work()


def test_a_suite_with_one_bad_row_is_corrected_and_imported_again(
    at_upload: Page, cast: Cast
) -> None:
    page = at_upload
    look(page, "items-upload")
    send(page, "geography.csv", SUITE.format(operator="exludes_exactly"))

    expect(page.get_by_role("heading", name="1 problem")).to_be_visible()
    problem = page.get_by_role("row").filter(has_text="exludes_exactly")
    expect(problem.get_by_role("cell").first).to_have_text("5")
    expect(problem).to_contain_text("Operator")
    expect(problem).to_contain_text('Did you mean "excludes_exactly"?')
    expect(page.get_by_role("button", name="Create")).to_have_count(0)
    look(page, "items-refused")
    assert not Dataset.all_rows.exists()

    page.get_by_role("link", name="Upload the corrected file").click()
    send(page, "geography.csv", SUITE.format(operator="excludes_exactly"))
    commit = page.get_by_role("button", name="Create 2 items, add 1 check on every item")
    expect(commit).to_be_visible()
    page.get_by_label("Name of the version").fill("Geography, first round")
    look(page, "items-ready")
    commit.click()
    expect(page.get_by_text("The items are being saved")).to_be_visible()
    work()
    expect(page.get_by_role("button", name="Undo this import")).to_be_visible()
    look(page, "items-saved")

    dataset = Dataset.all_rows.get()
    assert [item.public_id for item in items_of(dataset, by=cast.eva)] == ["geo-1", "geo-2"]
    page.get_by_role("link", name="Open the dataset").click()
    expect(page.get_by_text("Which river crosses Vienna?").first).to_be_visible()
    page.go_back()
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_text("is undone")).to_be_visible()
    assert Dataset.all_rows.get().n_items == 0


def test_foreign_columns_are_mapped_and_the_next_file_is_mapped_alike(at_upload: Page) -> None:
    page = at_upload
    page.get_by_label("Format").select_option("dataset-csv")
    send(page, "fragen.csv", FOREIGN)

    expect(page.get_by_text("Say what the columns are for")).to_be_visible()
    look(page, "mapping-refused")
    page.get_by_label("Use of “Frage”").select_option("input")
    page.get_by_label("Use of “Antwort”").select_option("output")
    name = page.get_by_label("Name for “Land”")
    name.fill("country")
    name.press("Tab")
    page.get_by_label("Use of “interne Notiz”").select_option("drop")
    expect(page.get_by_label("Name for “interne Notiz”")).to_be_hidden()
    preview = page.get_by_role("article", name="Row 2")
    expect(preview).to_contain_text('"country": "AT"')
    expect(preview).not_to_contain_text("nicht zeigen")
    look(page, "mapping-live")
    page.get_by_role("button", name="Check the file this way").click()
    expect(page.get_by_text("The file is being checked")).to_be_visible()
    work()
    expect(page.get_by_role("button", name="Create 2 items")).to_be_visible()
    look(page, "mapping-ready")

    page.get_by_role("link", name="Datasets").first.click()
    page.goto(page.url.split("/datasets/")[0] + "/datasets/import/")
    page.get_by_label("Format").select_option("dataset-csv")
    send(page, "fragen-2.csv", FOREIGN + "Wie hoch ist der Großglockner?,3798 m,AT,\n")
    expect(page.get_by_text("Mapped as last time", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Create 3 items")).to_be_visible()
    assert DatasetImport.all_rows.count() == 2
    look(page, "mapping-remembered")
