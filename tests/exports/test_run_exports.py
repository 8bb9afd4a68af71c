"""Exports of runs: the two documents of the contract to the byte, and how the formats spread."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pandas
import polars
import pytest
from django.test import Client
from rest_framework.test import APIClient

from evalplatform.scoping.actor import Actor
from evalplatform.spreadsheets import safe_cell
from exports import run_reading
from exports.counting import NotWholeError
from exports.models import Export
from exports.run_catalog import RUN_FORMATS
from exports.verifying import verify
from runs.models import Run, RunItem
from tests.cast import Cast
from tests.exports.run_reader import read_run, recomputed
from tests.exports.runs_exported import (
    add_test,
    built,
    content,
    file_of,
    generated_run,
    json_of,
    known,
    make_example_run,
    shown,
    undone,
)
from tests.runs_made import make_run, make_run_item

pytestmark = pytest.mark.django_db(transaction=True)
GOLDEN = Path(__file__).parent.parent / "data" / "exports"


def test_the_csv_is_that_of_the_contract_to_the_byte(cast: Cast) -> None:
    run = make_example_run(cast.eva)
    assert known(file_of(run, "run-csv", cast.eva), run) == (GOLDEN / "run.csv").read_text()


def test_the_json_is_that_of_the_contract_to_the_byte(cast: Cast) -> None:
    run = make_example_run(cast.eva, parameters={"eval_model": "lexical"})
    text = known(file_of(run, "run-json", cast.eva), run)
    expected = (
        (GOLDEN / "run.json")
        .read_text()
        .replace(
            '"input_context": {"date": "2026-01-15"}',
            '"input_context": {"date": "2026-01-15", "audience": "pupils"}',
        )
    )  # the contract's two examples differ in this
    assert text == expected


def checks(*verdicts: bool) -> list[dict[str, Any]]:
    return [{"auto_eval": "pass" if v else "fail", "is_passed": v} for v in verdicts]


def test_the_arithmetic_of_the_contract(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    for n, n_passes in enumerate((2, 2, 1, 0)):
        add_test(run, n, checks(n_passes > 0, n_passes > 1))
    told = json_of(run, cast.eva)["run"]
    assert (told["percent_of_tests_passed"], told["percent_of_checks_passed"]) == (0.5, 0.625)
    assert (told["amount_of_tests_passed"], told["amount_of_checks_passed"]) == (2, 5)
    assert told["standard_deviation_for_tests_passed"] == 25.0
    assert told["standard_deviation_for_checks_passed"] == 17.12


def test_skipped_and_errored_checks_are_in_no_number_and_errored_tests_did_not_pass(
    cast: Cast,
) -> None:
    run = make_run(owner=cast.eva)
    add_test(run, 0, [*checks(True), undone("skipped"), undone("error", "The judge hung.")])
    add_test(run, 1, [], status="error", error="Timed out", response="")
    text = file_of(run, "run-csv", cast.eva)
    told, tests = read_run(text)
    assert told["Percent Of Checks Passed"] == "1.0"
    assert told["Percent Of Tests Passed"] == "0.5"
    assert [check["Auto Eval"] for check in tests[0].checks] == ["Pass", "", ""]
    assert tests[0].checks[2]["Feedback"] == "The judge hung."
    assert (tests[1].cells["Test Status"], tests[1].cells["Test Error Message"]) == (
        "Error", "Timed out",
    )  # fmt: skip


@pytest.mark.parametrize("safe", [False, True])
def test_a_generated_run_is_recomputed_from_its_file(cast: Cast, safe: bool) -> None:
    run, made = generated_run(cast.eva, seed=7 + safe, n=60)
    told, tests = read_run(file_of(run, "run-csv", cast.eva, spreadsheet_safe=safe))
    assert {name: float(told[name]) for name in recomputed(tests)} == recomputed(tests)
    assert [test.n_rows for test in tests] == [each.n_rows for each in made]
    unguarded = safe_cell if safe else str
    for test, each in zip(tests, made, strict=True):
        assert test.cells["LLM Output"] == unguarded(each.response)
        assert test.files == [unguarded(name) for name in each.files]
        assert dict(test.inputs) == {
            unguarded(k): unguarded(shown(v)) for k, v in each.inputs.items()
        }
        assert dict(test.outputs) == {
            unguarded(k): unguarded(shown(v)) for k, v in each.outputs.items()
        }
        assert [check["Criteria"] for check in test.checks] == [
            unguarded(check["criteria"]) for check in each.checks
        ]
        assert test.examples == [
            [(one["type"], unguarded(one["text"])) for one in check["examples"]]
            for check in each.checks
        ]


def test_the_json_of_a_generated_run_says_the_same_as_its_csv(cast: Cast) -> None:
    run, made = generated_run(cast.eva, seed=11, n=40)
    told, tests = read_run(file_of(run, "run-csv", cast.eva))
    found = json_of(run, cast.eva)
    for title, text in told.items():
        value = found["run"].get(title.lower().replace(" ", "_"))
        if isinstance(value, float | int):
            assert float(text) == value
    assert len(found["test_results"]) == len(made)
    for test, result, each in zip(tests, found["test_results"], made, strict=True):
        assert result["llm_output"] == test.cells["LLM Output"]
        assert (result["input_context"], result["files"]) == (each.inputs, each.files)
        for check, row in zip(result["checks"], test.checks, strict=True):
            assert (check["criteria"] or "") == row["Criteria"]
            assert str(check["auto_eval"] or "").lower() == row["Auto Eval"].lower()
            assert check["weight"] == int(row["Weight"])


def test_a_huge_integer_is_a_real_number_and_leaves_the_other_tests_as_they_are(
    cast: Cast,
) -> None:
    run, _ = generated_run(cast.eva, seed=3, n=12)
    add_test(run, 12, [], input_context={"n": 1})
    before = file_of(run, "run-json", cast.eva)
    RunItem.all_rows.filter(run=run, order_index=12).update(input_context={"n": 10**25})
    after = file_of(run, "run-json", cast.eva)
    assert '"input_context": {"n": 10000000000000000000000000e0}' in after
    assert after.replace("10000000000000000000000000e0", "1") == before


def test_scores_and_labels_are_as_they_are(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    said = [
        {"auto_eval": value, "is_passed": None} for value in ("7.5", "8", "-1", "Very good", "08")
    ]
    add_test(run, 0, said, duration=1.0)
    _, (test,) = read_run(file_of(run, "run-csv", cast.eva))
    assert [check["Auto Eval"] for check in test.checks] == ["7.5", "8", "-1", "Very good", "08"]
    assert test.cells["Duration"] == "1.0"
    found = json_of(run, cast.eva)["test_results"][0]
    assert [check["auto_eval"] for check in found["checks"]] == [7.5, 8, -1, "Very good", "08"]
    assert json.dumps(found["duration"]) == "1.0"


def test_a_run_that_goes_on_exports_what_is_done_and_says_so(cast: Cast) -> None:
    run = make_run(owner=cast.eva, status="running", completed_at=None)
    add_test(run, 0, checks(True))
    make_run_item(run, order_index=1, status="pending", response="", is_passed=None, n_checks=0,
                  n_passed=0, n_done=0)  # fmt: skip
    told, tests = read_run(file_of(run, "run-csv", cast.eva))
    assert (told["Run Status"], told["Completed At"]) == ("Running", "")
    assert [test.cells["Test Id"] for test in tests] == ["t-0"]
    found = json_of(run, cast.eva)
    assert (found["run"]["status"], found["run"]["completed_at"]) == ("running", None)


@pytest.mark.parametrize("slug", RUN_FORMATS)
def test_a_run_without_rows_is_a_file_too(cast: Cast, slug: str, tmp_path: Path) -> None:
    export = built(make_run(owner=cast.eva), slug, cast.eva)
    path = tmp_path / "file"
    path.write_bytes(content(export))
    assert export.manifest is not None
    verify(path, export.manifest)
    if slug == "run-json":
        assert json.loads(content(export))["test_results"] == []


def test_a_test_without_checks_has_one_row(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    add_test(run, 0, [])
    told, (test,) = read_run(file_of(run, "run-csv", cast.eva))
    assert (test.n_rows, test.checks) == (1, [])
    assert (told["Percent Of Checks Passed"], told["Percent Of Tests Passed"]) == ("", "")


def test_rows_beyond_a_page_are_in_order(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_reading, "A_PAGE", 3)
    run = make_run(owner=cast.eva)
    for n in (7, 2, 0, 9, 3):
        add_test(run, n, checks(True, n != 3))
    names = ["t-0", "t-2", "t-3", "t-7", "t-9"]
    _, tests = read_run(file_of(run, "run-csv", cast.eva))
    assert [test.cells["Test Id"] for test in tests] == names
    assert [len(test.checks) for test in tests] == [2] * 5
    found = json_of(run, cast.eva)["test_results"]
    assert [each["test_id"] for each in found] == names


def test_cells_that_a_spreadsheet_would_run_are_guarded(cast: Cast) -> None:
    run = make_run(owner=cast.eva, title="=1+1", error_message="@x")
    hostile = ["=1+1", "+3", "-2", "@a", "\tx", "\rx", " =a", "\uff1db", "'=c", "a=b", "1", ""]
    for n, text in enumerate(hostile):
        add_test(run, n, [{"criteria": text, "feedback": text}], response=text, files=[text or "f"])
    told, tests = read_run(file_of(run, "run-csv", cast.eva, spreadsheet_safe=True))
    assert told["Run Error Message"] == "'@x"
    for test, text in zip(tests, hostile, strict=True):
        assert test.cells["LLM Output"] == safe_cell(text)
        assert test.checks[0]["Feedback"] == test.checks[0]["Criteria"] == safe_cell(text)
    plain, tests = read_run(file_of(run, "run-csv", cast.eva))
    assert plain["Run Error Message"] == "@x"
    assert [test.cells["LLM Output"] for test in tests] == hostile


@pytest.mark.parametrize("slug", RUN_FORMATS)
def test_the_same_request_gives_the_same_bytes_and_a_manifest_that_proves_it(
    cast: Cast, slug: str, tmp_path: Path
) -> None:
    run, _ = generated_run(cast.eva, seed=3, n=12)
    first, second = built(run, slug, cast.eva), built(run, slug, cast.eva)
    assert first.sha256 == second.sha256
    assert first.manifest is not None
    path = tmp_path / first.download_name
    path.write_bytes(content(first))
    assert "12 test results" in verify(path, first.manifest)
    assert first.manifest["run"] == {"id": str(run.pk), "name": run.title, "status": "success"}
    broken = path.read_bytes()[: first.n_bytes // 2 if first.n_bytes else 0]
    path.write_bytes(broken)
    again = first.manifest | {"bytes": len(broken), "sha256": sha256(broken).hexdigest()}
    with pytest.raises(NotWholeError):
        verify(path, again)


# --- who asks -------------------------------------------------------------------------------------


def test_the_api_exports_a_visible_run(cast: Cast, call_as: Callable[..., APIClient]) -> None:
    run = make_example_run(cast.eva)
    body: dict[str, Any] = {"format": "run-tables", "run": str(run.pk)}
    body["options"] = {"tables": "parquet"}
    answer = call_as(cast.eva).post("/api/v1/exports", body, format="json")
    assert answer.status_code == 202, answer.json()
    assert (answer.json()["run"], answer.json()["dataset"]) == (str(run.pk), None)
    assert call_as(cast.emil).post("/api/v1/exports", body, format="json").status_code == 404
    for wrong in ({"limit": 3}, {"dataset": str(run.pk)}, {"options": {"tables": "xls"}}):
        answer = call_as(cast.eva).post("/api/v1/exports", body | wrong, format="json")
        assert answer.status_code == 400
    del body["run"]
    answer = call_as(cast.eva).post("/api/v1/exports", body, format="json")
    assert answer.json()["error"]["errors"][0]["message"] == "Name the run by its id."


def test_who_may_not_see_the_run_any_more_gets_no_file(cast: Cast) -> None:
    run = make_example_run(cast.eva)
    Run.all_rows.filter(pk=run.pk).update(is_shared=True)
    export = built(run, "run-csv", cast.tess)
    assert Export.objects.visible_to(cast.tess).filter(pk=export.pk).exists()
    Run.all_rows.filter(pk=run.pk).update(is_shared=False)
    assert not Export.objects.visible_to(cast.tess).filter(pk=export.pk).exists()


def test_the_page_asks_once_however_often_it_is_sent(
    cast: Cast, sign_in: Callable[[Actor], Client]
) -> None:
    run = make_example_run(cast.eva)
    client = sign_in(cast.eva)
    url = f"/t/lighthouse/runs/{run.pk}/export/"
    page = client.get(url)
    assert page.status_code == 200
    form = {
        "format": "run-tables",
        "tables": "parquet",
        "spreadsheet_safe": "on",
        "token": str(page.context["form"]["token"].value()),
    }
    first, second = client.post(url, form), client.post(url, form)
    assert first.status_code == 302
    assert first.url == second.url  # type: ignore[attr-defined]
    export = Export.all_rows.get()
    assert export.options == {"spreadsheet_safe": False, "tables": "parquet"}
    text = client.get(first.url).content.decode()  # type: ignore[attr-defined]
    assert "Run baseline" in text
    assert "Tables: Parquet" in text


# --- tables ---------------------------------------------------------------------------------------


def opened(export: Export, folder: Path) -> dict[str, Path]:
    """The tables of an archive by name."""
    path = folder / "tables.zip"
    path.write_bytes(content(export))
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    return {each.stem: each for each in folder.iterdir() if each.suffix in (".csv", ".parquet")}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_tables_keep_nulls_and_empty_texts_apart(cast: Cast, kind: str, tmp_path: Path) -> None:
    run = make_example_run(cast.eva)
    add_test(run, 1, [undone("skipped")], response="", in_tokens=None)
    tables = opened(built(run, "run-tables", cast.eva, tables=kind), tmp_path)
    assert sorted(tables) == ["checks", "items", "metrics", "run"]
    read = duckdb.read_csv if kind == "csv" else duckdb.read_parquet
    items = read(str(tables["items"])).order("order_index")
    found = items.select("in_tokens, is_passed, duration, llm_output").fetchall()
    assert found[0] == (12, True, 0.8, "The Danube.")
    assert found[1] == (None, None, None, "" if kind == "parquet" else None)
    checks_read = read(str(tables["checks"]))
    assert checks_read.shape[0] == 3
    whole = read(str(tables["run"])).select("test_suite_title, percent_of_checks_passed")
    assert whole.fetchall() == [("Geography basics", 1.0)]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_pandas_and_polars_read_the_tables(cast: Cast, kind: str, tmp_path: Path) -> None:
    run, made = generated_run(cast.eva, seed=5, n=30)
    tables = opened(built(run, "run-tables", cast.eva, tables=kind), tmp_path)
    n_checks = sum(len(each.checks) for each in made)
    for read in (
        (pandas.read_csv, polars.read_csv) if kind == "csv"
        else (pandas.read_parquet, polars.read_parquet)
    ):  # fmt: skip
        assert read(tables["items"]).shape[0] == len(made)
        assert read(tables["checks"]).shape[0] == n_checks
        assert read(tables["run"]).shape[0] == 1
        assert read(tables["metrics"]).shape[0] >= 2
    outputs = pandas.read_parquet(tables["items"])["llm_output"] if kind == "parquet" else None
    if outputs is not None:
        assert list(outputs) == [each.response for each in made]
