"""Cloning from the pages and through the API: what is chosen, what is refused, what is told."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datasets.models import Dataset
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from tests.cast import Cast
from tests.datasets.clones import assistant, make_conversation, user
from tests.datasets_made import items_of, make_dataset
from tests.sessions import make_session

pytestmark = pytest.mark.django_db
START = "/t/lighthouse/sessions/clone/start/"
DIALOG = "/t/lighthouse/sessions/clone/"


def form(**fields: Any) -> dict[str, Any]:
    return {"messages": "all", "token": str(uuid.uuid4()), "scope": "all"} | fields


def test_the_dialog_offers_only_datasets_one_may_change_and_counts_the_view(
    cast: Cast, sign_in: Callable[..., Client]
) -> None:
    for model in ("gpt", "gpt", "claude"):
        make_session(owner=cast.eva, model=model)
    make_session(owner=cast.emil, model="gpt")
    make_dataset(owner=cast.eva, name="Mine")
    make_dataset(owner=cast.emil, name="Of Emil")
    shared = make_dataset(owner=cast.emil, name="Shared by Emil")
    shared.change(is_shared=True, by=cast.emil)

    text = sign_in(cast.eva).get(f"{DIALOG}?scope=all&model=gpt").content.decode()

    assert "2 sessions" in text
    assert "Mine (message level, 0 items)" in text
    assert "Emil" not in text
    assert '<input type="hidden" name="model" value="gpt">' in text


def test_a_new_dataset_is_made_with_its_clone_and_pressing_twice_makes_one(
    cast: Cast, sign_in: Callable[..., Client]
) -> None:
    make_conversation(user("Q", tags=["x"]), assistant("A"), user("Q2"), owner=cast.eva)
    client = sign_in(cast.eva)
    sent = form(name="Rivers", level="message", messages="filtered", message_tags="x, y")

    first, second = client.post(START, sent), client.post(START, sent)

    dataset, job = Dataset.all_rows.get(), Job.all_rows.get(kind="clone")
    assert first.url == second.url == f"/t/lighthouse/datasets/{dataset.pk}/clones/{job.pk}/"
    assert "Waiting for a worker" in client.get(first.url).content.decode()
    run_job(job.pk)
    assert [item.input for item in items_of(dataset, by=cast.eva)] == ["Q"]
    assert "Added to the dataset" in client.get(first.url).content.decode()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "Choose a dataset, or name a new one."),
        ({"name": "R", "messages": "filtered"}, "Name a tag or a text, or take all messages."),
        ({"name": "R", "scope": ""}, "Select at least one session."),
        ({"name": "R", "ids": "nonsense", "scope": ""}, "The selection is broken: select again."),
        ({"name": "R", "status": "nonsense"}, "The filter is broken: correct it first."),
        ({"name": "R", "model": "none"}, "Select at least one session that you may see."),
    ],
)
def test_what_cannot_be_cloned_is_said_and_makes_nothing(
    cast: Cast, sign_in: Callable[..., Client], fields: dict[str, Any], told: str
) -> None:
    make_session(owner=cast.eva)

    response = sign_in(cast.eva).post(START, form(**fields))

    assert response.status_code == 422
    assert told in response.content.decode()
    assert not Dataset.all_rows.exists()
    assert not Job.all_rows.filter(kind="clone").exists()


def test_nobody_names_a_dataset_of_others(cast: Cast, sign_in: Callable[..., Client]) -> None:
    make_session(owner=cast.emil)
    dataset = make_dataset(owner=cast.eva)

    response = sign_in(cast.emil).post(START, form(dataset=dataset.pk))

    assert response.status_code == 422
    assert "Select a valid choice" in response.content.decode()
    assert not Job.all_rows.filter(kind="clone").exists()


def test_the_api_clones_by_ids_or_filter_and_the_same_key_asks_once(
    cast: Cast, call_as: Callable[..., Any]
) -> None:
    session = make_conversation(user("Q"), assistant("A"), owner=cast.eva)
    make_conversation(user("of Emil"), owner=cast.emil)
    dataset = make_dataset(owner=cast.eva)
    client = call_as(cast.eva)
    url = f"/api/v1/datasets/{dataset.pk}/clone"
    by_ids = {"sessionIds": [str(session.pk)]}

    first = client.post(url, by_ids, format="json", headers={"Idempotency-Key": "k"})
    again = client.post(url, by_ids, format="json", headers={"Idempotency-Key": "k"})
    other = client.post(url, {"filter": {}}, format="json", headers={"Idempotency-Key": "k"})

    assert (first.status_code, other.status_code) == (202, 409)
    assert first.json()["id"] == again.json()["id"]
    run_job(first.json()["id"])
    told = client.get(first.headers["Location"]).json()
    assert (told["state"], told["result"]["created"], told["done"]) == ("done", 1, 1)
    everything = client.post(url, {"filter": {}}, format="json").json()
    run_job(everything["id"])
    result = client.get(f"/api/v1/jobs/{everything['id']}").json()["result"]
    assert (result["sessions"], result["created"], result["already"]) == (1, 0, 1)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sessionIds": [], "filter": {}},
        {"filter": {"nonsense": "x"}},
        {"filter": {}, "messageFilter": {}},
        {"sessionIds": [str(uuid.uuid4())]},
    ],
)
def test_the_api_refuses_what_names_no_session(
    cast: Cast, call_as: Callable[..., Any], body: dict[str, Any]
) -> None:
    make_session(owner=cast.eva)
    dataset = make_dataset(owner=cast.eva)

    response = call_as(cast.eva).post(f"/api/v1/datasets/{dataset.pk}/clone", body, format="json")

    assert response.status_code == 400
    assert not Job.all_rows.filter(kind="clone").exists()
