"""The same file again: what the database calls the same, merging leaves alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets import item_comparing
from datasets.editing import edition
from datasets.formats.item_merging import merged, said, same
from datasets.formats.items import CheckRecord, Example, FieldCoverage, ItemRecord
from datasets.item_comparing import already_so
from datasets.stored_items import HELD, looking_up
from tests.cast import Cast
from tests.datasets.dataset_imports import checked, imported
from tests.datasets_made import items_of, make_dataset

NOON = datetime(2026, 3, 2, 12, 0, 0, 250, tzinfo=UTC)
FULL = ItemRecord(
    public_id="q-1",
    input="Where is Graz?\nTell me\tall.",
    output="On the Mur \\N \u0001 “there”.",
    expected_output="Mur",
    context={"city": "Graz", "n": 1.0, "deep": {"b": [1, True, None], "a": ""}},
    history=({"role": "user", "content": "Hi", "summary": "greets"},),
    participant_data={"name": 'Ann, {"quoted"}'},
    session_state={"step": 10**17},
    summary="short",
    tags=("a", "b,c", 'd"e'),
    created_at=NOON,
    checks=(CheckRecord("includes", "Mur", examples=(Example("positive", "the Mur"),)),),
)
FIELDS_GIVEN = frozenset(FULL._fields) - {"public_id", "said"}
OTHER: dict[str, Any] = {
    "input": "Where is Graz?",
    "output": "",
    "expected_output": "mur",
    "context": FULL.context | {"deep": {"b": [1, 1, None], "a": ""}},
    "history": ({"role": "user", "content": "Hi"},),
    "participant_data": {},
    "session_state": {"step": 10**17 + 1},
    "summary": "short ",
    "tags": ("b,c", "a", 'd"e'),
    "created_at": NOON.replace(microsecond=251),
    "checks": (CheckRecord("includes", "Mur"),),
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, "", "a", "b\r\n"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)
TEXTS = st.sampled_from(["", " ", "a", "a\nb", "a\r\nb"])
OBJECTS = st.dictionaries(st.sampled_from("ab"), VALUES, max_size=2)
RECORDS = st.builds(
    ItemRecord,
    public_id=st.just("q-1"),
    input=TEXTS,
    output=TEXTS,
    expected_output=st.just(""),
    history=st.just(()),
    participant_data=st.just({}),
    summary=TEXTS,
    checks=st.just(()),
    files=st.just(()),
    context=OBJECTS,
    session_state=OBJECTS,
    tags=st.lists(st.sampled_from("ab"), max_size=2).map(tuple),
    created_at=st.sampled_from([None, NOON]),
    said=st.frozensets(st.sampled_from(sorted(FIELDS_GIVEN))),
)
PATHS = st.lists(st.sampled_from([("a",), ("b",), ("a", "b")]), max_size=2, unique=True).map(tuple)
COVERAGES = st.builds(
    FieldCoverage,
    paths=st.dictionaries(st.sampled_from(["context", "session_state"]), PATHS),
    objects=st.frozensets(st.sampled_from(["context", "session_state"])),
)


@settings(max_examples=300)
@given(stored=RECORDS, told=RECORDS, coverage=COVERAGES, clears=st.booleans())
def test_an_item_that_has_all_that_is_said_is_not_changed(
    stored: ItemRecord, told: ItemRecord, coverage: FieldCoverage, clears: bool
) -> None:
    told = told._replace(context=stored.context)  # else they are hardly ever the same
    values = said(told, coverage, empty_cells_clear=clears)
    has_all = all(same(getattr(stored, name), value) for name, value in values.items())

    after = merged(stored, told, coverage, empty_cells_clear=clears)

    assert not has_all or after is stored


@pytest.mark.django_db
def test_an_item_is_the_same_whichever_of_its_fields_are_said(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=[FULL])
    for fields in (FIELDS_GIVEN, FIELDS_GIVEN - {"context"}, {"tags"}, frozenset()):
        values = said(FULL._replace(said=frozenset(fields)))
        values.pop("files", None)
        assert already_so(dataset.pk, {"q-1": values}) == {"q-1"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", OTHER)
def test_an_item_is_another_when_any_field_is(cast: Cast, name: str) -> None:
    dataset = make_dataset(owner=cast.eva, items=[FULL])
    told = FULL._replace(**{name: OTHER[name]}, said=FIELDS_GIVEN)

    values = said(told, empty_cells_clear=True)

    assert already_so(dataset.pk, {"q-1": values | {"files": []}}) == set()
    del values[name]
    assert already_so(dataset.pk, {"q-1": values | {"files": []}}) == {"q-1"}


@pytest.mark.django_db
def test_a_time_that_is_cleared_is_not_one_that_is_not_said(cast: Cast) -> None:
    timed, timeless = FULL, FULL._replace(public_id="q-2", created_at=None)
    dataset = make_dataset(owner=cast.eva, items=[timed, timeless])
    cleared = said(ItemRecord(said=frozenset({"created_at"})), empty_cells_clear=True)

    assert already_so(dataset.pk, {"q-1": cleared, "q-2": cleared}) == {"q-2"}
    assert already_so(dataset.pk, {"q-1": {}, "q-2": {}, "q-3": {}}) == {"q-1", "q-2"}


@pytest.mark.django_db
def test_only_newest_rows_of_this_dataset_count(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=[FULL])
    other = make_dataset(owner=cast.eva, items=[FULL])
    with edition(dataset, by=cast.eva, apart=True) as changing:
        changing.revise(items_of(dataset, by=cast.eva)[0], summary="longer")
    values = {"q-1": {"summary": "short"}}

    assert already_so(dataset.pk, values) == set()
    assert already_so(other.pk, values) == {"q-1"}


@pytest.mark.django_db
def test_large_items_are_asked_for_in_parts(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item_comparing, "BATCH_BYTES", 100)
    records = [ItemRecord(public_id=f"q-{n}", input="x" * 30 * n) for n in range(1, 9)]
    dataset = make_dataset(owner=cast.eva, items=records)

    found = already_so(dataset.pk, {each.public_id: {"input": each.input} for each in records})

    assert found == {each.public_id for each in records}


@pytest.mark.django_db
def test_the_same_file_again_reads_no_stored_item(cast: Cast) -> None:
    items = [{"id": f"q-{n}", "input": f"Question {n}", "output": "Yes.", "context": {"n": n}}
             for n in range(60)]  # fmt: skip
    dataset = imported(lines(items), cast.eva, format_slug="dataset-jsonl")

    with CaptureQueriesContext(connection) as queries:
        again = checked(lines(items), cast.eva, into=dataset, format_slug="dataset-jsonl")
    items[7]["output"] = "No."
    changed = checked(lines(items), cast.eva, into=dataset, format_slug="dataset-jsonl")

    assert again.report["items"] == {"create": 0, "update": 0, "unchanged": 60}
    assert not any("SELECT d.key" in query["sql"] for query in queries)
    assert changed.report["items"] == {"create": 0, "update": 1, "unchanged": 59}
    assert changed.report["changes"][0]["id"] == "q-7"


def lines(items: list[dict[str, Any]]) -> str:
    return "\n".join(map(json.dumps, items))


@pytest.mark.django_db
def test_items_are_looked_up_by_their_ids_index_whatever_the_planner_believes(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=60)
    with looking_up() as cursor:
        cursor.execute(f"EXPLAIN {HELD}", [["q-1"], dataset.pk, dataset.pk])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Index Only Scan using items_by_public_id" in plan or (
        "Index Scan using items_by_public_id" in plan
    )
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_sort")
        assert cursor.fetchone() == ("on",)
