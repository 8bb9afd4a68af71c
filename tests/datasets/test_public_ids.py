"""No two items of a dataset have ids that differ in case only, whichever way they come."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from datasets.editing import edition
from datasets.formats.items import ItemRecord
from datasets.item_querysets import plain_id
from datasets.models import DatasetItem
from datasets.restoring import restore
from tests.cast import Cast
from tests.datasets.test_item_api import CallAs, errors_of, url_of
from tests.datasets_made import add_items, items_of, make_dataset

pytestmark = pytest.mark.django_db
ITEM = {"input": "Which?", "output": "That."}
DATA = import_module("datasets.migrations.0009_ids_that_differ_in_more_than_case")


def test_the_database_refuses_what_differs_in_case_only(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    with pytest.raises(IntegrityError, match="one_item_per_public_id"), transaction.atomic():
        DatasetItem.all_rows.filter(dataset=dataset, public_id="q-2").update(public_id="Q-1")

    assert [i.public_id for i in items_of(dataset, by=cast.eva)] == ["q-1", "q-2"]


def test_ids_of_other_datasets_and_of_removed_items_are_free(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    make_dataset(owner=cast.eva, items=[ItemRecord(public_id="Q-1")])
    with edition(dataset, by=cast.eva, apart=True) as changing:
        changing.remove([items_of(dataset, by=cast.eva)[0].key])
    add_items(dataset, [ItemRecord(public_id="Q-1")], by=cast.eva)

    restore(dataset, 2, by=cast.eva)

    assert [i.public_id for i in items_of(dataset, by=cast.eva)] == ["q-1"]


def test_two_new_items_that_differ_in_case_only_are_refused(cast: Cast) -> None:
    records = [ItemRecord(public_id="Ab"), ItemRecord(public_id="aB")]

    with pytest.raises(ValidationError, match="ids that differ in case only"):
        make_dataset(owner=cast.eva, items=records)


def test_an_item_may_change_the_case_of_its_own_id(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    one, two = items_of(dataset, by=cast.eva)
    with edition(dataset, by=cast.eva) as changing:
        changing.revise(one, public_id="Q-1")
    rows = [{"id": str(two.key), "publicId": "Q-2"}]

    answer = call_as(cast.eva).patch(url_of(dataset), {"items": rows}, format="json")

    assert answer.status_code == 200
    assert [i.public_id for i in items_of(dataset, by=cast.eva)] == ["Q-1", "Q-2"]


def test_the_api_says_which_id_is_taken(cast: Cast, call_as: CallAs) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    two = items_of(dataset, by=cast.eva)[1]
    client, url = call_as(cast.eva), url_of(dataset)
    new = [ITEM | {"publicId": each} for each in ("Q-1", "new", "NEW")]

    made = client.post(url, {"items": new}, format="json")
    changed = client.patch(url, {"items": [{"id": str(two.key), "publicId": "Q-1"}]}, format="json")

    assert errors_of(made) == [(1, "publicId"), (3, "publicId")]
    assert errors_of(changed) == [(1, "publicId")]
    assert "differs in case only" in made.json()["error"]["errors"][0]["message"]


def test_what_python_calls_the_same_the_database_does(cast: Cast) -> None:
    names = ["AZaz[`{@0", "ÄÖß", "İI", "K", "É", "ﬀ"]
    dataset = make_dataset(owner=cast.eva, items=[ItemRecord(public_id=name) for name in names])
    rows = DatasetItem.objects.visible_to(cast.eva).filter(dataset=dataset)

    for name in names:
        assert [row.public_id for row in rows.with_ids_like([plain_id(name)])] == [name]


def test_items_of_before_the_rule_get_other_ids(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=4)
    rows = DatasetItem.all_rows.filter(dataset=dataset)
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_item_per_public_id")
        rows.filter(public_id="q-2").update(public_id="Q-1")
        rows.filter(public_id="q-4").update(public_id="Q-1")
        cursor.execute(DATA.RENAME)

    one, two, three, four = items_of(dataset, by=cast.eva)
    assert (one.public_id, three.public_id) == ("q-1", "q-3")
    assert two.public_id == f"Q-1-{str(two.key)[-8:]}"
    assert four.public_id == f"Q-1-{str(four.key)[-8:]}"
