"""Runs through the API: started once, told whole, steered, and no more than one may see."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from rest_framework.test import APIClient

from datasets.models import Dataset
from runs.models import ModelEndpoint, Run, RunItem
from tests.cast import Cast
from tests.counting import queries_of
from tests.datasets_made import make_dataset
from tests.runs.engine import checked, work_off
from tests.runs_made import make_endpoint, make_evaluator, make_run, make_run_item

pytestmark = pytest.mark.django_db(transaction=True)
CallAs = Callable[..., APIClient]
LIST = "/api/v1/runs"
PROMPTS = [{"text": "Which river?", "locked": True}, {"text": "Which sea?", "title": "Seas"}]


def launched(client: APIClient, body: dict[str, Any], **headers: str) -> Any:
    return client.post(LIST, body, format="json", headers=headers)


def columns(answer: Any) -> list[str]:
    return [error["column"] for error in answer.json()["error"]["errors"]]


@pytest.fixture
def echo(cast: Cast) -> ModelEndpoint:
    """An endpoint of Eva's that the team may use."""
    endpoint = make_endpoint(owner=cast.eva)
    endpoint.change(is_shared=True, by=cast.eva)
    return endpoint


def test_prompts_are_started_and_their_answers_told(
    cast: Cast, call_as: CallAs, echo: ModelEndpoint
) -> None:
    client = call_as(cast.tess)

    made = launched(client, {"title": "Waters", "prompts": PROMPTS, "generation": str(echo.pk)})
    work_off()
    shown = client.get(made.headers["Location"]).json()
    rows = client.get(f"{LIST}/{shown['id']}/items").json()["results"]

    assert made.status_code == 201
    assert (shown["title"], shown["kind"], shown["source"]) == ("Waters", "launched", "custom")
    assert (shown["status"], shown["itemCount"], shown["doneCount"]) == ("success", 2, 2)
    assert shown["owner"]["name"] == "Tess"
    assert shown["plan"]["generation"]["name"] == "Echo"
    assert [(row["orderIndex"], row["prompt"], row["locked"], row["title"]) for row in rows] == [
        (0, "Which river?", True, ""),
        (1, "Which sea?", False, "Seas"),
    ]
    assert [row["response"] for row in rows] == ["Which river?", "Which sea?"]


def test_a_dataset_is_started_with_an_evaluator_and_counted(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=checked(4))
    evaluator = make_evaluator(owner=cast.eva, endpoint=make_endpoint(owner=cast.eva))
    client = call_as(cast.eva)

    made = launched(
        client,
        {"dataset": str(dataset.pk), "limit": 3, "evaluators": [str(evaluator.pk)], "shared": True},
    )
    work_off()
    shown = client.get(made.headers["Location"]).json()

    assert shown["dataset"] == {"id": str(dataset.pk), "name": "Rivers"}
    assert (shown["version"], shown["itemCount"], shown["shared"]) == (2, 3, True)
    assert shown["checks"]["n"] == 6
    assert "Is it polite?" in {check["evaluator"] for check in shown["metrics"]["byCheck"]}
    assert shown["plan"]["evaluators"][0]["outputSchema"] == {"type": "binary"}
    assert shown["progress"]["done"] == 3


def test_fifty_prompts_are_made_of_templates(
    cast: Cast, call_as: CallAs, echo: ModelEndpoint
) -> None:
    client = call_as(cast.tess)

    made = launched(client, {"templates": {"seed": 7}, "generation": str(echo.pk)})
    category = RunItem.all_rows.filter(run=made.json()["id"]).values_list("category", flat=True)[0]
    of_one = {"templates": {"category": category}, "generation": str(echo.pk)}
    narrowed = launched(client, of_one).json()
    unknown = launched(client, {"templates": {"keys": ["?"]}, "generation": str(echo.pk)})

    assert (made.status_code, made.json()["itemCount"]) == (201, 50)
    assert (made.json()["source"], made.json()["mode"]) == ("auto_generated", "automated")
    assert made.json()["parameters"]["seed"] == 7
    assert narrowed["category"] == category
    assert columns(unknown) == ["templates.keys"]


