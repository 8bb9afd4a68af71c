"""Rows of runs through the API: filtered, told with their checks, overridden, compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from runs import planning
from runs.models import CheckResult, Run
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.runs.engine import checked, ended
from tests.runs_made import make_config

pytestmark = pytest.mark.django_db(transaction=True)
CallAs = Callable[..., APIClient]


@pytest.fixture
def run(cast: Cast) -> Run:
    """Eva's run of four rows with two checks each; the second check fails in the odd rows."""
    dataset = make_dataset(owner=cast.eva, items=checked(4, expected_output="As it is."))
    return ended(planning.start_config(make_config(owner=cast.eva, dataset=dataset), by=cast.eva))


def url_of(run: Run) -> str:
    return f"/api/v1/runs/{run.pk}"


def failing(run: Run) -> tuple[CheckResult, str]:
    """The check that fails in the first row, and its address."""
    found: CheckResult = CheckResult.all_rows.get(run=run, run_item__order_index=0, position=1)
    return found, f"{url_of(run)}/items/{found.run_item_id}/checks/{found.pk}"


def test_rows_are_filtered_and_come_in_their_order(cast: Cast, call_as: CallAs, run: Run) -> None:
    client, url = call_as(cast.eva), f"{url_of(run)}/items"

    def ids(query: str = "") -> list[str]:
        return [row["publicId"] for row in client.get(f"{url}?{query}").json()["results"]]

    assert ids() == ["q-1", "q-2", "q-3", "q-4"]
    assert ids("show=failed") == ["q-1", "q-3"]
    assert ids("operator=regex&tag=odd") == ["q-1", "q-3"]
    assert ids("operator=includes_exactly") == []
    assert ids("q=question 2") == ["q-2"]
    token = client.get(f"{url}?limit=3").json()["next"]
    assert ids(f"limit=3&page={token}") == ["q-4"]
    for query in ("show=x", "order=1", "limit=x"):
        assert client.get(f"{url}?{query}").status_code == 400, query


def test_a_row_is_told_with_its_checks(cast: Cast, call_as: CallAs, run: Run) -> None:
    result, url = failing(run)
    client = call_as(cast.eva)

    row = client.get(url.partition("/checks")[0]).json()
    listed = client.get(url.rpartition("/")[0]).json()
    check = client.get(url).json()

    assert (row["response"], row["passed"], row["expectedOutput"]) == (
        "Answer 1", False, "As it is.",
    )  # fmt: skip
    assert row["counts"] == {
        "checks": 2, "passed": 1, "done": 2, "low": 0, "skipped": 0, "errors": 0,
    }  # fmt: skip
    assert [each["operator"] for each in row["checks"]] == ["includes_exactly", "regex"]
    assert listed["results"] == row["checks"]
    assert check == row["checks"][1]
    assert (check["id"], check["autoEval"], check["stands"]) == (result.pk, "fail", False)
    assert check["override"] is None


def test_a_verdict_is_overridden_and_taken_back(cast: Cast, call_as: CallAs, run: Run) -> None:
    _, url = failing(run)
    client = call_as(cast.eva)
    body = {"autoEval": "pass", "feedback": "Odd is fine.", "expected": ""}

    put = client.put(f"{url}/override", body, format="json").json()
    rates = client.get(url_of(run)).json()["checks"]
    back = client.delete(f"{url}/override?expected=pass").json()

    assert (put["autoEval"], put["stands"]) == ("fail", True)
    assert put["override"]["autoEval"] == "pass"
    assert put["override"]["feedback"] == "Odd is fine."
    assert put["override"]["by"]["name"] == "Eva"
    assert (rates["n"], rates["passed"]) == (8, 7)
    assert (back["stands"], back["override"]) == (False, None)
    assert client.get(url_of(run)).json()["checks"]["passed"] == 6


