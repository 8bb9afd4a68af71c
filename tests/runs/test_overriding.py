"""A person's verdict in the place of a check's."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from evalplatform.audit.models import AuditEvent
from evalplatform.errors import Conflict
from runs import metrics, planning
from runs.models import CheckResult, Run, RunItem
from runs.overriding import override
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.runs.engine import checked, ended
from tests.runs_made import make_check_result as make_result
from tests.runs_made import make_config, make_run, make_run_item

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def failing(cast: Cast) -> CheckResult:
    """The second check of the first of four rows, which fails; the run is Eva's."""
    dataset = make_dataset(owner=cast.eva, items=checked(4))
    run = ended(planning.start_config(make_config(owner=cast.eva, dataset=dataset), by=cast.eva))
    result: CheckResult = CheckResult.all_rows.get(run=run, run_item__order_index=0, position=1)
    assert result.stands is False
    return result


def test_override_counts_in_row_and_run_and_keeps_the_original(
    cast: Cast, failing: CheckResult
) -> None:
    row = override(failing, by=cast.eva, verdict="pass", feedback="Wrong criteria")

    assert (row.auto_eval, row.is_passed) == ("fail", False)
    assert (row.edited_auto_eval, row.stands, row.edited_by) == ("pass", True, cast.eva.user)
    assert row.edited_at is not None
    item = RunItem.all_rows.get(pk=row.run_item_id)
    assert (item.n_checks, item.n_passed, item.weight_passed, item.is_passed) == (2, 2, 3, True)
    run = Run.all_rows.get(pk=row.run_id)
    assert run.metrics == metrics.compute(run)
    assert run.metrics is not None
    assert run.metrics["checks"]["passed"] == 7
    assert run.metrics["items"]["passed"] == 3
    event = AuditEvent.all_rows.get(verb="result.override")
    assert event.changes["edited_auto_eval"] == ["", "pass"]
    assert event.changes["edited_feedback"] == ["", "Wrong criteria"]


def test_override_taken_back_leaves_no_trace_in_the_numbers(
    cast: Cast, failing: CheckResult
) -> None:
    before = Run.all_rows.get(pk=failing.run_id).metrics
    override(failing, by=cast.eva, verdict="pass", feedback="Wrong criteria")

    row = override(failing, by=cast.eva, verdict="")

    assert (row.edited_auto_eval, row.edited_by, row.edited_at) == ("", None, None)
    assert row.edited_feedback == ""
    assert Run.all_rows.get(pk=failing.run_id).metrics == before
    assert AuditEvent.all_rows.filter(verb="result.override").count() == 2


def test_the_same_override_twice_is_one(cast: Cast, failing: CheckResult) -> None:
    first = override(failing, by=cast.eva, verdict="pass", feedback="Wrong criteria")
    second = override(failing, by=cast.eva, verdict="pass", feedback="Wrong criteria")

    assert first.edited_at == second.edited_at
    assert AuditEvent.all_rows.filter(verb="result.override").count() == 1


def test_override_over_one_that_was_not_seen_is_a_conflict(
    cast: Cast, failing: CheckResult
) -> None:
    override(failing, by=cast.adam, verdict="pass", feedback="Fine as it is", expected="")

    with pytest.raises(Conflict, match="meanwhile"):
        override(failing, by=cast.eva, verdict="fail", feedback="No", expected="")
    assert (
        override(failing, by=cast.eva, verdict="fail", feedback="No", expected="pass").stands
        is False
    )


@pytest.mark.parametrize("verdict", ["Pass", "5", "skip"])
def test_only_pass_and_fail_can_be_said(cast: Cast, failing: CheckResult, verdict: str) -> None:
    with pytest.raises(ValidationError, match="Write pass, fail"):
        override(failing, by=cast.eva, verdict=verdict, feedback="Because")


def test_override_needs_a_reason(cast: Cast, failing: CheckResult) -> None:
    with pytest.raises(ValidationError, match="Say why"):
        override(failing, by=cast.eva, verdict="pass", feedback=" ")


def test_check_without_a_verdict_cannot_be_overridden(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    skipped = make_result(
        make_run_item(run), state="skipped", auto_eval="", is_passed=None, confidence=""
    )

    with pytest.raises(ValidationError, match="not carried out"):
        override(skipped, by=cast.eva, verdict="pass", feedback="Because")


def test_colleague_and_outsider_cannot_override(cast: Cast, failing: CheckResult) -> None:
    Run.all_rows.update(is_shared=True)

    with pytest.raises(PermissionDenied):
        override(failing, by=cast.emil, verdict="pass", feedback="Because")
    with pytest.raises(Run.DoesNotExist):
        override(failing, by=cast.otto, verdict="pass", feedback="Because")


def test_a_number_that_is_overridden_counts_from_then_on(cast: Cast) -> None:
    run = make_run(owner=cast.eva)
    item = make_run_item(run, n_checks=0, n_passed=0, weight=0, weight_passed=0, is_passed=None)
    score = make_result(item, operator="custom_operator", auto_eval="4", is_passed=None)

    override(score, by=cast.eva, verdict="fail", feedback="Too low")

    item.refresh_from_db()
    assert (item.n_checks, item.n_passed, item.is_passed) == (1, 0, False)