@pytest.mark.parametrize(
    ("body", "column"),
    [
        ({}, ""),
        ({"prompts": PROMPTS, "templates": {}}, ""),
        ({"prompts": []}, "prompts"),
        ({"prompts": [{"text": "x"}] * 11}, "prompts"),
        ({"prompts": [{"text": "x"}, {"text": " "}]}, "prompts.1.text"),
        ({"prompts": [{"text": "x", "locked": 1}]}, "prompts.0.locked"),
        ({"prompts": PROMPTS}, "generation"),
        ({"prompts": PROMPTS, "generation": "x"}, "generation"),
        ({"prompts": PROMPTS, "limit": 1}, "limit"),
        ({"prompts": PROMPTS, "judge": "00000000-0000-0000-0000-000000000000"}, "judge"),
        ({"prompts": PROMPTS, "evaluators": ["x"]}, "evaluators.0"),
        ({"prompts": PROMPTS, "parameters": {"heavyweightFactor": 99}},
         "parameters.heavyweightFactor"),
        ({"prompts": PROMPTS, "title": "a\u200bb"}, "title"),
        ({"prompts": PROMPTS, "owner": "x"}, "owner"),
        ({"prompts": PROMPTS, "status": "success"}, "status"),
        ({"prompts": PROMPTS, "metrics": {}}, "metrics"),
        ({"dataset": "00000000-0000-0000-0000-000000000000"}, "dataset"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused_by_field(
    cast: Cast, call_as: CallAs, body: dict[str, Any], column: str
) -> None:
    answer = launched(call_as(cast.eva), body)

    assert answer.status_code == 400
    assert columns(answer) == [column]
    assert not Run.all_rows.exists()


def test_rows_of_others_cannot_be_named(cast: Cast, call_as: CallAs) -> None:
    dataset: Dataset = make_dataset(owner=cast.eva, items=1)
    endpoint, evaluator = make_endpoint(owner=cast.eva), make_evaluator(owner=cast.eva)
    client = call_as(cast.emil)

    assert columns(launched(client, {"dataset": str(dataset.pk)})) == ["dataset"]
    body = {"prompts": PROMPTS, "generation": str(endpoint.pk)}
    assert columns(launched(client, body)) == ["generation"]
    own = make_endpoint(owner=cast.emil)
    body = {"prompts": PROMPTS, "generation": str(own.pk), "evaluators": [str(evaluator.pk)]}
    assert columns(launched(client, body)) == ["evaluators"]


def test_the_same_idempotency_key_starts_one_run(
    cast: Cast, call_as: CallAs, echo: ModelEndpoint
) -> None:
    client = call_as(cast.eva)
    body = {"prompts": PROMPTS, "generation": str(echo.pk)}

    first = launched(client, body, **{"Idempotency-Key": "k-1"})
    again = launched(client, body, **{"Idempotency-Key": "k-1"})
    other = launched(client, body | {"title": "Other"}, **{"Idempotency-Key": "k-1"})

    assert [first.status_code, again.status_code, other.status_code] == [201, 200, 409]
    assert first.json()["id"] == again.json()["id"]
    assert Run.all_rows.count() == 1
    assert RunItem.all_rows.count() == 2


def test_a_run_is_paused_resumed_cancelled_and_not_twice(
    cast: Cast, call_as: CallAs, echo: ModelEndpoint
) -> None:
    client = call_as(cast.eva)
    made = launched(client, {"prompts": PROMPTS, "generation": str(echo.pk)}).json()
    url = f"{LIST}/{made['id']}"

    assert client.post(f"{url}/pause").json()["status"] == "paused"
    assert client.get(f"{url}/progress").json() == {
        "status": "paused", "items": 2, "done": 0, "errors": 0, "failed": 0, "completedAt": None,
    }  # fmt: skip
    assert client.post(f"{url}/resume").json()["status"] in {"pending", "running"}
    cancelled = client.post(f"{url}/cancel").json()
    assert (cancelled["status"], cancelled["doneCount"]) == ("cancelled", 0)
    for act in ("pause", "resume", "cancel"):
        assert client.post(f"{url}/{act}").status_code == 409


def test_failed_rows_are_retried_and_analysed(cast: Cast, call_as: CallAs) -> None:
    replay = make_endpoint(owner=cast.eva, kind="replay", answers={"Which sea?": "The North Sea."})
    client = call_as(cast.eva)
    made = launched(client, {"prompts": PROMPTS, "generation": str(replay.pk)}).json()
    url = f"{LIST}/{made['id']}"
    work_off()
    failed = client.get(url).json()
    replay.change(answers={"Which sea?": "x", "Which river?": "The Danube."}, by=cast.eva)

    retried = client.post(f"{url}/retry")
    work_off()

    assert (failed["status"], failed["progress"]["errors"]) == ("error", 1)
    assert retried.status_code == 200
    assert client.get(url).json()["status"] == "success"
    answers = [row["response"] for row in client.get(f"{url}/items").json()["results"]]
    assert answers == ["The Danube.", "The North Sea."]
    assert client.post(f"{url}/retry").status_code == 409
    assert client.post(f"{url}/analyse").json()["errorAnalysis"] == ""


def test_the_list_has_the_visible_ones_and_its_filters(cast: Cast, call_as: CallAs) -> None:
    make_run(owner=cast.eva, title="Rivers", n_items=1)
    shared = make_run(owner=cast.eva, title="Seas", kind="preview", source="dataset")
    shared.change(is_shared=True, by=cast.eva)
    make_run(owner=cast.otto, title="Lakes")

    def titles(client: APIClient, query: str = "") -> list[str]:
        return [row["title"] for row in client.get(f"{LIST}?{query}").json()["results"]]

    eva = call_as(cast.eva)
    assert titles(eva) == ["Seas", "Rivers"]
    assert titles(eva, "q=riv") == ["Rivers"]
    assert titles(eva, "kind=preview&source=dataset") == ["Seas"]
    assert titles(eva, f"owner={cast.emil.user.pk}") == []
    assert titles(call_as(cast.emil)) == ["Seas"]
    assert titles(call_as(cast.adam)) == ["Seas", "Rivers"]
    first = eva.get(f"{LIST}?limit=1").json()
    assert titles(eva, f"limit=1&page={first['next']}") == ["Rivers"]


@pytest.mark.parametrize("query", ["name=a", "owner__password=a", "kind=x", "limit=0", "page=x"])
def test_unknown_parameters_and_values_are_refused(cast: Cast, call_as: CallAs, query: str) -> None:
    assert call_as(cast.eva).get(f"{LIST}?{query}").status_code == 400


def test_a_reader_of_a_shared_run_sees_no_dataset_that_is_not_shared(
    cast: Cast, call_as: CallAs
) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    run = make_run(owner=cast.eva, dataset=dataset, version=2, is_shared=True)

    assert call_as(cast.eva).get(f"{LIST}/{run.pk}").json()["dataset"]["name"] == "Rivers"
    assert call_as(cast.emil).get(f"{LIST}/{run.pk}").json()["dataset"] is None


def test_a_shared_run_can_be_read_and_not_changed(cast: Cast, call_as: CallAs) -> None:
    run = make_run(owner=cast.eva, n_items=1, is_shared=True)
    client, url = call_as(cast.emil), f"{LIST}/{run.pk}"

    assert client.get(url).status_code == 200
    assert client.patch(url, {"title": "Mine"}, format="json").status_code == 403
    assert client.delete(url).status_code == 403
    for act in ("pause", "resume", "cancel", "retry", "analyse"):
        assert client.post(f"{url}/{act}").status_code == 403, act


def test_a_run_is_renamed_shared_and_deleted(cast: Cast, call_as: CallAs) -> None:
    run = make_run(owner=cast.tess)
    client, url = call_as(cast.tess), f"{LIST}/{run.pk}"

    changed = client.patch(url, {"title": " Waters ", "shared": True}, format="json").json()
    refused = client.patch(url, {"status": "error"}, format="json")

    assert (changed["title"], changed["shared"]) == ("Waters", True)
    assert columns(refused) == ["status"]
    assert columns(client.patch(url, {"title": " "}, format="json")) == ["title"]
    assert client.delete(url).status_code == 204
    assert call_as(cast.olga).get(url).status_code == 404


def test_a_key_reads_or_runs_as_its_scopes_say(
    cast: Cast, call_as: CallAs, echo: ModelEndpoint
) -> None:
    body = {"prompts": PROMPTS, "generation": str(echo.pk)}
    reads, runs = call_as(cast.tess, scopes=["read"]), call_as(cast.tess, scopes=["run"])

    assert reads.get(LIST).status_code == 200
    assert launched(reads, body).status_code == 403
    assert launched(call_as(cast.tess, scopes=["export"]), body).status_code == 403
    assert launched(runs, body).status_code == 201


def test_the_lists_do_not_query_per_row(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)
    dataset = make_dataset(owner=cast.eva)
    run = make_run(owner=cast.eva, dataset=dataset, version=1, n_items=1, status="running")
    items = f"{LIST}/{run.pk}/items"
    ask = [partial(client.get, url) for url in (LIST, items)]
    for each in ask:
        each()
    one = [queries_of(each) for each in ask]
    for n in range(1, 20):
        make_run_item(run, order_index=n)
        make_run(owner=cast.eva, dataset=dataset, version=1, status="running")

    assert [queries_of(each) for each in ask] == one
