"""Imports through the API: upload, look, commit, undo; and calls that are sent twice."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import TestCase
from rest_framework.test import APIClient

from datasets.models import Dataset, DatasetImport
from evalplatform.jobs.running import run_job
from tests.cast import Cast
from tests.counting import queries_of
from tests.datasets.dataset_imports import CSV, SUITE, uploaded
from tests.datasets_made import items_of, make_dataset

CallAs = Callable[..., APIClient]
LIST = "/api/v1/imports"


def sent(client: APIClient, data: str = CSV, name: str = "items.csv", **parts: Any) -> Any:
    return client.post(LIST, {"file": SimpleUploadedFile(name, data.encode()), **parts})


def after_its_job(client: APIClient, answer: Any) -> dict[str, Any]:
    """The import once the worker was there."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        run_job(answer.json()["job"])
    return dict(client.get(answer.headers["Location"]).json())


def test_a_file_is_checked_looked_at_committed_and_undone(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    client = call_as(cast.eva)

    answer = sent(client, dataset=str(dataset.pk))
    ready = after_its_job(client, answer)
    commit = client.post(f"{LIST}/{ready['id']}/commit", {"title": "Rivers"}, format="json")
    done = after_its_job(client, commit)
    undo = client.post(f"{LIST}/{ready['id']}/undo")

    assert (answer.status_code, commit.status_code, undo.status_code) == (202, 202, 201)
    assert (answer.json()["state"], ready["state"], done["state"]) == (
        "checking", "ready", "committed",
    )  # fmt: skip
    assert ready["report"]["counts"]["globalChecks"] == 0
    assert ready["report"]["items"] == {"create": 2, "update": 0, "unchanged": 0}
    assert ready["report"]["preview"][0]["input"] == "Which river crosses Vienna?"
    assert ready["mayCommit"] is True
    assert (done["title"], done["version"], done["dataset"]) == ("Rivers", 3, str(dataset.pk))
    assert undo.json()["restores"] == 2
    assert [item.public_id for item in items_of(dataset, by=cast.eva)] == ["q-1"]
    assert client.post(f"{LIST}/{ready['id']}/undo").status_code == 409


def test_a_faulty_file_says_row_and_column_and_saves_nothing(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)
    faulty = SUITE.replace("excludes_exactly", "excluded")

    refused = after_its_job(client, sent(client, faulty, format="suite-csv", newName="Geo"))

    (error,) = refused["report"]["errors"]
    assert (refused["state"], error["row"], error["column"]) == ("refused", 5, "Operator")
    commit = client.post(f"{LIST}/{refused['id']}/commit")
    assert commit.status_code == 409
    assert Dataset.all_rows.count() == 0


def test_other_options_are_checked_anew_and_a_file_can_be_discarded(
    cast: Cast, call_as: CallAs
) -> None:
    client = call_as(cast.eva)
    options = json.dumps({"mapping": {"context.topic": "drop"}, "automaticHistory": True})
    ready = after_its_job(client, sent(client, newName="Rivers", options=options))
    assert ready["options"]["automaticHistory"] is True
    assert "context" not in ready["report"]["preview"][0]

    url = f"{LIST}/{ready['id']}"
    again = client.post(f"{url}/options", {"mapping": {}, "unguard": None}, format="json")
    other = after_its_job(client, again)
    gone = client.post(f"{url}/discard")

    assert other["report"]["preview"][0]["context"] == {"topic": "rivers"}
    assert (other["options"]["automaticHistory"], other["options"]["mapping"]) == (True, {})
    assert gone.json()["state"] == "discarded"


@pytest.mark.parametrize(
    ("parts", "column"),
    [
        ({"format": "excel"}, "format"),
        ({"options": "{"}, "options"),
        ({"options": '{"mapping": {}, "mapping": {}}'}, "options"),
        ({"options": '{"team": 1}'}, "options"),
        ({"options": '{"overwrite": "yes"}'}, "options"),
        ({"dataset": "x"}, "dataset"),
        ({"owner": "emil"}, "owner"),
        ({"newName": "a\u200bb"}, "newName"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_part(
    cast: Cast, call_as: CallAs, parts: dict[str, str], column: str
) -> None:
    answer = sent(call_as(cast.eva), **parts)

    assert answer.status_code == 400
    assert {error["column"] for error in answer.json()["error"]["errors"]} == {column}
    assert DatasetImport.all_rows.count() == 0


def test_only_ones_own_datasets_take_a_file(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva)
    emil = call_as(cast.emil)

    unseen = sent(emil, dataset=str(dataset.pk))
    dataset.change(is_shared=True, by=cast.eva)
    shared = sent(emil, dataset=str(dataset.pk))
    of_sessions = make_dataset(owner=cast.eva, level="session")
    wrong = sent(call_as(cast.eva), dataset=str(of_sessions.pk))

    assert (unseen.status_code, shared.status_code, wrong.status_code) == (400, 403, 409)


def test_an_import_is_its_uploaders_alone(cast: Cast, call_as: CallAs) -> None:
    row = uploaded(CSV, cast.eva)

    for name in ("olga", "emil", "otto"):
        client = call_as(cast.actor(name))
        assert client.get(f"{LIST}/{row.pk}").status_code == 404
        assert client.get(LIST).json()["results"] == []
    assert call_as(cast.eva, scopes=["read"]).get(f"{LIST}/{row.pk}").status_code == 200
    assert sent(call_as(cast.eva, scopes=["read"])).status_code == 403


def test_the_same_file_sent_twice_is_one_import(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)

    assert sent(client).json()["id"] == sent(client).json()["id"]


def test_the_list_does_not_query_per_import(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)
    uploaded(CSV, cast.eva)
    client.get(LIST)
    one = queries_of(lambda: client.get(LIST))
    for n in range(15):
        uploaded(f"{CSV},More {n}?,Yes.,\n", cast.eva)

    assert queries_of(lambda: client.get(LIST)) == one


def test_a_dataset_asked_for_twice_under_one_key_is_made_once(cast: Cast, call_as: CallAs) -> None:
    client, key = call_as(cast.eva), {"Idempotency-Key": "a"}

    def made(level: str = "message", headers: dict[str, str] = key) -> Any:
        body = {"name": "Rivers", "level": level}
        return client.post("/api/v1/datasets", body, format="json", headers=headers)

    first, again, other = made(), made(), made(headers={"Idempotency-Key": "b"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 201)
    assert first.json()["id"] == again.json()["id"] != other.json()["id"]
    assert made("session").status_code == 409
    assert made(headers={"Idempotency-Key": " "}).status_code == 400
    client.delete(first.headers["Location"])
    assert made().status_code == 409


def test_items_asked_for_twice_under_one_key_are_made_once(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva)
    client, url = call_as(cast.eva), f"/api/v1/datasets/{dataset.pk}/items"
    seen = {"Idempotency-Key": "a", "If-Match": client.get(url).headers["ETag"]}

    def made(n: int) -> Any:
        body = {"items": [{"input": f"Question {k}?"} for k in range(n)]}
        return client.post(url, body, format="json", headers=seen)

    first, again = made(3), made(3)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["items"] == again.json()["items"]
    assert (made(2).status_code, made(4).status_code) == (409, 409)
    assert len(items_of(dataset, by=cast.eva)) == 3


def test_a_version_restored_twice_is_restored_once(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    client, url = call_as(cast.eva), f"/api/v1/datasets/{dataset.pk}/versions/1/restore"

    first, again = client.post(url), client.post(url)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["number"] == again.json()["number"] == 3
