"""Pages of a filtered dataset: complete and in order wherever the items that fit are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datasets import item_listing
from datasets.formats.items import CheckRecord, ItemRecord
from datasets.models import Dataset
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.datasets_made import make_dataset

pytestmark = pytest.mark.django_db
SignIn = Callable[[Actor], Client]
PLACES: dict[str, Callable[[int], bool]] = {
    "everywhere": lambda n: n % 2 == 0,
    "first": lambda n: n <= 15,
    "last": lambda n: n > 105,
    "both ends": lambda n: n <= 6 or n > 106,
}
FILTERS = ("?tag=wanted", "?q=wanted", "?operator=includes", "?arrived=manual&tag=wanted")


@pytest.fixture(autouse=True)
def _small_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of five, counted to ten, twenty looked through: what happens in large datasets."""
    for name, size in (("PAGE", 5), ("COUNTED", 10), ("WALKED", 20)):
        monkeypatch.setattr(item_listing, name, size)


def make_scattered(owner: Actor, fits: Callable[[int], bool]) -> Dataset:
    """A dataset of 120 in which some items are tagged, checked and named `wanted`."""
    return make_dataset(owner=owner, items=[record_of(n, fits(n)) for n in range(1, 121)])


def record_of(n: int, is_wanted: bool) -> ItemRecord:
    check = CheckRecord("includes" if is_wanted else "equals", "Wien")
    return ItemRecord(
        public_id=f"q-{n}",
        input="wanted" if is_wanted else "other",
        tags=("wanted",) if is_wanted else ("other",),
        checks=(check,) if is_wanted or n % 3 else (),
    )


def pages(client: Client, url: str, query: str) -> list[Any]:
    """Every page of the list, by its links."""
    found = [client.get(url + query)]
    while found[-1].context["older_url"]:
        found.append(client.get(url + found[-1].context["older_url"]))
    return found


def ids_on(answer: Any) -> list[str]:
    return [item["public_id"] for item in answer.context["items"]]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("query", FILTERS)
def test_many_that_fit_come_in_order_wherever_they_are(
    cast: Cast, sign_in: SignIn, query: str, place: str
) -> None:
    dataset = make_scattered(cast.eva, PLACES[place])
    client, url = sign_in(cast.eva), f"/t/{cast.eva.team.slug}/datasets/{dataset.pk}/"

    forth = pages(client, url, query)
    back = client.get(url + forth[-1].context["newer_url"])

    wanted = [f"q-{n}" for n in range(1, 121) if PLACES[place](n)]
    assert [each for page in forth for each in ids_on(page)] == wanted
    assert ids_on(back) == ids_on(forth[-2])
    assert {page.context["n_matching"] for page in forth} == {"10+"}


@pytest.mark.parametrize(("n_fit", "said"), [(10, "10"), (11, "10+")])
def test_items_are_counted_up_to_the_cap(
    cast: Cast, sign_in: SignIn, n_fit: int, said: str
) -> None:
    dataset = make_scattered(cast.eva, lambda n: n <= n_fit)
    url = f"/t/{cast.eva.team.slug}/datasets/{dataset.pk}/"

    for query in ("?tag=wanted", "?operator=includes"):
        assert sign_in(cast.eva).get(url + query).context["n_matching"] == said


def test_an_earlier_version_is_filtered_alike(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_scattered(cast.eva, PLACES["last"])
    url = f"/t/{cast.eva.team.slug}/datasets/{dataset.pk}/versions/2/"

    found = pages(sign_in(cast.eva), url, "?tag=wanted")

    wanted = [f"q-{n}" for n in range(106, 121)]
    assert [each for page in found for each in ids_on(page)] == wanted
