"""Imports into datasets that hold something alike: ids, files, names, edits of colleagues."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.storage import default_storage

from datasets.editing import edition
from datasets.models import Attachment, Dataset, DatasetImport, DatasetItem, DatasetVersion
from datasets.restoring import restore
from evalplatform.errors import Conflict
from tests.cast import Cast
from tests.datasets.archives import Entry, archive
from tests.datasets.dataset_imports import CSV, SUITE, checked, committed, imported
from tests.datasets_made import items_of, make_dataset

HEADER = "id,Human Message,AI Response\n"
ZIP: dict[str, Any] = {"format_slug": "suite-zip", "name": "suite.zip"}


def zipped(*tests: tuple[str, str, str], **files: bytes) -> bytes:
    """A ZIP of tests (id, input, file) and its files, by their names without suffix."""
    rows = "\n".join(",".join(test) for test in tests)
    members = [Entry(f"documents/{name}.txt", data) for name, data in files.items()]
    return archive(Entry("suite.csv", f"Test Id,Test Input,Files\n{rows}\n".encode()), *members)


def bytes_of(item: DatasetItem) -> list[bytes]:
    """What is in the files of an item."""
    rows = Attachment.all_rows.in_bulk(item.files)
    return [default_storage.open(rows[pk].file.name).read() for pk in item.files]


def counts(dataset: Dataset) -> tuple[int, int, int, int]:
    newest = DatasetVersion.all_rows.filter(dataset=dataset).first()
    assert newest is not None
    return newest.n_items, newest.n_created, newest.n_updated, newest.n_removed


# --- ids -------------------------------------------------------------------------------------


def test_a_copied_row_without_its_id_is_another_item_in_a_new_dataset(cast: Cast) -> None:
    first = items_of(imported(CSV, cast.eva), by=cast.eva)[0]
    said = f"{first.input},{first.output}"
    same = f"{HEADER}{first.public_id},{said}\n,{said}\n".replace("\n", ",rivers\n").replace(
        "AI Response,rivers", "AI Response,context.topic"
    )
    for data in (same, "\n".join([same.split("\n")[0], *reversed(same.strip().split("\n")[1:])])):
        dataset = imported(data, cast.eva)
        assert dataset.n_items == 2
        again = checked(data, cast.eva, into=dataset)
        assert again.report["items"] == {"create": 0, "update": 0, "unchanged": 2}


def test_an_id_that_differs_in_case_only_from_one_of_the_dataset_is_refused(cast: Cast) -> None:
    dataset = imported(SUITE, cast.eva, format_slug="suite-csv")
    for overwrite in (False, True):
        row = checked(
            SUITE.replace("geo-1", "GEO-1"),
            cast.eva,
            into=dataset,
            format_slug="suite-csv",
            overwrite=overwrite,
        )
        (error,) = row.report["errors"]
        assert (error["column"], error["value"]) == ("Test Id", "GEO-1")
        assert "in case only" in error["message"]


def test_ids_that_differ_in_normalisation_only_are_one(cast: Cast) -> None:
    dataset = imported(HEADER + "caf\u00e9,Where?,Here.\n", cast.eva)
    row = checked(HEADER + "cafe\u0301,Where?,There.\n", cast.eva, into=dataset)
    assert row.report["items"] == {"create": 0, "update": 1, "unchanged": 0}


def test_an_item_that_was_removed_comes_back_under_its_id_as_a_new_one(cast: Cast) -> None:
    data = HEADER + "q-1,Where?,Here.\n"
    dataset = imported(data, cast.eva)
    (before,) = items_of(dataset, by=cast.eva)
    with edition(dataset, by=cast.eva) as changing:
        changing.remove([before.key])
    dataset = imported(data, cast.eva, into=dataset)
    (after,) = items_of(dataset, by=cast.eva)
    assert (after.public_id, after.output) == ("q-1", "Here.")
    assert after.key != before.key
    assert counts(dataset) == (1, 1, 0, 0)
    assert [row.key for row in items_of(dataset, by=cast.eva, version=2)] == [before.key]


# --- files -----------------------------------------------------------------------------------


def test_files_of_one_name_and_other_bytes_stay_with_their_items(cast: Cast) -> None:
    dataset = imported(zipped(("q-1", "One?", "a.txt"), a=b"first"), cast.eva, **ZIP)
    other = zipped(("q-2", "Two?", "a.txt"), a=b"second")
    dataset = imported(other, cast.eva, into=dataset, **ZIP)
    dataset = imported(HEADER + "q-1,One?,Yes.\nq-2,Two?,No.\n", cast.eva, into=dataset)
    assert [bytes_of(row) for row in items_of(dataset, by=cast.eva)] == [[b"first"], [b"second"]]
    assert [row.output for row in items_of(dataset, by=cast.eva)] == ["Yes.", "No."]


def test_a_test_that_names_no_files_keeps_its_own_when_another_brings_the_name(cast: Cast) -> None:
    dataset = imported(zipped(("q-1", "One?", "a.txt"), a=b"first"), cast.eva, **ZIP)
    tests = [
        {"id": "q-1", "input_under_test": "One?"},
        {"id": "q-2", "input_under_test": "Two?", "files_under_test": ["documents/a.txt"]},
    ]
    data = archive(
        Entry("suite.json", json.dumps(tests).encode()), Entry("documents/a.txt", b"second")
    )
    row = checked(data, cast.eva, into=dataset, overwrite=True, **ZIP)
    assert row.report["items"] == {"create": 1, "update": 0, "unchanged": 1}
    committed(row, cast.eva)
    assert [bytes_of(row) for row in items_of(dataset, by=cast.eva)] == [[b"first"], [b"second"]]


def test_other_bytes_under_the_same_name_are_an_update_and_come_back_with_their_version(
    cast: Cast,
) -> None:
    dataset = imported(zipped(("q-1", "One?", "a.txt"), a=b"first"), cast.eva, **ZIP)
    data = zipped(("q-1", "One?", "a.txt"), a=b"second")
    dataset = imported(data, cast.eva, into=dataset, overwrite=True, **ZIP)
    (item,) = items_of(dataset, by=cast.eva)
    assert (bytes_of(item), counts(dataset)) == ([b"second"], (1, 0, 1, 0))
    restore(dataset, 2, by=cast.eva)
    (item,) = items_of(dataset, by=cast.eva)
    assert (bytes_of(item), counts(dataset)) == ([b"first"], (1, 0, 1, 0))
    assert bytes_of(items_of(dataset, by=cast.eva, version=3)[0]) == [b"second"]


def test_the_same_bytes_in_another_folder_are_the_same_file(cast: Cast) -> None:
    dataset = imported(zipped(("q-1", "One?", "a.txt"), a=b"first"), cast.eva, **ZIP)
    csv = b"Test Id,Test Input,Files\nq-1,One?,documents/9f3a/a.txt\n"
    data = archive(Entry("suite.csv", csv), Entry("documents/9f3a/a.txt", b"first"))
    row = checked(data, cast.eva, into=dataset, overwrite=True, **ZIP)
    assert row.report["items"] == {"create": 0, "update": 0, "unchanged": 1}


def test_an_undone_import_leaves_its_files_to_the_next(cast: Cast) -> None:
    data = zipped(("q-1", "One?", "a.txt"), a=b"first")
    row = committed(checked(data, cast.eva, **ZIP), cast.eva)
    row.undo(by=cast.eva)
    assert row.dataset is not None
    assert items_of(row.dataset, by=cast.eva) == []
    dataset = imported(data, cast.eva, into=row.dataset, **ZIP)
    assert [bytes_of(each) for each in items_of(dataset, by=cast.eva)] == [[b"first"]]
    assert Attachment.all_rows.count() == 1


def test_a_name_as_long_as_a_file_may_have_is_stored(cast: Cast) -> None:
    name = "x" * (300 - len("documents/.txt"))
    dataset = imported(zipped(("q-1", "One?", f"{name}.txt"), **{name: b"x"}), cast.eva, **ZIP)
    assert [bytes_of(each) for each in items_of(dataset, by=cast.eva)] == [[b"x"]]


# --- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Two\nlines\tand\u200b \u202ereversed", "Two lines and reversed"),
        ("\u2028 \u00ad", "Imported dataset"),
        ("x" * 500, "x" * 200),
    ],
)
def test_a_title_with_characters_that_names_may_not_hold_names_the_dataset(
    cast: Cast, title: str, name: str
) -> None:
    data = json.dumps({"title": title, "tests": [{"input_under_test": "Where?"}]})
    row = checked(data, cast.eva, format_slug="suite-json")
    DatasetImport.all_rows.filter(pk=row.pk).update(new_name="")
    row = committed(DatasetImport.all_rows.get(pk=row.pk), cast.eva)
    assert row.dataset is not None
    assert row.dataset.name == name


# --- versions --------------------------------------------------------------------------------


def test_an_import_ends_a_colleagues_open_edits_and_is_a_version_of_its_own(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=2)
    with edition(dataset, by=cast.adam) as changing:
        changing.revise(items_of(dataset, by=cast.adam)[0], tags=["adam"])
    dataset = imported(HEADER + ",Where?,Here.\n", cast.eva, into=dataset)
    with edition(dataset, by=cast.adam) as changing:
        changing.revise(items_of(dataset, by=cast.adam)[1], tags=["adam"])
    versions = DatasetVersion.all_rows.filter(dataset=dataset).order_by("number")
    assert [
        (each.kind, each.created_by, each.is_open, each.n_items, each.n_created, each.n_updated)
        for each in versions[2:]
    ] == [
        ("edit", cast.adam.user, False, 2, 0, 1),
        ("import", cast.eva.user, False, 3, 1, 0),
        ("edit", cast.adam.user, True, 3, 0, 1),
    ]


def test_each_version_counts_what_it_changed_through_undo_after_undo(cast: Cast) -> None:
    dataset = imported(HEADER + "q-1,A?,1\nq-2,B?,2\n", cast.eva)
    changed = HEADER + "q-1,A?,one\n,C?,3\n"
    row = committed(checked(changed, cast.eva, into=dataset), cast.eva)
    assert counts(dataset) == (3, 1, 1, 0)
    row.undo(by=cast.eva)
    assert counts(dataset) == (2, 0, 1, 1)
    dataset.refresh_from_db()
    restore(dataset, 3, by=cast.eva)
    assert counts(dataset) == (3, 1, 1, 0)
    restore(dataset, 1, by=cast.eva)
    assert counts(dataset) == (0, 0, 0, 3)
    restore(dataset, 5, by=cast.eva)
    assert counts(dataset) == (3, 3, 0, 0)
    said = [(each.input, each.output) for each in items_of(dataset, by=cast.eva)]
    assert said == [("A?", "one"), ("B?", "2"), ("C?", "3")]


def test_undo_looks_at_the_dataset_as_it_is_now(cast: Cast) -> None:
    row = committed(checked(CSV, cast.eva), cast.eva)
    stale = DatasetImport.all_rows.select_related("dataset").get(pk=row.pk)
    assert stale.dataset is not None
    with edition(stale.dataset, by=cast.adam) as changing:
        changing.remove([items_of(stale.dataset, by=cast.adam)[0].key])
    with pytest.raises(Conflict, match="has changed since"):
        stale.undo(by=cast.eva)
    assert len(items_of(stale.dataset, by=cast.eva)) == 1
