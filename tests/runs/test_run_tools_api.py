"""Evaluators and configurations through the API: made, changed, refused by field, started."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from runs.models import Evaluator, Run
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.runs_made import make_config, make_endpoint, make_evaluator

CallAs = Callable[..., APIClient]
EVALUATORS, CONFIGS = "/api/v1/evaluators", "/api/v1/configs"
POLITE = {
    "name": "Polite?", "level": "message", "prompt": "Is {output.content} polite?",
    "outputSchema": {"type": "choice", "choices": ["yes", "no"], "passes": ["yes"]},
}  # fmt: skip


def columns(answer: Any) -> list[str]:
    assert answer.status_code == 400
    return [error["column"] for error in answer.json()["error"]["errors"]]


def test_an_evaluator_is_made_changed_and_deleted(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)

    made = client.post(EVALUATORS, POLITE, format="json")
    url = made.headers["Location"]
    tag = client.get(url).headers["ETag"]
    changed = client.patch(url, {"weight": 3}, format="json", headers={"If-Match": tag})
    stale = client.patch(url, {"weight": 4}, format="json", headers={"If-Match": tag})

    assert made.status_code == 201
    assert made.json() | POLITE == made.json()
    assert (changed.json()["weight"], stale.status_code) == (3, 409)
    assert [row["name"] for row in client.get(f"{EVALUATORS}?name=pol").json()["results"]] == [
        "Polite?"
    ]
    assert client.get(f"{EVALUATORS}?level=session").json()["results"] == []
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"prompt": "Is {output.contents} polite?"}, "prompt"),
        ({"prompt": "{input.__class__}"}, "prompt"),
        ({"prompt": " "}, "prompt"),
        ({"outputSchema": {"type": "mood"}}, "outputSchema"),
        ({"outputSchema": []}, "outputSchema"),
        ({"endpoint": "00000000-0000-0000-0000-000000000000"}, "endpoint"),
        ({"weight": -1}, "weight"),
        ({"level": "chapter"}, "level"),
        ({"owner": "x"}, "owner"),
        ({"name": ""}, "name"),
    ],
)
def test_what_is_no_evaluator_is_refused_by_field(
    cast: Cast, call_as: CallAs, change: dict[str, Any], column: str
) -> None:
    answer = call_as(cast.eva).post(EVALUATORS, POLITE | change, format="json")

    assert columns(answer) == [column]
    assert not Evaluator.all_rows.exists()


def test_a_configuration_is_made_and_its_parts_change_alone(cast: Cast, call_as: CallAs) -> None:
    dataset, endpoint = make_dataset(owner=cast.eva), make_endpoint(owner=cast.eva)
    evaluator, client = make_evaluator(owner=cast.eva, endpoint=endpoint), call_as(cast.eva)
    body = {
        "name": "Nightly", "dataset": str(dataset.pk), "evaluators": [str(evaluator.pk)],
        "parameters": {"heavyweightFactor": 3},
    }  # fmt: skip

    made = client.post(CONFIGS, body, format="json")
    url, tag = made.headers["Location"], made.headers["ETag"]
    changed = client.patch(url, {"parameters": {"comparesRightAnswer": True}}, format="json")
    without = client.patch(url, {"evaluators": []}, format="json")
    stale = client.patch(url, {"name": "x"}, format="json", headers={"If-Match": tag})

    assert made.json()["evaluators"] == [str(evaluator.pk)]
    assert made.json()["dataset"] == {"id": str(dataset.pk), "name": "Rivers"}
    assert changed.json()["parameters"] == {
        "usesChecks": True, "comparesRightAnswer": True, "heavyweightFactor": 3,
    }  # fmt: skip
    assert (without.json()["evaluators"], stale.status_code) == ([], 409)
    assert client.get(CONFIGS).json()["results"] == [without.json()]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"parameters": {"heavyweightFactor": 16}}, "parameters.heavyweightFactor"),
        ({"parameters": {"mood": 1}}, "parameters.mood"),
        ({"parameters": {"usesChecks": False}}, "evaluators"),
        ({"evaluators": ["00000000-0000-0000-0000-000000000000"]}, "evaluators"),
        ({"autoRun": True}, "autoRun"),
        ({"autoRun": 1}, "autoRun"),
        ({"team": "x"}, "team"),
    ],
)
def test_what_is_no_configuration_is_refused_by_field_and_nothing_is_kept(
    cast: Cast, call_as: CallAs, change: dict[str, Any], column: str
) -> None:
    config = make_config(owner=cast.eva, dataset=make_dataset(owner=cast.eva))
    client, url = call_as(cast.eva), f"{CONFIGS}/{config.pk}"
    before = client.get(url).json()

    assert columns(client.patch(url, change, format="json")) == [column]

    assert client.get(url).json() == before


def test_an_evaluator_of_the_other_level_is_refused(cast: Cast, call_as: CallAs) -> None:
    sessions = make_evaluator(owner=cast.eva, level="session", prompt="{full_history}")
    body = {
        "name": "x", "dataset": str(make_dataset(owner=cast.eva).pk),
        "evaluators": [str(sessions.pk)],
    }  # fmt: skip

    assert columns(call_as(cast.eva).post(CONFIGS, body, format="json")) == ["evaluators"]


def test_a_configuration_is_started_whole_or_as_a_preview(cast: Cast, call_as: CallAs) -> None:
    config = make_config(owner=cast.eva, dataset=make_dataset(owner=cast.eva, items=3))
    client, url = call_as(cast.eva), f"{CONFIGS}/{config.pk}/start"
    preview = {"kind": "preview", "limit": 2}

    full = client.post(url, {}, format="json", headers={"Idempotency-Key": "k"})
    again = client.post(url, {}, format="json", headers={"Idempotency-Key": "k"})
    other = client.post(url, preview, format="json", headers={"Idempotency-Key": "k"})
    some = client.post(url, preview, format="json").json()

    assert [full.status_code, again.status_code, other.status_code] == [201, 200, 409]
    assert full.json()["id"] == again.json()["id"]
    assert (full.json()["kind"], full.json()["itemCount"]) == ("full", 3)
    assert full.json()["config"] == {"id": str(config.pk), "name": "Nightly"}
    assert (some["kind"], some["itemCount"]) == ("preview", 2)
    assert Run.all_rows.count() == 2
    assert columns(client.post(url, {"limit": 2}, format="json")) == ["limit"]
    assert columns(client.post(url, {"kind": "delta"}, format="json")) == ["kind"]


def test_a_tester_reads_what_is_shared_and_makes_none(cast: Cast, call_as: CallAs) -> None:
    make_evaluator(owner=cast.eva, is_shared=True)
    client = call_as(cast.tess)

    assert len(client.get(EVALUATORS).json()["results"]) == 1
    assert client.post(EVALUATORS, POLITE, format="json").status_code == 403
    assert client.post(CONFIGS, {}, format="json").status_code == 403
