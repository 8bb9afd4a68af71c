"""The figures of a run's files are those that its page shows."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest

from exports.run_contents import STILL_RUNNING
from runs import metrics
from runs.models import Run
from tests.cast import Cast
from tests.exports.run_reader import read_run
from tests.exports.runs_exported import built, content, file_of, generated_run, json_of
from tests.runs_made import make_run, make_run_item

pytestmark = pytest.mark.django_db(transaction=True)


def told_by(figures: metrics.Metrics) -> dict[str, Any]:
    """What the head of a file says of these metrics."""
    found = {"needs_review_percentage": figures["needs_review"]}
    for name, rate in (("checks", figures["checks"]), ("tests", figures["items"])):
        found |= {
            f"percent_of_{name}_passed": rate["percent"],
            f"amount_of_{name}_passed": rate["passed"],
            f"standard_deviation_for_{name}_passed": rate["sd"],
        }
    return found


def metrics_table(run: Run, by: Any) -> list[dict[str, str]]:
    export = built(run, "run-tables", by)
    with zipfile.ZipFile(io.BytesIO(content(export))) as archive:
        return list(csv.DictReader(io.StringIO(archive.read("metrics.csv").decode())))


@pytest.mark.parametrize("seed", [3, 4])
def test_head_of_the_csv_and_json_says_what_the_metrics_say(cast: Cast, seed: int) -> None:
    run, _ = generated_run(cast.eva, seed=seed, n=60)
    expected = told_by(metrics.compute(run))
    as_json = json_of(run, cast.eva)["run"]
    assert {name: as_json[name] for name in expected} == expected
    as_csv, _ = read_run(file_of(run, "run-csv", cast.eva))
    assert {name: float(as_csv[name.replace("_", " ").title()]) for name in expected} == expected


def test_table_of_metrics_says_what_the_metrics_say(cast: Cast) -> None:
    run, _ = generated_run(cast.eva, seed=5, n=60)
    expected = metrics.renew(run)
    rows = metrics_table(run, cast.eva)
    whole = {row["group"]: row for row in rows if row["name"] == "all"}
    for name, rate in (("checks", expected["checks"]), ("tests", expected["items"])):
        row = whole[name]
        assert [int(row["n"]), int(row["passed"])] == [rate["n"], rate["passed"]]
        assert [float(row["fraction"]), float(row["standard_deviation"])] == [
            rate["percent"], rate["sd"],
        ]  # fmt: skip
    for group, name in (("category", "name"), ("tag", "name"), ("check", "operator")):
        said = [(row["name"], row["n"], row["passed"]) for row in rows if row["group"] == group]
        assert said == [
            (each[name], str(each["n"]), str(each["passed"])) for each in expected[f"by_{group}"]
        ]


def test_manifest_of_a_run_that_goes_on_says_what_is_not_there_yet(cast: Cast) -> None:
    run = make_run(owner=cast.eva, status="running", completed_at=None)
    make_run_item(run, order_index=0)
    manifest = built(run, "run-tables", cast.eva).manifest
    assert manifest is not None
    assert manifest["run"]["remark"] == STILL_RUNNING
    assert {row["group"] for row in metrics_table(run, cast.eva)} == {"tests", "checks"}
