"""The page of a dataset with a million items, and its list alone: time at any depth and filter."""

from __future__ import annotations

from django.test import Client

from benchmarks.evidence import make_team
from benchmarks.items import clear, fill_dataset
from benchmarks.lists import measure
from datasets.models import Dataset, DatasetItem
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.keyset import make_token
from evalplatform.settling import settle

FILTERS: dict[str, dict[str, str]] = {
    "no filter": {},
    "tag": {"tag": "tag-7"},
    "tag, nowhere": {"tag": "nothing-like-this"},
    "arrived": {"arrived": "suite"},
    "arrived, nowhere": {"arrived": "rule"},
    "operator": {"operator": "includes_exactly"},
    "operator, rare": {"operator": "equals_exactly"},
    "operator, nowhere": {"operator": "regex"},
    "with checks": {"checks": "1"},
    "without checks": {"checks": "0"},
    "linked (none)": {"linked": "1"},
    "not linked": {"linked": "0"},
    "text, rare": {"q": "rare777"},
    "text, in every item": {"q": "ferry"},
    "text, nowhere": {"q": "nothinglikethis"},
}


def run(smoke: bool) -> list[str]:
    """Measure the page, the list that htmx asks for, and share links."""
    actor = make_team("bench-dataset-lists")
    clear()
    dataset = fill_dataset(actor, 2_000 if smoke else 1_000_000)
    client = Client()
    client.force_login(actor.user, backend="django.contrib.auth.backends.ModelBackend")
    settle()
    url = f"/t/{actor.team.slug}/datasets/{dataset.pk}/"
    lines = []
    for name, address in (("page", url), ("list alone", f"{url}items/")):
        for depth in (0.0, 0.5, 0.999):
            query = {"page": token_at(dataset, actor, depth)} if depth else {}
            lines.append(f"{name}, {depth:.1%} deep: {measure(client, address, query, smoke)}")
        for depth in (0.5, 0.999):
            query = {"item": str(row_at(dataset, actor, depth).key)}
            told = measure(client, address, query, smoke)
            lines.append(f"{name}, share link, {depth:.1%} deep: {told}")
    for name, query in FILTERS.items():
        lines.append(f"page, {name}: {measure(client, url, query, smoke)}")
    return lines


def row_at(dataset: Dataset, actor: Actor, depth: float) -> DatasetItem:
    """Return the item at this share of the list."""
    rows = DatasetItem.objects.visible_to(actor).filter(dataset=dataset).newest().in_order()
    row: DatasetItem = rows[int(dataset.n_items * depth) - 1]
    return row


def token_at(dataset: Dataset, actor: Actor, depth: float) -> str:
    """Return the token of the page that begins at this share of the list."""
    return make_token("older", row_at(dataset, actor, depth), ("position", "id"))
