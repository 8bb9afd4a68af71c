"""Import of outputs: matched to items, looked at first, then checked as a run."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from datasets.formats.items import CheckRecord, ItemRecord
from datasets.models import Dataset
from evalplatform.scoping.actor import Actor
from runs.formats.catalog import OUTPUT_FORMATS
from runs.models import Run, RunItem
from runs.output_importing import OutputReport, look_at_file
from tests.cast import Cast
from tests.datasets_made import items_of, make_dataset
from tests.runs.test_output_formats import (
    inspect_file,
    inspect_sample,
    promptfoo_file,
    promptfoo_result,
)

pytestmark = pytest.mark.django_db(transaction=True)
CHECK = CheckRecord("includes_exactly", "Danube")
ITEMS = [
    ItemRecord("geo-001", "Which river crosses Vienna?", checks=(CHECK,), context={"a": "b"}),
    ItemRecord("geo-002", "Which river crosses Rome?", checks=(CHECK,)),
    ItemRecord("geo-003", "Which river crosses Paris?"),
]
QA = (
    "Question,Answer,In Tokens,Out Tokens,Duration,region\n"
    "Which river crosses Vienna?,The Danube.,12,9,0.8,EU\n"
    "Which river crosses Rome?,The Tiber.,,,,\n"
)
PAGE = "/t/lighthouse/runs/import/"


def rivers(owner: Actor) -> Dataset:
    return make_dataset(owner=owner, items=ITEMS)


def looked_at(data: Any, slug: str, dataset: Dataset, by: Actor) -> OutputReport:
    raw = data.encode() if isinstance(data, str) else json.dumps(data).encode()
    return look_at_file(BytesIO(raw), OUTPUT_FORMATS[slug], dataset=dataset, by=by)


def told(report: OutputReport) -> list[tuple[int | None, str, str]]:
    return [(each.row, each.column, each.message) for each in report.errors]


def test_rows_are_matched_by_their_input_and_the_rest_is_reported(cast: Cast) -> None:
    report = looked_at(QA, "qa-csv", rivers(cast.eva), cast.eva)
    assert report.may_start
    assert (report.n_items, report.n_matched, report.n_missing) == (3, 2, 1)
    assert report.missing == ["geo-003"]


def test_a_row_without_a_test_is_an_error(cast: Cast) -> None:
    data = QA + "Which river crosses Linz?,The Danube.,,,,\n"
    report = looked_at(data, "qa-csv", rivers(cast.eva), cast.eva)
    message = (
        "No item of the dataset has this input. Write it as the dataset does, or leave it out."
    )
    assert told(report) == [(4, "Question", message)]
    assert not report.may_start


def test_an_id_finds_the_item_whatever_the_question_became(cast: Cast) -> None:
    file = inspect_file(inspect_sample(id="geo-002", input="changed"))
    report = looked_at(file, "inspect", rivers(cast.eva), cast.eva)
    assert (report.may_start, report.model, report.missing) == (
        True, "mock/model", ["geo-001", "geo-003"],
    )  # fmt: skip


def test_two_outputs_for_one_item_are_an_error(cast: Cast) -> None:
    file = promptfoo_file(promptfoo_result(), promptfoo_result(testCase={}))
    report = looked_at(file, "promptfoo", rivers(cast.eva), cast.eva)
    message = "The output of row 1 is for the same item. Keep one of the two."
    assert told(report) == [(2, "vars.input", message)]


def test_items_that_ask_the_same_get_the_same_output(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=[*ITEMS, ITEMS[0]._replace(public_id="again")])
    report = looked_at(QA, "qa-csv", dataset, cast.eva)
    assert (report.n_matched, len(report.outputs)) == (3, 2)


def test_a_file_without_outputs_says_so(cast: Cast) -> None:
    report = looked_at("Question,Answer\n", "qa-csv", rivers(cast.eva), cast.eva)
    assert told(report) == [(None, "", "There is no output in it. Add one for each item.")]


# --- the page -------------------------------------------------------------------------------------


def started(client: Client, page: Any, **more: str) -> Any:
    """Send the button of the preview."""
    said = page.context["form"].cleaned_data
    return client.post(
        PAGE,
        {
            "act": "start", "token": page.context["token"], "dataset": str(said["dataset"].pk),
            "config": "", "format": page.context["known"].slug, "model": said["model"],
            "title": said["title"],
        } | more,
    )  # fmt: skip


def test_outputs_are_looked_at_and_then_started_once(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    dataset = rivers(cast.eva)
    client = sign_in(cast.eva)
    assert client.get(PAGE).status_code == 200
    file = SimpleUploadedFile("outputs.csv", QA.encode())
    form = {"act": "look", "dataset": str(dataset.pk), "file": file, "model": "m-1", "title": "T"}
    page = client.post(PAGE, form)
    text = page.content.decode()
    assert page.status_code == 200
    assert "2 of 3 items get an output" in text
    assert "<code>geo-003</code>" in text
    assert not Run.all_rows.exists()
    first, second = started(client, page), started(client, page)
    assert first.status_code == 302
    assert first.url == second.url
    run = Run.all_rows.get()
    assert (run.title, run.kind, run.source, run.n_items) == ("T", "imported", "import", 2)
    assert run.parameters["generation_model"] == "m-1"
    rows = list(RunItem.all_rows.filter(run=run).order_by("order_index"))
    assert [row.response for row in rows] == ["The Danube.", "The Tiber."]
    assert (rows[0].in_tokens, rows[0].out_tokens, rows[0].duration) == (12, 9, 0.8)
    assert rows[0].input_context == {"a": "b", "region": "EU"}


def test_a_preview_started_again_with_another_title_or_after_its_run_is_deleted(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    client = sign_in(cast.eva)
    file = SimpleUploadedFile("outputs.csv", QA.encode())
    dataset = str(rivers(cast.eva).pk)
    form = {"act": "look", "dataset": dataset, "file": file, "model": "m-1", "title": "T"}
    page = client.post(PAGE, form)

    assert started(client, page).url != started(client, page, title="Another").url

    Run.all_rows.get(title="T").delete_for_all(by=cast.eva)
    again = started(client, page)
    assert again.status_code == 422
    assert "What this form started is deleted." in again.content.decode()


def test_a_pasted_text_is_read_like_a_file(cast: Cast, sign_in: Callable[[Actor], Client]) -> None:
    dataset = rivers(cast.eva)
    page = sign_in(cast.eva).post(PAGE, {"dataset": str(dataset.pk), "text": QA})
    assert page.context["report"].n_matched == 2


def test_problems_are_shown_and_nothing_can_be_started(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    client = sign_in(cast.eva)
    form = {"dataset": str(rivers(cast.eva).pk), "text": QA + "Linz?,Danube.,,,,\n"}
    page = client.post(PAGE, form | {"act": "start"})
    assert page.status_code == 422
    assert "No item of the dataset has this input" in page.content.decode()
    assert "Check these outputs" not in page.content.decode()
    assert not Run.all_rows.exists()


def test_what_one_person_sent_is_not_there_for_another(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    dataset = rivers(cast.eva)
    dataset.change(is_shared=True, by=cast.eva)
    page = sign_in(cast.eva).post(PAGE, {"dataset": str(dataset.pk), "text": QA})
    answer = started(sign_in(cast.tess), page)
    assert answer.status_code == 422
    assert "The file is not kept any more. Choose it again." in answer.content.decode()


def test_a_dataset_that_is_not_visible_cannot_be_chosen(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    form = {"dataset": str(rivers(cast.eva).pk), "text": QA}
    page = sign_in(cast.emil).post(PAGE, form)
    assert page.status_code == 422
    assert page.context["form"].errors["dataset"]


# --- the API --------------------------------------------------------------------------------------


def test_the_api_checks_outputs_of_a_dataset(cast: Cast, call_as: Callable[..., APIClient]) -> None:
    dataset = rivers(cast.eva)
    key = str(items_of(dataset, by=cast.eva)[1].key)
    body = {
        "dataset": str(dataset.pk),
        "title": "From outside",
        "model": "m-2",
        "outputs": [
            {"id": "geo-001", "output": "The Danube.", "in_tokens": 3, "duration": 1.5,
             "context": {"region": "EU"}, "output_context": {"sources": ["atlas"]}},
            {"id": key, "output": "The Tiber."},
            {"input": "Which river crosses Paris?", "output": "The Seine."},
        ],
    }  # fmt: skip
    answer = call_as(cast.eva).post("/api/v1/runs/outputs", body, format="json")
    assert answer.status_code == 201, answer.json()
    assert (answer.json()["items"], answer.json()["itemsWithoutOutput"]) == (3, 0)
    row = RunItem.all_rows.get(run=answer.json()["id"], public_id="geo-001")
    assert (row.response, row.in_tokens, row.duration) == ("The Danube.", 3, 1.5)
    assert row.output_context == {"sources": ["atlas"]}


def test_the_api_names_the_rows_to_blame(cast: Cast, call_as: Callable[..., APIClient]) -> None:
    body = {
        "dataset": str(rivers(cast.eva).pk),
        "outputs": [
            {"input": "Which river crosses Rome?", "output": "a"},
            {"id": "x", "output": ""},
        ],
    }
    answer = call_as(cast.eva).post("/api/v1/runs/outputs", body, format="json")
    assert answer.status_code == 400
    body["outputs"][1]["output"] = "b"  # type: ignore[index]
    answer = call_as(cast.eva).post("/api/v1/runs/outputs", body, format="json")
    assert answer.status_code == 400
    (error,) = answer.json()["error"]["errors"]
    assert (error["row"], error["column"]) == (2, "id")
    assert not Run.all_rows.exists()


def test_the_same_key_makes_one_run(cast: Cast, call_as: Callable[..., APIClient]) -> None:
    body = {
        "dataset": str(rivers(cast.eva).pk),
        "outputs": [{"id": "geo-001", "output": "The Danube."}],
    }
    ask = call_as(cast.eva)
    first = ask.post("/api/v1/runs/outputs", body, format="json", HTTP_IDEMPOTENCY_KEY="k")
    second = ask.post("/api/v1/runs/outputs", body, format="json", HTTP_IDEMPOTENCY_KEY="k")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]


def test_outputs_for_a_dataset_that_is_not_visible_are_404(
    cast: Cast, call_as: Callable[..., APIClient]
) -> None:
    body = {"dataset": str(rivers(cast.eva).pk), "outputs": [{"id": "geo-001", "output": "D"}]}
    answer = call_as(cast.emil).post("/api/v1/runs/outputs", body, format="json")
    assert answer.status_code == 404