def test_an_override_on_another_one_than_was_seen_is_a_conflict(
    cast: Cast, call_as: CallAs, run: Run
) -> None:
    _, url = failing(run)
    client = call_as(cast.eva)
    body = {"autoEval": "pass", "feedback": "Fine.", "expected": ""}
    client.put(f"{url}/override", body, format="json")

    stale = client.put(f"{url}/override", body | {"autoEval": "fail"}, format="json")

    assert stale.status_code == 409
    assert client.delete(f"{url}/override?expected=").status_code == 409
    assert client.get(url).json()["override"]["autoEval"] == "pass"


@pytest.mark.parametrize(
    ("body", "column"),
    [
        ({"autoEval": "pass", "feedback": " "}, "feedback"),
        ({"autoEval": "maybe", "feedback": "x"}, "autoEval"),
        ({"feedback": "x"}, "autoEval"),
        ({"autoEval": "pass", "feedback": "x", "editedBy": "x"}, "editedBy"),
        ({"autoEval": "pass", "feedback": "x", "expected": "x"}, "expected"),
    ],
)
def test_what_is_no_override_is_refused_by_field(
    cast: Cast, call_as: CallAs, run: Run, body: dict[str, Any], column: str
) -> None:
    _, url = failing(run)

    answer = call_as(cast.eva).put(f"{url}/override", body, format="json")

    assert answer.status_code == 400
    assert [error["column"] for error in answer.json()["error"]["errors"]] == [column]


def test_rows_of_others_are_absent_and_shared_ones_cannot_be_overridden(
    cast: Cast, call_as: CallAs, run: Run
) -> None:
    _, url = failing(run)
    emil = call_as(cast.emil)
    body = {"autoEval": "pass", "feedback": "x"}
    assert emil.get(url).status_code == 404
    assert emil.put(f"{url}/override", body, format="json").status_code == 404

    run.change(is_shared=True, by=cast.eva)

    assert emil.get(url).status_code == 200
    assert emil.put(f"{url}/override", body, format="json").status_code == 403
    assert emil.delete(f"{url}/override").status_code == 403


def test_two_runs_are_compared_both_ways(cast: Cast, call_as: CallAs, run: Run) -> None:
    assert run.config
    other = ended(planning.start_config(run.config, by=cast.eva))
    _, url = failing(other)
    client = call_as(cast.eva)
    body = {"autoEval": "pass", "feedback": "Fine."}
    client.put(f"{url}/override", body, format="json")

    told = client.get(f"{url_of(run)}/compare/{other.pk}").json()
    flips = client.get(f"{url_of(other)}/compare/{run.pk}/items").json()
    worse = client.get(f"{url_of(run)}/compare/{other.pk}/items?show=worse").json()

    assert (told["before"]["id"], told["after"]["id"]) == (str(run.pk), str(other.pk))
    assert told["counts"] == {
        "worse": 0, "better": 1, "changed": 1, "bothPass": 2, "bothFail": 1, "same": 3,
        "unclear": 0, "onlyBefore": 0, "onlyAfter": 0,
    }  # fmt: skip
    (row,) = flips["results"]
    assert (row["publicId"], row["before"]["passed"], row["after"]["passed"]) == (
        "q-1", False, True,
    )  # fmt: skip
    assert [(flip["before"], flip["after"]) for flip in row["flips"]] == [("fail", "pass")]
    assert worse == {"results": [], "next": None, "previous": None}


def test_runs_that_have_nothing_in_common_or_are_not_seen_are_not_compared(
    cast: Cast, call_as: CallAs, run: Run
) -> None:
    dataset = make_dataset(owner=cast.emil, items=1)
    config = make_config(owner=cast.emil, dataset=dataset)
    apart = planning.start_config(config, by=cast.emil)

    assert call_as(cast.olga).get(f"{url_of(run)}/compare/{apart.pk}").status_code == 400
    assert call_as(cast.eva).get(f"{url_of(run)}/compare/{apart.pk}").status_code == 404
    assert call_as(cast.eva).get(f"{url_of(run)}/compare/{run.pk}").status_code == 400
