"""Items through the API: read in order, made and changed one or many, all or nothing."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from datasets.editing import edition
from datasets.formats.items import ItemRecord
from datasets.models import Dataset
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.counting import queries_of
from tests.datasets_made import add_items, items_of, make_dataset, numbered

CallAs = Callable[..., APIClient]


def url_of(dataset: Dataset, *parts: object) -> str:
    return "/".join(["/api/v1/datasets", str(dataset.pk), "items", *map(str, parts)])


def texts(dataset: Dataset, by: Actor) -> list[str]:
    return [item.input for item in items_of(dataset, by=by)]


def errors_of(answer: Any) -> list[tuple[int, str]]:
    return [(e["row"], e["column"]) for e in answer.json()["error"]["errors"]]


WHOLE: dict[str, Any] = {
    "publicId": "geo-1", "input": "Which river\nruns through Vienna?", "output": "=1+1",
    "expectedOutput": "The Danube.", "context": {"topic": {"name": "rivers"}, "n": [1, 2.5, None]},
    "history": [{"role": "user", "content": "Hello"},
                {"role": "assistant", "content": "Hi", "summary": "greeting"}],
    "participantData": {"plan": "gold"}, "sessionState": {"step": 2}, "summary": "about rivers",
    "tags": ["easy", "geo"], "createdAt": "2026-03-01T09:00:00.123456Z",
    "checks": [
        {"operator": "includes", "criteria": "Danube", "modifiers": {
            "severity": 3, "category": "facts", "extractor": "the river",
            "conditional": {"operator": "includes", "criteria": "river"},
            "examples": [{"type": "positive", "text": "The Danube"}]}},
        {"operator": "grammar", "criteria": "", "modifiers": {}},
    ],
    "files": [],
}  # fmt: skip


def test_an_item_comes_out_as_it_went_in(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva)
    client = call_as(cast.eva)

    made = client.post(url_of(dataset), WHOLE, format="json")
    shown = client.get(made.headers["Location"]).json()

    assert made.status_code == 201
    assert made.json()["version"] == 2
    assert made.json()["items"] == [{"id": shown["id"], "publicId": "geo-1"}]
    assert {key: shown[key] for key in WHOLE} == WHOLE
    assert (shown["arrived"], shown["session"], shown["version"]) == ("manual", None, 2)


def test_what_was_read_can_be_sent_again_and_changes_nothing(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva)
    client = call_as(cast.eva)
    made = client.post(url_of(dataset), WHOLE, format="json")

    again = client.patch(made.headers["Location"], WHOLE, format="json")

    assert again.headers["ETag"] == client.get(made.headers["Location"]).headers["ETag"]
    assert again.json()["version"] == 2


def test_many_items_are_all_taken_or_none(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    client = call_as(cast.eva)
    rows: list[Any] = [
        {"input": "One?"},
        {"input": " "},
        {"input": "Three?", "publicId": "q-1"},
        {"input": "Four?", "tags": "easy", "owner": "emil"},
        {"input": "Five?", "checks": [{"operator": "includes"}]},
        7,
        {"input": "Seven?", "publicId": "x"},
        {"input": "Eight?", "publicId": "x"},
    ]

    refused = client.post(url_of(dataset), {"items": rows}, format="json")
    taken = client.post(url_of(dataset), {"items": rows[:1] * 3}, format="json")

    assert refused.status_code == 400
    assert errors_of(refused) == [
        (2, "input"), (4, "owner"), (4, "tags"), (5, "checks[0].criteria"), (6, ""),
        (3, "publicId"), (8, "publicId"),
    ]  # fmt: skip
    assert taken.status_code == 201
    assert texts(dataset, cast.eva) == ["Question 1?", "Question 2?", "One?", "One?", "One?"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ('{"items": [{"input": "a"}, {"input": "a\\u0000b"}]}', (2, "input")),
        ('{"items": [{"input": "\\ud800"}]}', (1, "input")),
        ('{"input": "a", "context": {"n": NaN}}', (1, "")),
        ('{"input": "a", "input": "b"}', (1, "input")),
        ('{"input": "a", "context": {"__proto__": 1}}', (1, "context.__proto__")),
        ('{"input": "a", "context": ' + "[" * 5000 + "]" * 5000 + "}", None),
        ('{"items": []}', (None, "items")),
        ('{"items": [{"input": "a"}], "team": 1}', (None, "team")),
        ("[]", (None, "")),
    ],
)
def test_what_no_table_holds_is_refused_where_it_stands(
    cast: Cast, call_as: CallAs, body: str, place: tuple[int | None, str] | None
) -> None:
    dataset = make_dataset(owner=cast.eva)

    answer = call_as(cast.eva).generic("POST", url_of(dataset), body, "application/json")

    assert answer.status_code == 400
    if place and place != (1, ""):
        assert place in errors_of(answer)
    assert texts(dataset, cast.eva) == []


def test_more_than_a_thousand_at_once_are_refused(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva)

    answer = call_as(cast.eva).post(
        url_of(dataset), {"items": [{"input": "a"}] * 1001}, format="json"
    )

    assert answer.status_code == 400
    assert "Send at most 1,000 at once." in answer.json()["error"]["message"]


def test_the_list_goes_forth_and_back_in_the_datasets_order(cast: Cast, call_as: CallAs) -> None:
    url = url_of(make_dataset(owner=cast.eva, items=5))
    client = call_as(cast.eva)

    first = client.get(url, {"limit": 2}).json()
    second = client.get(url, {"limit": 2, "page": first["next"]}).json()
    third = client.get(url, {"limit": 2, "page": second["next"]}).json()

    shown = [row["publicId"] for page in (first, second, third) for row in page["results"]]
    assert shown == [f"q-{n}" for n in range(1, 6)]
    assert (first["previous"], third["next"]) == (None, None)
    back = client.get(url, {"limit": 2, "page": second["previous"]}).json()
    assert back["results"] == first["results"]


def test_the_list_has_the_filters_of_the_pages_and_any_version(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    first, *_ = items_of(dataset, by=cast.eva)
    with edition(dataset, by=cast.eva, kind="restore") as changing:
        changing.add_tags([first.key], ["hard"])
    client, url = call_as(cast.eva), url_of(dataset)

    def ids(query: str) -> list[str]:
        return [row["publicId"] for row in client.get(f"{url}?{query}").json()["results"]]

    assert ids("tag=hard") == ["q-1"]
    assert ids("tag=hard&version=2") == []
    assert ids("version=1") == []
    assert ids("arrived=manual&checks=0") == ["q-1", "q-2", "q-3"]
    assert ids("q=Question+2") == ["q-2"]
    assert ids("operator=includes") == []
    old = client.get(url_of(dataset, first.key), {"version": 2}).json()
    assert old["tags"] == ["easy"]


@pytest.mark.parametrize(
    "query", ["version=0", "version=9", "version=x", "operator=no", "dataset__team=1", "arrived=x"]
)
def test_unknown_parameters_and_values_are_refused(cast: Cast, call_as: CallAs, query: str) -> None:
    answer = call_as(cast.eva).get(f"{url_of(make_dataset(owner=cast.eva))}?{query}")

    assert answer.status_code == 400
    assert [e["column"] for e in answer.json()["error"]["errors"]] == [query.partition("=")[0]]


def test_lists_and_bulk_changes_do_not_query_per_item(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=10)
    client, url = call_as(cast.eva), url_of(dataset)

    def counts() -> tuple[int, int, int]:
        rows = items_of(dataset, by=cast.eva)
        edits = [{"id": str(row.key), "input": f"{row.input}!"} for row in rows[:1000]]
        added = [{"input": "a", "publicId": f"{row.key}"[:60]} for row in rows[:1000]]
        return (
            queries_of(lambda: client.get(url, {"limit": 200})),
            queries_of(lambda: client.patch(url, {"items": edits}, format="json")),
            queries_of(lambda: client.post(url, {"items": added}, format="json")),
        )

    counts()  # the edit session is open then
    few = counts()
    records = [record._replace(public_id=f"{record.public_id}-b") for record in numbered(980)]
    add_items(dataset, records, by=cast.eva)

    assert counts() == few


def test_the_body_of_a_list_is_json_that_can_be_read_back(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=[ItemRecord(input="‮\u2028 'é🙂")])

    content = call_as(cast.eva).get(url_of(dataset)).content

    assert json.loads(content)["results"][0]["input"] == "‮\u2028 'é🙂"
