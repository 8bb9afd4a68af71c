"""Editions of datasets: versions, copies on write, order, links, restoring."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from datasets import item_searching
from datasets.editing import edition
from datasets.formats.items import CheckRecord, Example, ItemRecord
from datasets.models import Dataset, DatasetItem, DatasetVersion
from datasets.restoring import pin, restore
from evalplatform.errors import Conflict
from evalplatform.scoping.actor import Actor
from tests.cast import Cast
from tests.datasets_made import add_items, items_of, make_dataset, numbered
from tests.sessions import make_session

CHECK = CheckRecord("includes", "Danube", weight=2, examples=(Example("positive", "The Danube."),))


def inputs(dataset: Dataset, by: Actor, version: int | None = None) -> list[str]:
    return [row.input for row in items_of(dataset, by=by, version=version)]


def version_of(dataset: Dataset, number: int) -> DatasetVersion:
    found: DatasetVersion = DatasetVersion.all_rows.get(dataset=dataset, number=number)
    return found


def test_a_new_dataset_is_empty_at_version_one(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva)
    assert (dataset.version, dataset.n_items) == (1, 0)
    assert items_of(dataset, by=cast.eva) == []


def test_a_tester_may_not_make_one(cast: Cast) -> None:
    with pytest.raises(PermissionDenied):
        make_dataset(owner=cast.tess)


def test_edits_of_one_person_soon_after_each_other_are_one_version(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    with edition(dataset, by=cast.eva) as changing:
        changing.revise(items_of(dataset, by=cast.eva)[0], input="Other?")
    assert dataset.version == 2
    made = version_of(dataset, 2)
    assert (made.n_items, made.n_created, made.n_updated, made.n_removed) == (2, 2, 0, 0)


def test_edits_of_another_person_are_another_version(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    with edition(dataset, by=cast.adam) as changing:
        changing.revise(items_of(dataset, by=cast.adam)[0], input="Other?")
    assert dataset.version == 3
    made = version_of(dataset, 3)
    assert (made.n_items, made.n_created, made.n_updated, made.n_removed) == (2, 0, 1, 0)
    assert not version_of(dataset, 2).is_open


def test_an_edit_session_ends_after_half_an_hour(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    late = timezone.now() - timedelta(minutes=31)
    DatasetVersion.all_rows.filter(dataset=dataset, number=2).update(touched_at=late)
    add_items(dataset, [ItemRecord(input="Later?")], by=cast.eva)
    assert dataset.version == 3


def test_what_was_pinned_never_changes(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    number = pin(dataset)
    with edition(dataset, by=cast.eva) as changing:
        first, second = items_of(dataset, by=cast.eva)
        changing.revise(first, input="Other?")
        changing.remove([second.key])
    assert inputs(dataset, cast.eva, number) == ["Question 1?", "Question 2?"]
    assert inputs(dataset, cast.eva) == ["Other?"]
    made = version_of(dataset, number + 1)
    assert (made.n_items, made.n_created, made.n_updated, made.n_removed) == (1, 0, 1, 1)


def test_a_change_that_changes_nothing_makes_no_version(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    pin(dataset)
    with edition(dataset, by=cast.eva) as changing:
        item = items_of(dataset, by=cast.eva)[0]
        changing.revise(item, input=item.input, tags=item.tags)
    assert dataset.version == 2


def test_two_items_of_one_id_are_refused_and_nothing_is_saved(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    with pytest.raises(ValidationError, match="q-1"):
        add_items(dataset, [ItemRecord(input="New?"), *numbered(1)], by=cast.eva)
    assert len(items_of(dataset, by=cast.eva)) == 1


def test_other_content_breaks_the_link_and_tags_do_not(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    session = make_session(owner=cast.eva)
    DatasetItem.all_rows.filter(dataset=dataset).update(session=session, origin="m:1")
    item = items_of(dataset, by=cast.eva)[0]
    with edition(dataset, by=cast.eva) as changing:
        assert changing.revise(item, tags=["hard"]).session_id == session.pk
        revised = changing.revise(item, output="Changed.")
    assert revised.session_id is None
    assert revised.origin == "m:1"


def test_items_move_and_stay_in_order_in_each_version(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    number = pin(dataset)
    with edition(dataset, by=cast.eva) as changing:
        first, second, third = items_of(dataset, by=cast.eva)
        changing.move(third, after=first)
        changing.move(first, after=None)
        changing.add([ItemRecord(input="Between?")], arrived="manual", after=third)
    assert inputs(dataset, cast.eva, number) == ["Question 1?", "Question 2?", "Question 3?"]
    assert inputs(dataset, cast.eva) == ["Question 1?", "Question 3?", "Between?", "Question 2?"]
    assert second.public_id == "q-2"


def test_there_is_always_room_between_two_items(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    with edition(dataset, by=cast.eva) as changing:
        first = items_of(dataset, by=cast.eva)[0]
        for n in range(25):
            changing.add([ItemRecord(input=str(n))], arrived="manual", after=first)
    expected = ["Question 1?", *(str(n) for n in reversed(range(25))), "Question 2?"]
    assert inputs(dataset, cast.eva) == expected


def test_restoring_brings_items_order_and_global_checks_back(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    number = pin(dataset)
    with edition(dataset, by=cast.eva) as changing:
        first, second, _ = items_of(dataset, by=cast.eva)
        changing.revise(first, input="Other?", checks=[CHECK.as_json()])
        changing.remove([second.key])
        changing.set_global_checks([CHECK])
        changing.add([ItemRecord(input="New?")], arrived="manual")
    made = restore(dataset, number, by=cast.eva)
    assert inputs(dataset, cast.eva) == ["Question 1?", "Question 2?", "Question 3?"]
    assert made.global_checks == []
    assert (made.n_items, made.n_created, made.n_updated, made.n_removed) == (3, 1, 1, 1)
    assert inputs(dataset, cast.eva, number + 1) == ["Other?", "Question 3?", "New?"]
    with pytest.raises(Conflict):
        restore(dataset, made.number, by=cast.eva)


def test_a_check_is_kept_as_it_was_said(cast: Cast) -> None:
    record = ItemRecord(input="Which?", checks=(CHECK, CheckRecord("grammar")))
    dataset = make_dataset(owner=cast.eva, items=[record])
    assert tuple(items_of(dataset, by=cast.eva)[0].check_records) == record.checks


def test_tags_are_given_and_taken_in_bulk(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    keys = [row.key for row in items_of(dataset, by=cast.eva)]
    with edition(dataset, by=cast.eva) as changing:
        assert changing.add_tags(keys[:2], ["hard", "easy"]) == 2
        assert changing.remove_tags(keys, ["easy"]) == 3
        assert changing.remove_tags(keys, ["easy"]) == 0
    assert [row.tags for row in items_of(dataset, by=cast.eva)] == [["hard"], ["hard"], []]


def test_only_who_may_edit_may_change_it(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    with pytest.raises(Dataset.DoesNotExist), edition(dataset, by=cast.emil):
        pass
    dataset.change(is_shared=True, by=cast.eva)
    with pytest.raises(PermissionDenied), edition(dataset, by=cast.emil):
        pass
    assert len(items_of(dataset, by=cast.tess)) == 1


def test_a_deleted_dataset_exists_for_nobody_until_it_is_restored(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    dataset.delete_for_all(by=cast.eva)
    assert items_of(dataset, by=cast.olga) == []
    with pytest.raises(Dataset.DoesNotExist):
        Dataset.restore_deleted(dataset.pk, by=cast.emil)
    Dataset.restore_deleted(dataset.pk, by=cast.eva)
    assert len(items_of(dataset, by=cast.olga)) == 1


def refused(statement: str) -> bool:
    """Say whether the database refuses a statement."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except DatabaseError:
        return True
    return False


