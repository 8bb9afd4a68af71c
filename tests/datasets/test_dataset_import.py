"""An import into a dataset shows all it would do, then is one version, or nothing at all."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from datasets.editing import edition
from datasets.models import Dataset, DatasetItem, DatasetVersion, RememberedMapping
from evalplatform.accounts.models import Membership
from evalplatform.audit.models import AuditEvent
from evalplatform.errors import Conflict
from tests.cast import Cast
from tests.datasets.dataset_imports import CSV, SUITE, after, checked, committed, imported, uploaded
from tests.datasets_made import items_of, make_dataset


def test_a_dry_run_shows_what_would_be_and_saves_nothing(cast: Cast) -> None:
    row = checked(CSV, cast.eva)
    assert row.state == row.State.READY
    assert row.report["items"] == {"create": 2, "update": 0, "unchanged": 0}
    assert row.report["preview"][0]["context"] == {"topic": "rivers"}
    assert not Dataset.all_rows.exists()
    assert not DatasetItem.all_rows.exists()


def test_a_commit_is_one_named_version(cast: Cast) -> None:
    dataset = imported(CSV, cast.eva)
    assert (dataset.name, dataset.n_items, dataset.version) == ("Rivers", 2, 2)
    version = DatasetVersion.all_rows.get(dataset=dataset, number=2)
    assert (version.kind, version.title) == ("import", "Import of items.csv")
    assert (version.n_created, version.n_updated, version.n_removed) == (2, 0, 0)
    assert not version.is_open
    first, second = items_of(dataset, by=cast.eva)
    assert (first.input, first.output, first.context) == (
        "Which river crosses Vienna?", "The Danube.", {"topic": "rivers"},
    )  # fmt: skip
    assert (second.arrived, second.created_by) == ("csv", cast.eva.user)
    assert AuditEvent.all_rows.filter(verb="dataset.import").count() == 1


def test_one_bad_row_refuses_the_file_and_names_row_and_column(cast: Cast) -> None:
    row = checked(CSV + ",No answer here.,,x\n", cast.eva)
    assert row.state == row.State.REFUSED
    (error,) = row.report["errors"]
    assert (error["row"], error["column"]) == (4, "AI Response")
    with pytest.raises(Conflict):
        row.commit(by=cast.eva)


def test_the_same_file_again_is_no_change(cast: Cast) -> None:
    dataset = imported(CSV, cast.eva)
    reordered = "\n".join([CSV.split("\n")[0], *reversed(CSV.strip().split("\n")[1:])])
    for data in (CSV, reordered):
        row = checked(data, cast.eva, into=dataset)
        assert row.report["items"] == {"create": 0, "update": 0, "unchanged": 2}
        assert not row.may_commit


def test_two_equal_rows_are_two_items(cast: Cast) -> None:
    dataset = imported(CSV + CSV.split("\n")[1] + "\n", cast.eva)
    assert dataset.n_items == 3


def test_an_update_by_id_shows_each_field_and_changes_only_columns_of_the_file(cast: Cast) -> None:
    dataset = imported(CSV, cast.eva)
    item = items_of(dataset, by=cast.eva)[0]
    with edition(dataset, by=cast.eva) as changing:
        changing.revise(item, context={"topic": "rivers", "year": 2026}, tags=["easy"])
    data = f"id,Human Message,AI Response\n{item.public_id},{item.input},The Danube!\n"
    row = checked(data, cast.eva, into=dataset)
    assert row.report["items"] == {"create": 0, "update": 1, "unchanged": 0}
    (change,) = row.report["changes"]
    assert change["fields"] == {"output": ["The Danube.", "The Danube!"]}
    committed(row, cast.eva)
    dataset.refresh_from_db()
    after = items_of(dataset, by=cast.eva)[0]
    assert (after.output, after.context, after.tags) == (
        "The Danube!", {"topic": "rivers", "year": 2026}, ["easy"],
    )  # fmt: skip
    assert DatasetVersion.all_rows.get(dataset=dataset, number=dataset.version).n_updated == 1


def test_an_unknown_id_is_an_error_of_its_row(cast: Cast) -> None:
    dataset = imported(CSV, cast.eva)
    data = "id,Human Message,AI Response\nghost,Where?,Nowhere.\n"
    row = checked(data, cast.eva, into=dataset)
    (error,) = row.report["errors"]
    assert (error["row"], error["column"], error["value"]) == (2, "id", "ghost")


def test_ids_come_along_into_an_empty_dataset(cast: Cast) -> None:
    dataset = imported("id,Human Message,AI Response\nq-7,Where?,Here.\n", cast.eva)
    assert [row.public_id for row in items_of(dataset, by=cast.eva)] == ["q-7"]


def test_an_update_may_not_empty_a_required_cell(cast: Cast) -> None:
    dataset = imported("id,Human Message,AI Response\nq-7,Where?,Here.\n", cast.eva)
    data = "id,Human Message,AI Response\nq-7,Where?,\n"
    kept = checked(data, cast.eva, into=dataset)
    assert kept.report["items"]["unchanged"] == 1
    row = checked(data + "\n", cast.eva, into=dataset, empty_cells_clear=True)
    assert row.state == row.State.REFUSED
    assert row.report["errors"][0]["column"] == "AI Response"


def test_a_suite_brings_checks_and_checks_on_every_item(cast: Cast) -> None:
    dataset = imported(SUITE, cast.eva, format_slug="suite-csv")
    (item,) = items_of(dataset, by=cast.eva)
    assert item.tags == ["rivers", "easy"]
    assert [check.operator for check in item.check_records] == ["includes", "excludes_exactly"]
    version = DatasetVersion.all_rows.get(dataset=dataset, number=2)
    assert [each["operator"] for each in version.global_checks] == ["grammar"]
    assert item.arrived == "suite"


def test_a_known_test_id_refuses_a_suite_unless_overwriting_is_ticked(cast: Cast) -> None:
    dataset = imported(SUITE, cast.eva, format_slug="suite-csv")
    row = checked(SUITE, cast.eva, into=dataset, format_slug="suite-csv")
    (error,) = row.report["errors"]
    assert (error["row"], error["column"]) == (4, "Test Id")
    row.read_otherwise({"overwrite": True}, by=cast.eva)
    row.refresh_from_db()
    again = checked(SUITE, cast.eva, into=dataset, format_slug="suite-csv", overwrite=True)
    assert again.report["changes"] == []
    assert again.report["items"] == {"create": 0, "update": 0, "unchanged": 1}
    changed = checked(
        SUITE.replace("The Danube", "Danube"),
        cast.eva,
        into=dataset,
        format_slug="suite-csv",
        overwrite=True,
    )
    assert changed.report["changed_fields"] == {"expected_output": 1}


def test_a_commit_that_would_do_other_things_asks_to_look_again(cast: Cast) -> None:
    dataset = imported("id,Human Message,AI Response\nq-7,Where?,Here.\n", cast.eva)
    row = checked("id,Human Message,AI Response\nq-7,Where?,There.\n", cast.eva, into=dataset)
    with edition(dataset, by=cast.adam) as changing:
        changing.revise(items_of(dataset, by=cast.adam)[0], output="Elsewhere.")
    row = committed(row, cast.eva)
    assert row.state == row.State.CHECKING
    assert items_of(dataset, by=cast.eva)[0].output == "Elsewhere."


def test_an_import_is_undone_by_a_version_and_only_while_it_is_the_newest(cast: Cast) -> None:
    dataset = imported(CSV, cast.eva)
    row = committed(checked(CSV.replace("Vienna", "Ulm"), cast.eva, into=dataset), cast.eva)
    assert len(items_of(dataset, by=cast.eva)) == 3
    made = row.undo(by=cast.eva)
    assert len(items_of(dataset, by=cast.eva)) == 2
    assert made.title == "Undo of items.csv"
    with pytest.raises(Conflict):
        row.undo(by=cast.eva)


def test_a_session_dataset_takes_no_file(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, level="session")
    row = checked(CSV, cast.eva, into=dataset)
    assert row.stage == "failed"
    assert row.check_job is not None
    assert "session" in row.check_job.error


def test_only_who_may_edit_the_dataset_imports_into_it(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva)
    dataset.change(is_shared=True, by=cast.eva)
    with pytest.raises(PermissionDenied):
        uploaded(CSV, cast.emil, into=dataset)
    with pytest.raises(PermissionDenied):
        uploaded(CSV, cast.tess)


def test_who_loses_the_right_meanwhile_saves_nothing(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva)
    row = checked(CSV, cast.eva, into=dataset)
    row.commit(by=cast.eva)
    Membership.all_rows.filter(user=cast.eva.user).update(role="tester")
    row.refresh_from_db()
    assert row.commit_job is not None
    assert after(row, row.commit_job).stage == "failed"
    assert not DatasetItem.all_rows.exists()


def test_a_mapping_is_remembered_for_the_same_header(cast: Cast) -> None:
    header = ["Question", "Reply"]
    RememberedMapping.remember(header, {"Question": "input", "Reply": "output"}, by=cast.eva)
    assert RememberedMapping.of([" question", "REPLY "], by=cast.eva) == {
        "question": "input", "REPLY": "output",
    }  # fmt: skip
    assert RememberedMapping.of(["Question"], by=cast.eva) is None
    assert RememberedMapping.of(header, by=cast.adam) is None
