"""Versions from their pages: read, named, finished, restored, held against each other; checks."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from datasets.editing import edition
from datasets.formats.items import CheckRecord, ItemRecord
from datasets.item_diff import words
from datasets.models import Dataset, DatasetVersion
from datasets.restoring import pin
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.counting import queries_of
from tests.datasets_made import add_items, items_of, make_dataset, numbered

SignIn = Callable[[Actor], Client]
CHECK = CheckRecord("includes", "Danube")


def page_of(dataset: Dataset, *parts: object) -> str:
    return "/".join(["/t/lighthouse/datasets", str(dataset.pk), *map(str, parts), ""])


def make_three_versions(owner: Actor) -> Dataset:
    """Version 2 holds q-1 to q-4; version 3 changes q-1, removes q-2 and adds one."""
    dataset = make_dataset(owner=owner, items=4)
    pin(dataset)
    first, second, *_ = items_of(dataset, by=owner)
    with edition(dataset, by=owner) as changing:
        changing.revise(first, output="Answer one.", tags=["hard"])
        changing.remove([second.key])
        changing.add([ItemRecord(public_id="new", input="New?")], arrived="manual")
    return dataset


def test_versions_are_listed_the_newest_first(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_three_versions(cast.eva)

    versions = sign_in(cast.eva).get(page_of(dataset, "versions")).context["versions"]

    said = [(v.number, v.n_created, v.n_updated, v.n_removed) for v in versions]
    assert said == [(3, 1, 1, 1), (2, 4, 0, 0), (1, 0, 0, 0)]


def test_any_version_is_read_as_it_was(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_three_versions(cast.eva)
    client = sign_in(cast.eva)

    then = client.get(page_of(dataset, "versions/2"))

    assert [i["public_id"] for i in then.context["items"]] == ["q-1", "q-2", "q-3", "q-4"]
    assert "Answer 1." in then.content.decode()
    assert "data-do=" not in then.content.decode()
    assert client.get(page_of(dataset, "versions/4")).status_code == 404
    assert client.get(page_of(dataset, "versions/0")).status_code == 404


def test_a_version_is_named_finished_and_restored(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_three_versions(cast.eva)
    client = sign_in(cast.eva)

    client.post(page_of(dataset, "versions/3/title"), {"title": "Second round"})
    client.post(page_of(dataset, "versions/3/finish"))
    third = DatasetVersion.all_rows.get(dataset=dataset, number=3)
    assert (third.title, third.is_open) == ("Second round", False)

    answer = client.post(page_of(dataset, "versions/2/restore"), follow=True)
    assert [i.public_id for i in items_of(dataset, by=cast.eva)] == ["q-1", "q-2", "q-3", "q-4"]
    undo = re.search(r'data-undo="([^"]+undo/[^"]+)"', answer.content.decode())
    assert undo
    client.post(undo[1])
    assert [i.public_id for i in items_of(dataset, by=cast.eva)] == ["q-1", "q-3", "q-4", "new"]


def test_two_versions_are_compared_field_by_field(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_three_versions(cast.eva)
    client = sign_in(cast.eva)

    answer = client.get(page_of(dataset, "diff/2/3"))
    gone = client.get(page_of(dataset, "diff/2/3") + "?show=gone")

    changed, added = answer.context["diffs"]
    assert (changed.kind, [field.label for field in changed.fields]) == (
        "changed",
        ["Output", "Tags"],
    )
    assert changed.fields[0].parts == [
        ("same", "Answer "), ("gone", "1"), ("came", "one"), ("same", "."),
    ]  # fmt: skip
    assert (added.kind, added.public_id) == ("added", "new")
    assert [(diff.kind, diff.public_id) for diff in gone.context["diffs"]] == [("removed", "q-2")]
    assert (answer.context["n_came"], answer.context["n_gone"]) == ("2", "1")
    assert "<del>1</del><ins>one</ins>" in answer.content.decode()
    assert client.get(page_of(dataset, "diff/3/2")).status_code == 404


def test_long_texts_are_compared_within_bounds(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=[ItemRecord(input="x " * 500_000)])
    pin(dataset)
    item = items_of(dataset, by=cast.eva)[0]
    with edition(dataset, by=cast.eva) as changing:
        changing.revise(item, input="x " * 499_999 + "y")

    answer = sign_in(cast.eva).get(page_of(dataset, "diff/2/3"))

    assert answer.context["diffs"][0].fields[0].is_cut
    assert len(answer.content) < 60_000


@pytest.mark.parametrize(
    ("before", "after", "budget", "parts"),
    [
        ("", "a", 10, [("came", "a")]),
        ("a b", "a", 10, [("same", "a"), ("gone", " b")]),
        ("a b", "c d", 1, []),
        ("same", "same", 0, [("same", "same")]),
    ],
)
def test_words_are_compared_while_the_budget_lasts(
    before: str, after: str, budget: int, parts: list[tuple[str, str]]
) -> None:
    assert words(before, after, [budget]) == parts


def test_a_difference_asks_the_database_as_often_whatever_it_holds(
    cast: Cast, sign_in: SignIn
) -> None:
    dataset = make_dataset(owner=cast.eva, items=10)
    client = sign_in(cast.eva)
    client.get(page_of(dataset, "diff/1/2"))

    few = queries_of(lambda: client.get(page_of(dataset, "diff/1/2")))
    add_items(dataset, [each._replace(public_id="") for each in numbered(990)], by=cast.eva)

    assert queries_of(lambda: client.get(page_of(dataset, "diff/1/2"))) == few


def test_checks_on_every_item_are_edited(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    client = sign_in(cast.eva)
    form = {
        "checks-TOTAL_FORMS": "1",
        "checks-INITIAL_FORMS": "0",
        "checks-0-operator": "includes",
        "checks-0-criteria": "Danube",
        "seen": client.get(page_of(dataset, "checks")).context["seen"],
    }

    client.post(page_of(dataset, "checks"), form)
    stale = client.post(page_of(dataset, "checks"), form | {"checks-0-criteria": "Rhine"})

    dataset.refresh_from_db()
    newest = DatasetVersion.all_rows.get(dataset=dataset, number=dataset.version)
    assert newest.global_checks == [CHECK.as_json()]
    assert stale.status_code == 409
    assert stale.context["checks"][0]["criteria"].value() == "Rhine"
    broken = client.post(page_of(dataset, "checks"), form | {"checks-0-criteria": ""})
    assert broken.status_code == 422


def test_who_may_only_read_changes_no_version(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_three_versions(cast.eva)
    dataset.change(is_shared=True, by=cast.eva)
    client = sign_in(cast.emil)

    for path in ("versions", "versions/2", "diff/2/3", "checks"):
        assert client.get(page_of(dataset, path)).status_code == 200
    for path in ("versions/2/restore", "versions/2/title", "versions/3/finish", "checks"):
        assert client.post(page_of(dataset, path)).status_code == 403
