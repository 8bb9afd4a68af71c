"""Versions, checks and attachments through the API."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from rest_framework.test import APIClient

from datasets.editing import edition
from datasets.formats.items import CheckRecord
from datasets.models import Attachment, Dataset
from datasets.restoring import restore
from evalplatform.audit.models import AuditEvent
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.counting import queries_of
from tests.datasets_made import add_items, items_of, make_dataset, numbered

CallAs = Callable[..., APIClient]


def url_of(dataset: Dataset, *parts: object) -> str:
    return "/".join(["/api/v1/datasets", str(dataset.pk), *map(str, parts)])


def edited(dataset: Dataset, by: Actor) -> None:
    """Change q-1, remove q-2, add q-new and a check on every item, in one version."""
    one, two, *_ = items_of(dataset, by=by)
    with edition(dataset, by=by, kind="import", title="Second look") as changing:
        changing.revise(one, input="New?", tags=["easy", "hard"])
        changing.remove([two.key])
        changing.add([numbered(1)[0]._replace(public_id="q-new", tags=())], arrived="csv")
        changing.set_global_checks([CheckRecord("grammar")])


def test_versions_are_listed_newest_first(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    edited(dataset, cast.eva)
    client = call_as(cast.eva)

    rows = client.get(url_of(dataset, "versions")).json()["results"]

    assert [row["number"] for row in rows] == [3, 2, 1]
    assert client.get(url_of(dataset, "versions", 3)).json() == rows[0]
    assert {key: rows[0][key] for key in rows[0] if "At" not in key} == {
        "number": 3, "kind": "import", "title": "Second look", "open": False, "restores": None,
        "itemCount": 3, "created": 1, "updated": 1, "removed": 1, "createdBy": {
            "id": str(cast.eva.user.pk), "name": "Eva", "email": "eva@example.org"
        },
    }  # fmt: skip
    assert client.get(url_of(dataset, "versions", 4)).status_code == 404


def shown(body: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (
            row["publicId"],
            row["kind"],
            {name: (both["before"], both["after"]) for name, both in row["fields"].items()},
        )
        for row in body["results"]
    ]


def test_a_difference_says_item_by_item_and_field_by_field(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    edited(dataset, cast.eva)
    client = call_as(cast.eva)

    forth = client.get(url_of(dataset, "versions", 2, "diff")).json()
    back = client.get(url_of(dataset, "versions", 3, "diff"), {"to": 2}).json()

    assert (forth["from"], forth["to"]) == (2, 3)
    assert forth["globalChecks"] == {
        "before": [], "after": [{"operator": "grammar", "criteria": "", "modifiers": {}}]
    }  # fmt: skip
    assert shown(forth) == [
        ("q-1", "updated", {"input": ("Question 1?", "New?"),
                            "tags": (["easy"], ["easy", "hard"])}),
        ("q-2", "removed", {"publicId": ("q-2", None), "input": ("Question 2?", None),
                            "output": ("Answer 2.", None), "tags": (["easy"], None)}),
        ("q-new", "created", {"publicId": (None, "q-new"), "input": (None, "Question 1?"),
                              "output": (None, "Answer 1.")}),
    ]  # fmt: skip
    kinds = {"created": "removed", "removed": "created", "updated": "updated"}
    assert shown(back) == [
        (name, kinds[kind], {k: (b, a) for k, (a, b) in fields.items()})
        for name, kind, fields in shown(forth)
    ]


def test_what_was_changed_back_is_no_difference(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    edited(dataset, cast.eva)
    restore(dataset, 2, by=cast.eva)
    client = call_as(cast.eva)

    same = client.get(url_of(dataset, "versions", 2, "diff")).json()
    all_new = client.get(url_of(dataset, "versions", 1, "diff")).json()

    assert (same["results"], same["globalChecks"]) == ([], None)
    assert [row["kind"] for row in all_new["results"]] == ["created"] * 3


def test_a_moved_item_is_told(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    first, _, last = items_of(dataset, by=cast.eva)
    with edition(dataset, by=cast.eva, kind="import") as changing:
        changing.move(last, after=first)

    (row,) = call_as(cast.eva).get(url_of(dataset, "versions", 2, "diff")).json()["results"]

    assert (row["publicId"], row["kind"], row["moved"], row["fields"]) == (
        "q-3", "updated", True, {},
    )  # fmt: skip


def test_a_difference_goes_by_pages_and_a_fixed_number_of_queries(
    cast: Cast, call_as: CallAs
) -> None:
    dataset = make_dataset(owner=cast.eva, items=10)
    client, url = call_as(cast.eva), url_of(dataset, "versions", 1, "diff")
    client.get(url)  # the use of the key is noted then
    few = queries_of(lambda: client.get(url, {"limit": 200}))
    records = [record._replace(public_id=f"{record.public_id}-b") for record in numbered(990)]
    add_items(dataset, records, by=cast.eva)

    assert queries_of(lambda: client.get(url, {"limit": 200})) == few
    seen, token = [], ""
    while token is not None:
        page = client.get(url, {"limit": 200, "page": token}).json()
        seen += [row["publicId"] for row in page["results"]]
        token = page["next"]
    assert len(seen) == len(set(seen)) == 1000


@pytest.mark.parametrize("query", ["to=0", "to=99", "to=x", "from=1"])
def test_versions_that_there_are_not_are_refused(cast: Cast, call_as: CallAs, query: str) -> None:
    url = url_of(make_dataset(owner=cast.eva, items=1), "versions", 1, "diff")

    assert call_as(cast.eva).get(f"{url}?{query}").status_code == 400


def test_an_earlier_version_is_restored_as_a_new_one(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    edited(dataset, cast.eva)
    client, url = call_as(cast.eva), url_of(dataset, "versions", 2, "restore")
    seen = {"If-Match": client.get(url_of(dataset)).headers["ETag"]}

    made = client.post(url, {"title": "Back"}, format="json", headers=seen)
    again = client.post(url, {}, format="json", headers=seen)

    assert made.status_code == 201
    assert (made.json()["restores"], made.json()["title"]) == (2, "Back")
    assert made.headers["Location"] == url_of(dataset, "versions", 4)
    assert again.status_code == 409
    assert [item.public_id for item in items_of(dataset, by=cast.eva)] == ["q-1", "q-2", "q-3"]
    newest = client.post(url_of(dataset, "versions", 4, "restore"))
    assert newest.status_code == 409


def test_the_checks_of_an_item_are_an_ordered_list(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    url = url_of(dataset, "items", items_of(dataset, by=cast.eva)[0].key, "checks")
    client = call_as(cast.eva)
    checks = [
        {"operator": "includes", "criteria": "Danube", "modifiers": {"severity": 2}},
        {"operator": "grammar", "criteria": "all", "modifiers": {}},
    ]

    empty = client.get(url)
    put = client.put(url, {"checks": checks}, format="json")
    stale = client.put(
        url, {"checks": []}, format="json", headers={"If-Match": empty.headers["ETag"]}
    )

    assert empty.json()["checks"] == []
    assert put.json()["checks"] == [checks[0], checks[1] | {"criteria": ""}]
    assert [warning["row"] for warning in put.json()["warnings"]] == [2]
    assert stale.status_code == 409
    assert client.get(url).json()["checks"] == put.json()["checks"]
    assert client.put(url, {"checks": []}, format="json").json()["checks"] == []


def test_the_checks_on_every_item_are_of_a_version(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva)
    client, url = call_as(cast.eva), url_of(dataset, "checks")
    grammar = {"operator": "grammar", "criteria": "", "modifiers": {}}

    put = client.put(url, {"checks": [grammar]}, format="json").json()

    assert put == {"checks": [grammar], "version": 2, "warnings": []}
    assert client.get(url).json() == put
    assert client.get(url, {"version": 1}).json()["checks"] == []


@pytest.mark.parametrize(
    ("body", "places"),
    [
        ({}, [(None, "checks")]),
        ({"checks": {}}, [(1, "checks")]),
        ({"checks": [{"operator": "grammar"}, {"operator": "includez", "criteria": "a"}]},
         [(2, "operator")]),
        ({"checks": [{"operator": "includez"}, 7]}, [(1, "operator"), (2, "")]),
        ({"checks": [{"operator": "includes", "criteria": "a", "modifiers": {"severity": 5000}}]},
         [(1, "modifiers.severity")]),
        ({"checks": [], "team": 1}, [(None, "team")]),
    ],
)  # fmt: skip
def test_checks_that_cannot_be_are_refused_by_row(
    cast: Cast, call_as: CallAs, body: dict[str, Any], places: list[tuple[int | None, str]]
) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    item = url_of(dataset, "items", items_of(dataset, by=cast.eva)[0].key, "checks")

    for url in (url_of(dataset, "checks"), item):
        answer = call_as(cast.eva).put(url, body, format="json")
        assert answer.status_code == 400
        errors = answer.json()["error"]["errors"]
        assert [(error["row"], error["column"]) for error in errors] == places


def test_an_attachment_is_a_file_to_keep_and_never_a_page(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva)
    row = Attachment(
        dataset=dataset, name="documents/a/map.html", sha256="0" * 64, n_bytes=15,
        media_type="text/html",
    )  # fmt: skip
    row.file.save(str(row.pk), ContentFile(b"<script></script>"), save=False)
    row.save()
    client = call_as(cast.eva)

    (listed,) = client.get(url_of(dataset, "attachments")).json()["results"]
    answer = client.get(url_of(dataset, "attachments", listed["id"]))

    assert b"".join(answer.streaming_content) == b"<script></script>"
    assert (listed["name"], listed["bytes"]) == ("documents/a/map.html", 15)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="map.html"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox"
    assert AuditEvent.all_rows.filter(verb="attachment.download", object_id=row.pk).count() == 1
    other = make_dataset(owner=cast.eva)
    assert client.get(url_of(other, "attachments", row.pk)).status_code == 404
    row.file.storage.delete(row.file.name)
    assert client.get(url_of(dataset, "attachments", row.pk)).status_code == 404
