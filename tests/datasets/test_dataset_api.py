"""Datasets through the API: the rows of the pages, settings, conflicts, and their end."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from evalplatform.audit.models import AuditEvent
from tests.cast import Cast
from tests.counting import queries_of
from tests.datasets_made import make_dataset

CallAs = Callable[..., APIClient]
LIST = "/api/v1/datasets"


def test_a_dataset_is_made_and_shown(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)

    made = client.post(LIST, {"name": " Rivers ", "level": "message"}, format="json")
    shown = client.get(made.headers["Location"])

    assert made.status_code == 201
    assert shown.json() == made.json()
    assert shown.headers["ETag"] == made.headers["ETag"]
    body = shown.json()
    assert body.pop("createdAt")
    assert body.pop("updatedAt")
    assert body.pop("id") in made.headers["Location"]
    assert body == {
        "name": "Rivers", "description": "", "level": "message", "shared": False, "version": 1,
        "itemCount": 0, "owner": {
            "id": str(cast.eva.user.pk), "name": "Eva", "email": "eva@example.org"
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "column"),
    [
        ({"name": "", "level": "message"}, "name"),
        ({"name": "a\u200bb", "level": "message"}, "name"),
        ({"name": "Rivers", "level": "chapter"}, "level"),
        ({"name": "Rivers"}, "level"),
        ({"name": 7, "level": "message"}, "name"),
        ({"name": "Rivers", "level": "message", "owner": "x"}, "owner"),
        ({"name": "Rivers", "level": "message", "team": "x"}, "team"),
    ],
)
def test_what_cannot_be_a_dataset_is_refused_by_field(
    cast: Cast, call_as: CallAs, body: dict[str, object], column: str
) -> None:
    answer = call_as(cast.eva).post(LIST, body, format="json")

    assert answer.status_code == 400
    assert [error["column"] for error in answer.json()["error"]["errors"]] == [column]


def test_the_list_has_the_visible_ones_and_its_filters(cast: Cast, call_as: CallAs) -> None:
    make_dataset(owner=cast.eva, name="Rivers")
    shared = make_dataset(owner=cast.eva, name="Seas", level="session")
    shared.change(is_shared=True, by=cast.eva)
    make_dataset(owner=cast.otto, name="Lakes")

    def names(client: APIClient, query: str = "") -> list[str]:
        return [row["name"] for row in client.get(f"{LIST}?{query}").json()["results"]]

    eva = call_as(cast.eva)
    assert names(eva) == ["Seas", "Rivers"]
    assert names(eva, "name=riv") == ["Rivers"]
    assert names(eva, "level=session") == ["Seas"]
    assert names(eva, "shared=0") == ["Rivers"]
    assert names(call_as(cast.emil)) == ["Seas"]
    assert names(call_as(cast.adam)) == ["Seas", "Rivers"]


@pytest.mark.parametrize("query", ["q=a", "owner__password=a", "level=x", "limit=0", "shared=2"])
def test_unknown_parameters_and_values_are_refused(cast: Cast, call_as: CallAs, query: str) -> None:
    answer = call_as(cast.eva).get(f"{LIST}?{query}")

    assert answer.status_code == 400
    assert [e["column"] for e in answer.json()["error"]["errors"]] == [query.partition("=")[0]]


def test_settings_change_field_by_field_and_stale_ones_conflict(
    cast: Cast, call_as: CallAs
) -> None:
    dataset = make_dataset(owner=cast.eva)
    client, url = call_as(cast.eva), f"{LIST}/{dataset.pk}"
    tag = client.get(url).headers["ETag"]

    first = client.patch(url, {"shared": True}, format="json", headers={"If-Match": tag})
    second = client.patch(url, {"name": "Seas"}, format="json", headers={"If-Match": tag})

    assert first.json()["shared"] is True
    assert second.status_code == 409
    assert client.get(url).json()["name"] == "Rivers"


def test_a_shared_dataset_can_be_read_and_not_changed(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva)
    dataset.change(is_shared=True, by=cast.eva)
    client, url = call_as(cast.emil), f"{LIST}/{dataset.pk}"

    assert client.get(url).status_code == 200
    assert client.patch(url, {"name": "Mine"}, format="json").status_code == 403
    assert client.delete(url).status_code == 403


def test_a_deleted_dataset_is_gone_for_everybody(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva)
    url = f"{LIST}/{dataset.pk}"

    assert call_as(cast.eva).delete(url).status_code == 204

    assert call_as(cast.olga).get(url).status_code == 404
    assert AuditEvent.all_rows.filter(verb="dataset.delete", object_id=dataset.pk).exists()


def test_a_read_key_reads_and_an_intake_key_writes(cast: Cast, call_as: CallAs) -> None:
    url = f"{LIST}/{make_dataset(owner=cast.eva).pk}"
    reads, writes = call_as(cast.eva, scopes=["read"]), call_as(cast.eva, scopes=["intake"])

    assert reads.get(url).status_code == 200
    assert reads.patch(url, {"name": "Seas"}, format="json").status_code == 403
    assert writes.patch(url, {"name": "Seas"}, format="json").status_code == 200


def test_the_list_does_not_query_per_dataset(cast: Cast, call_as: CallAs) -> None:
    client = call_as(cast.eva)
    make_dataset(owner=cast.eva)
    client.get(LIST)
    one = queries_of(lambda: client.get(LIST))
    for _ in range(19):
        make_dataset(owner=cast.eva)

    assert queries_of(lambda: client.get(LIST)) == one
