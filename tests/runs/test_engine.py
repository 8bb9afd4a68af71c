"""Runs of stored and generated outputs, carried out by real jobs."""

from __future__ import annotations

import pytest

from runs import planning
from runs.models import CheckResult
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.runs.engine import checked, ended, rows_of
from tests.runs_made import make_config, make_endpoint

pytestmark = pytest.mark.django_db(transaction=True)


def test_stored_outputs_are_checked_and_counted(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=checked(30))
    run = planning.start_config(make_config(owner=cast.eva, dataset=dataset), by=cast.eva)

    ended(run)

    assert run.status == "success"
    assert [row.order_index for row in rows_of(run)] == list(range(30))
    assert [row.public_id for row in rows_of(run)] == [f"q-{k}" for k in range(1, 31)]
    first, second = rows_of(run)[:2]
    assert (first.n_checks, first.n_passed, first.weight, first.weight_passed) == (2, 1, 3, 2)
    assert (first.is_passed, second.is_passed) == (False, True)
    assert (first.response, first.attempts) == ("Answer 1", 1)
    assert run.metrics is not None
    assert run.metrics["checks"]["n"] == 60
    assert run.metrics["checks"]["passed"] == 45
    assert run.metrics["items"] == {"n": 30, "passed": 15, "percent": 0.5, "sd": 9.13}
    assert CheckResult.all_rows.filter(run=run).count() == 60
    result = CheckResult.all_rows.get(run_item=first, position=1)
    assert (result.operator, result.auto_eval, result.stands) == ("regex", "fail", False)
    assert (result.category, result.confidence) == ("Correctness", "high")


def test_an_endpoint_answers_and_the_answers_are_checked(cast: Cast) -> None:
    dataset = make_dataset(owner=cast.eva, items=checked(3))
    echo = make_endpoint(owner=cast.eva)
    config = make_config(owner=cast.eva, dataset=dataset, generation=echo)

    run = ended(planning.start_config(config, by=cast.eva))

    assert run.status == "success"
    assert [row.response for row in rows_of(run)] == [f"Question {k}?" for k in (1, 2, 3)]
