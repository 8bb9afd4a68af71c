"""What the lists of runs and of rows can be narrowed by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from evalplatform.scoping.actor import Actor
from runs.models import Run, RunBatch, RunItem
from runs.run_filters import filter_runs
from runs.run_item_filters import SHOWS, filter_run_items, results_of
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.runs.run_pages import FAIL, PASS, make_dataset_run
from tests.runs_made import make_check_result, make_run, make_run_item

pytestmark = pytest.mark.django_db
SignIn = Callable[[Actor], Client]


def titles(actor: Actor, query: str) -> set[str]:
    found = filter_runs(actor, QueryDict(query), {}, {})
    assert not found.errors
    return {run.title for run in found.rows}


def test_runs_are_narrowed_by_what_they_are(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=1)
    full = make_dataset_run(dataset, [PASS], owner=cast.eva, title="Full", category="Travel")
    make_run(owner=cast.eva, title="Delta", kind=Run.Kind.DELTA, source=Run.Source.DATASET)
    make_run(owner=cast.eva, title="Typed", status=Run.Status.CANCELLED)
    make_run(owner=cast.olga, title="Olga's", is_shared=True)
    batch = RunBatch.all_rows.create(team=cast.team, owner=cast.eva.user, n_runs=1)
    make_run(owner=cast.eva, title="In a batch", batch=batch, batch_position=0)
    day = f"{full.created_at:%Y-%m-%d}"

    assert titles(cast.eva, "kind=full") == {"Full"}
    assert titles(cast.eva, "kind=full&kind=delta") == {"Full", "Delta"}
    assert titles(cast.eva, "source=dataset") == {"Full", "Delta"}
    assert titles(cast.eva, "status=cancelled") == {"Typed"}
    assert titles(cast.eva, f"dataset={dataset.pk}") == {"Full"}
    assert titles(cast.eva, f"owner={cast.olga.user.pk}") == {"Olga's"}
    assert titles(cast.eva, f"batch={batch.pk}") == {"In a batch"}
    assert titles(cast.eva, "q=trav") == {"Full"}
    assert titles(cast.eva, f"date_to={day}&q=Full") == {"Full"}
    assert titles(cast.eva, "date_from=2999-01-01") == set()
    assert titles(cast.eva, "dataset=nothing") == set()


@pytest.mark.parametrize("query", ["kind=partial", "status=done", "source=web", "date_from=soon"])
def test_values_that_do_not_exist_are_said_and_find_nothing(cast: Cast, query: str) -> None:
    make_run(owner=cast.eva)

    found = filter_runs(cast.eva, QueryDict(query), {}, {})

    assert list(found.errors) == [query.partition("=")[0]]
    assert not found.rows.exists()


def test_runs_that_one_may_not_see_are_never_found(cast: Cast) -> None:
    make_run(owner=cast.eva, title="Private")
    make_run(owner=cast.eva, title="Shared", is_shared=True)
    make_run(owner=cast.otto, title="Elsewhere", is_shared=True)

    assert titles(cast.tess, "") == {"Shared"}
    assert titles(cast.tess, f"owner={cast.eva.user.pk}") == {"Shared"}
    assert titles(cast.adam, "") == {"Private", "Shared"}


@pytest.fixture
def run(cast: Cast) -> Run:
    """One row of each sort; its public id says which."""
    run = make_run(owner=cast.eva, n_items=0)
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("passed", {"tags": ["easy"], "category": "Travel"}, {}),
        ("failed", {"is_passed": False, "n_passed": 0}, {"is_passed": False, "auto_eval": "fail"}),
        ("error", {"status": "error", "is_passed": False, "n_checks": 0, "n_passed": 0}, {}),
        ("check_error", {"n_errors": 1, "is_passed": False}, {}),
        ("low", {"n_low": 1}, {"confidence": "low"}),
        ("skipped", {"n_skipped": 1}, {}),
        ("unclear", {"is_passed": None, "n_checks": 0, "n_passed": 0}, {"is_passed": None}),
        ("pending", {"status": "pending", "is_passed": None, "n_checks": 0, "n_passed": 0}, {}),
    ]
    for n, (name, said, result) in enumerate(rows):
        row = make_run_item(run, order_index=n, public_id=name, **said)
        if name not in {"error", "pending"}:
            make_check_result(row, **result)
    return run


def found(run: Run, actor: Actor, query: str) -> set[str]:
    rows = RunItem.objects.visible_to(actor).filter(run=run)
    narrowed = filter_run_items(rows, results_of(actor, run), QueryDict(query))
    assert not narrowed.errors
    return {row.public_id for row in narrowed.rows}


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("passed", {"passed", "low", "skipped"}),
        ("failed", {"failed", "error", "check_error"}),
        ("error", {"error"}),
        ("check_error", {"check_error"}),
        ("low", {"low"}),
        ("skipped", {"skipped"}),
        ("unclear", {"unclear"}),
        ("pending", {"pending"}),
        ("overridden", set()),
    ],
)
def test_rows_are_narrowed_by_what_they_show(
    cast: Cast, run: Run, show: str, expected: set[str]
) -> None:
    assert show in SHOWS
    assert found(run, cast.eva, f"show={show}") == expected


def test_rows_that_show_one_of_several_are_kept(cast: Cast, run: Run) -> None:
    assert found(run, cast.eva, "show=low&show=skipped") == {"low", "skipped"}


def test_rows_are_narrowed_by_tag_category_and_text(cast: Cast, run: Run) -> None:
    assert found(run, cast.eva, "tag=easy&tag=hard") == {"passed"}
    assert found(run, cast.eva, "category=Travel") == {"passed"}
    assert found(run, cast.eva, "q=QUESTION+2") == {"failed"}
    assert found(run, cast.eva, "q=Answer+3.") == {"error"}
    assert found(run, cast.eva, "q=unclear") == {"unclear"}


def test_a_failing_check_is_found_by_operator_evaluator_and_category(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    rows = [
        make_run_item(run, order_index=n, is_passed=False, n_checks=2, n_passed=1, n_done=2)
        for n in range(3)
    ]
    fails: dict[str, Any] = {"is_passed": False, "auto_eval": "fail"}
    make_check_result(rows[0], operator="includes", **fails)
    make_check_result(rows[0], position=1, operator="grammar")
    make_check_result(rows[1], operator="grammar", category="Style", **fails)
    make_check_result(rows[2], operator="judge", evaluator="Is it polite?", **fails)

    assert found(run, cast.eva, "operator=includes") == {"q-1"}
    assert found(run, cast.eva, "operator=grammar") == {"q-2"}
    assert found(run, cast.eva, "evaluator=Is+it+polite%3F") == {"q-3"}
    assert found(run, cast.eva, "check_category=Style") == {"q-2"}


def test_list_shows_filters_as_chips_and_counts(cast: Cast, sign_in: SignIn) -> None:
    dataset = make_dataset(owner=cast.eva, items=2, name="Danube")
    make_dataset_run(dataset, [PASS, FAIL], owner=cast.eva, title="One")
    make_run(owner=cast.eva, title="Second")

    page = sign_in(cast.eva).get(f"/t/lighthouse/runs/?dataset={dataset.pk}&kind=full")
    text = page.content.decode()

    assert "Dataset <b>Danube</b>" in text
    assert "Kind <b>Full</b>" in text
    assert "One" in text
    assert "Second" not in text
    assert page.context["n_matching"] == "1"