def test_the_database_keeps_level_and_ended_rows_as_they_are(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    pin(dataset)
    with edition(dataset, by=cast.eva) as changing:
        changing.revise(items_of(dataset, by=cast.eva)[0], input="Other?")
    assert refused("UPDATE datasets_dataset SET level = 'session'")
    assert refused("UPDATE datasets_datasetitem SET level = 'session', input = '', output = ''")
    assert refused("UPDATE datasets_datasetitem SET input = 'x' WHERE until_version = 3")
    assert refused("UPDATE datasets_datasetversion SET n_items = 7 WHERE number = 2")
    assert not refused("UPDATE datasets_datasetitem SET tags = '{a}' WHERE until_version IS NULL")


def test_a_session_dataset_takes_no_item_by_hand(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")
    with pytest.raises((DatabaseError, ValidationError)):
        add_items(dataset, numbered(1), by=cast.eva)


def test_items_are_found_by_their_words_before_and_after_they_are_indexed(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=3)
    rows = DatasetItem.objects.visible_to(cast.eva).filter(dataset=dataset).newest()
    assert [row.public_id for row in rows.with_text("question 2")] == ["q-2"]
    assert item_searching.ITEMS.index_what_waits() == 3
    assert [row.public_id for row in rows.with_text('"question 2"')] == ["q-2"]
