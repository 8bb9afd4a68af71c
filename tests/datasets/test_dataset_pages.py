"""The pages of datasets: the list, a new one, its items, settings, sharing, its end."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from datasets.editing import edition
from datasets.formats.items import CheckRecord, ItemRecord
from datasets.models import Dataset
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.counting import queries_of
from tests.datasets_made import add_items, items_of, make_dataset, numbered

SignIn = Callable[[Actor], Client]
LIST = "/t/lighthouse/datasets/"


def page_of(dataset: Dataset) -> str:
    return f"{LIST}{dataset.pk}/"


def ids_on(answer: object) -> list[str]:
    return [item["public_id"] for item in answer.context["items"]]  # type: ignore[attr-defined]


def test_the_list_holds_what_one_may_see(cast: Cast, sign_in: SignIn) -> None:
    make_dataset(owner=cast.eva, name="Hers")
    make_dataset(owner=cast.emil, name="A colleague's own")
    make_dataset(owner=cast.emil, name="A colleague's shared").change(is_shared=True, by=cast.emil)
    make_dataset(owner=cast.otto, name="An outsider's")

    names = [row.name for row in sign_in(cast.eva).get(LIST).context["datasets"]]

    assert names == ["A colleague's shared", "Hers"]


def test_the_list_is_narrowed_by_its_address(cast: Cast, sign_in: SignIn) -> None:
    make_dataset(owner=cast.eva, name="Rivers")
    make_dataset(owner=cast.emil, name="Lakes", level="session")
    client = sign_in(cast.olga)

    def names(query: str) -> list[str]:
        return [row.name for row in client.get(LIST + query).context["datasets"]]

    assert names("?q=riv") == ["Rivers"]
    assert names("?level=session") == ["Lakes"]
    assert names(f"?owner={cast.eva.user.pk}") == ["Rivers"]
    assert names("?shared=1") == []
    assert names("?level=lake") == []
    assert names("?owner=nobody") == []


def test_an_empty_list_says_what_to_do(cast: Cast, sign_in: SignIn) -> None:
    assert "Create a dataset" in sign_in(cast.eva).get(LIST).content.decode()
    assert "Create a dataset" not in sign_in(cast.tess).get(LIST).content.decode()


def test_a_dataset_is_made_by_its_form(cast: Cast, sign_in: SignIn) -> None:
    form = {"name": " Rivers ", "level": "message", "description": "", "owner": cast.olga.user.pk}

    answer = sign_in(cast.eva).post(f"{LIST}new/", form)

    made = Dataset.all_rows.get()
    assert answer.headers["Location"] == page_of(made)
    assert (made.name, made.level, made.owner_id) == ("Rivers", "message", cast.eva.user.pk)


@pytest.mark.parametrize(
    ("form", "field"),
    [({"name": ""}, "name"), ({"level": "both"}, "level"), ({"name": "a\u202eb"}, "name")],
)
def test_a_broken_form_says_so_at_the_field(
    cast: Cast, sign_in: SignIn, form: dict[str, str], field: str
) -> None:
    answer = sign_in(cast.eva).post(f"{LIST}new/", {"name": "Rivers", "level": "message"} | form)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]


def test_items_come_in_their_order_in_pages(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=120)
    client = sign_in(cast.eva)

    first = client.get(page_of(dataset))
    second = client.get(page_of(dataset) + first.context["older_url"])
    back = client.get(page_of(dataset) + second.context["newer_url"])

    assert ids_on(first) == [f"q-{n}" for n in range(1, 51)]
    assert ids_on(second) == [f"q-{n}" for n in range(51, 101)]
    assert ids_on(back) == ids_on(first)
    assert first.context["newer_url"] == ""


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("?tag=hard", ["b"]),
        ("?q=danube", ["a"]),
        ("?operator=includes", ["b"]),
        ("?checks=1", ["b"]),
        ("?checks=0", ["a", "c"]),
        ("?checks=0&checks=1", ["a", "b", "c"]),
        ("?linked=1", []),
        ("?arrived=manual", ["a", "b", "c"]),
        ("?operator=nothing", []),
        ("?page=x", []),
    ],
)
def test_items_are_narrowed_by_the_address(
    cast: Cast, sign_in: SignIn, query: str, ids: list[str]
) -> None:
    records = [
        ItemRecord(public_id="a", input="Where is the Danube?"),
        ItemRecord(public_id="b", tags=("hard",), checks=(CheckRecord("includes", "Wien"),)),
        ItemRecord(public_id="c"),
    ]
    dataset = make_dataset(owner=cast.eva, items=records)

    answer = sign_in(cast.eva).get(page_of(dataset) + query)

    assert answer.status_code == 200
    assert ids_on(answer) == ids


def test_a_share_link_opens_the_page_that_holds_the_item(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=300)
    item = items_of(dataset, by=cast.eva)[150]

    answer = sign_in(cast.eva).get(f"{page_of(dataset)}?item={item.key}&tag=none")

    assert ids_on(answer) == [f"q-{n}" for n in range(139, 189)]
    assert re.search(rf'id="i-{item.key}" class="is-shared"', answer.content.decode())
    before = sign_in(cast.eva).get(page_of(dataset) + answer.context["newer_url"])
    assert ids_on(before)[-1] == "q-138"


def test_a_share_link_to_the_first_item_is_the_first_page(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=60)
    item = items_of(dataset, by=cast.eva)[0]

    answer = sign_in(cast.eva).get(f"{page_of(dataset)}?item={item.key}")

    assert ids_on(answer)[0] == "q-1"
    assert answer.context["newer_url"] == ""


def test_a_link_to_a_removed_item_says_so(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    item = items_of(dataset, by=cast.eva)[0]
    with edition(dataset, by=cast.olga) as changing:
        changing.remove([item.key])
    client = sign_in(cast.eva)

    page = client.get(f"{page_of(dataset)}?item={item.key}").content.decode()

    assert "is no longer in the newest version" in page
    assert "There is no such item here" in client.get(f"{page_of(dataset)}?item=x").content.decode()


def test_long_texts_are_cut_by_the_database(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=[ItemRecord(input="x" * 100_000)])

    answer = sign_in(cast.eva).get(page_of(dataset))

    assert len(answer.content) < 60_000
    assert "x" * 240 + "…" in answer.content.decode()


def test_a_page_of_items_asks_the_database_as_often_whatever_it_holds(
    cast: Cast, sign_in: SignIn
) -> None:
    dataset = make_dataset(owner=cast.eva, items=10)
    client = sign_in(cast.eva)
    client.get(page_of(dataset))

    few = queries_of(lambda: client.get(page_of(dataset)))
    add_items(dataset, [each._replace(public_id="") for each in numbered(990)], by=cast.eva)
    many = queries_of(lambda: client.get(page_of(dataset)))

    assert few == many


def test_settings_are_changed_by_who_may(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva)
    address = f"{page_of(dataset)}settings/"

    sign_in(cast.eva).post(
        address, {"name": "Lakes", "description": "Of Austria", "is_shared": "on"}
    )

    dataset.refresh_from_db()
    assert (dataset.name, dataset.description, dataset.is_shared) == ("Lakes", "Of Austria", True)
    assert sign_in(cast.emil).get(address).status_code == 403
    assert sign_in(cast.emil).post(address, {"name": "Mine"}).status_code == 403


def test_a_dataset_is_shared_by_its_switch(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    assert sign_in(cast.tess).get(page_of(dataset)).status_code == 404

    sign_in(cast.eva).post(f"{page_of(dataset)}share/", {"is_shared": "1"})

    page = sign_in(cast.tess).get(page_of(dataset))
    assert page.status_code == 200
    assert "Add item" not in page.content.decode()
    assert sign_in(cast.tess).post(f"{page_of(dataset)}share/", {}).status_code == 403


def test_a_deleted_dataset_comes_back_by_undo(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    client = sign_in(cast.eva)

    answer = client.post(f"{page_of(dataset)}delete/", follow=True)
    undo = re.search(r'data-undo="([^"]+restore/)"', answer.content.decode())
    assert undo
    assert client.get(page_of(dataset)).status_code == 404
    assert sign_in(cast.emil).post(undo[1]).status_code == 404
    assert client.post(undo[1]).status_code == 204

    assert client.get(page_of(dataset)).status_code == 200
