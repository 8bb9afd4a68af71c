"""Changes of items through the API: one or many, all or nothing, and no stale ones."""

import uuid
from typing import Any

from django.core.files.base import ContentFile

from datasets.editing import edition
from datasets.formats.items import ItemRecord
from datasets.models import Attachment, DatasetItem
from tests.cast import Cast
from tests.datasets.test_item_api import CallAs, errors_of, texts, url_of
from tests.datasets_made import items_of, make_dataset
from tests.sessions import make_session


def test_a_stale_change_of_an_item_is_a_conflict(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    url = url_of(dataset, items_of(dataset, by=cast.eva)[0].key)
    client = call_as(cast.eva)
    tag = {"If-Match": client.get(url).headers["ETag"]}

    assert client.patch(url, {"output": "Other."}, format="json", headers=tag).status_code == 200
    stale = client.patch(url, {"output": "Third."}, format="json", headers=tag)
    gone = client.delete(url, headers=tag)

    assert (stale.status_code, gone.status_code) == (409, 409)
    assert stale.json()["error"]["code"] == "CONFLICT"
    assert client.get(url).json()["output"] == "Other."


def test_many_items_change_each_by_its_id(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    one, two, three = items_of(dataset, by=cast.eva)
    client = call_as(cast.eva)
    tag = client.get(url_of(dataset, three.key)).json()["etag"]
    rows = [
        {"id": str(one.key), "input": "New?", "tags": []},
        {"id": str(two.key), "output": two.output},
        {"id": str(three.key), "etag": tag, "publicId": "z", "createdAt": 1772355600123},
    ]

    answer = client.patch(url_of(dataset), {"items": rows}, format="json")

    assert answer.json() == {"version": 2, "changed": 2, "warnings": []}
    now = items_of(dataset, by=cast.eva)
    assert [(i.public_id, i.input, i.tags) for i in now] == [
        ("q-1", "New?", []), ("q-2", "Question 2?", ["easy"]), ("z", "Question 3?", ["easy"]),
    ]  # fmt: skip


def test_a_fault_or_a_stale_tag_of_one_keeps_all_as_they_are(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    other = make_dataset(owner=cast.otto, items=1)
    one, two, three = items_of(dataset, by=cast.eva)
    foreign = items_of(other, by=cast.otto)[0]
    client = call_as(cast.eva)
    good = {"id": str(one.key), "input": "New?"}

    def patched(*rows: dict[str, Any]) -> Any:
        return client.patch(url_of(dataset), {"items": [good, *rows]}, format="json")

    assert errors_of(patched({"id": str(foreign.key), "input": "Mine?"})) == [(2, "id")]
    assert errors_of(patched({"id": str(uuid.uuid4()), "input": "Mine?"})) == [(2, "id")]
    assert errors_of(patched({"id": str(two.key), "publicId": "q-3"})) == [(2, "publicId")]
    assert errors_of(patched({"id": str(two.key), "input": ""})) == [(2, "input")]
    assert errors_of(patched(good)) == [(2, "id")]
    stale = patched({"id": str(three.key), "etag": "0", "output": "x"})
    assert (stale.status_code, errors_of(stale)) == (409, [(2, "etag")])
    assert texts(dataset, cast.eva) == ["Question 1?", "Question 2?", "Question 3?"]


def test_a_bulk_change_is_refused_when_the_dataset_has_changed(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    client, url = call_as(cast.eva), url_of(dataset)
    seen = {"If-Match": client.get(url).headers["ETag"]}

    first = client.post(url, {"input": "a"}, format="json", headers=seen)
    second = client.post(url, {"input": "b"}, format="json", headers=seen)
    now = {"If-Match": first.headers["ETag"]}

    assert (first.status_code, second.status_code) == (201, 409)
    assert client.post(url, {"input": "c"}, format="json", headers=now).status_code == 201


def test_other_content_breaks_the_link_and_the_rest_does_not(cast: Cast, call_as: CallAs) -> None:
    session = make_session(owner=cast.eva)
    dataset = make_dataset(owner=cast.eva, items=1)
    item = items_of(dataset, by=cast.eva)[0]
    DatasetItem.all_rows.filter(pk=item.pk).update(session=session)
    client, url = call_as(cast.eva), url_of(dataset, item.key)

    tagged = client.patch(url, {"tags": ["x"]}, format="json").json()
    edited = client.patch(url, {"input": "Other?"}, format="json").json()

    assert (tagged["session"], edited["session"]) == (str(session.pk), None)


def test_who_may_not_see_the_session_is_not_told_its_id(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    DatasetItem.all_rows.update(session=make_session(owner=cast.eva))
    dataset.change(is_shared=True, by=cast.eva)

    (row,) = call_as(cast.emil).get(url_of(dataset)).json()["results"]

    assert row["session"] is None


def test_items_go_all_or_none(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    one, two, _ = items_of(dataset, by=cast.eva)
    client, url = call_as(cast.eva), url_of(dataset)

    refused = client.delete(url, {"ids": [str(one.key), str(uuid.uuid4())]}, format="json")
    gone = client.delete(url, {"ids": [str(one.key), str(two.key)]}, format="json")

    assert errors_of(refused) == [(2, "id")]
    assert gone.json()["changed"] == 2
    assert texts(dataset, cast.eva) == ["Question 3?"]
    assert client.get(url_of(dataset, one.key)).status_code == 404


def test_items_of_another_dataset_are_absent_under_ones_own(cast: Cast, call_as: CallAs) -> None:
    mine = make_dataset(owner=cast.eva, items=1)
    other = make_dataset(owner=cast.eva, items=1)
    url = url_of(mine, items_of(other, by=cast.eva)[0].key)
    client = call_as(cast.eva)

    assert client.get(url).status_code == 404
    assert client.patch(url, {"input": "x"}, format="json").status_code == 404
    assert client.delete(url).status_code == 404


def test_files_are_those_of_the_dataset(cast: Cast, call_as: CallAs) -> None:
    mine, other = make_dataset(owner=cast.eva), make_dataset(owner=cast.eva)
    files = []
    for dataset in (mine, other):
        row = Attachment(dataset=dataset, name="a.txt", sha256="0" * 64, n_bytes=1)
        row.file.save(str(row.pk), ContentFile(b"a"), save=False)
        row.save()
        files.append(str(row.pk))
    client = call_as(cast.eva)

    made = client.post(url_of(mine), {"input": "a", "files": files[:1] * 2}, format="json")
    refused = client.post(url_of(mine), {"input": "a", "files": files}, format="json")

    assert client.get(made.headers["Location"]).json()["files"] == files[:1]
    assert errors_of(refused) == [(1, "files[1]")]


def test_snapshots_of_sessions_are_not_written_by_hand(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")
    with edition(dataset, by=cast.eva) as changing:
        (item,) = changing.add([ItemRecord(summary="s")], arrived="clone")
    client = call_as(cast.eva)

    added = client.post(url_of(dataset), {"input": "a"}, format="json")
    asked = client.patch(url_of(dataset, item.key), {"input": "a"}, format="json")
    tagged = client.patch(url_of(dataset, item.key), {"tags": ["a"]}, format="json")

    assert (added.status_code, asked.status_code, tagged.status_code) == (409, 400, 200)


def test_who_may_only_read_changes_nothing(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    dataset.change(is_shared=True, by=cast.eva)
    key = str(items_of(dataset, by=cast.eva)[0].key)
    client, url = call_as(cast.emil), url_of(dataset)

    assert client.get(url).status_code == 200
    for answer in (
        client.post(url, {"input": "a"}, format="json"),
        client.patch(url, {"items": [{"id": key, "input": "a"}]}, format="json"),
        client.delete(url, {"ids": [key]}, format="json"),
        client.patch(f"{url}/{key}", {"input": "a"}, format="json"),
        client.delete(f"{url}/{key}"),
    ):
        assert answer.status_code == 403
