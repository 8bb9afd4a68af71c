"""Results belong to a row of their run; rows are found in the order of their ids."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from evalplatform.jobs.models import Job
from evalplatform.jobs.running import Turn, run_job, take
from runs import handing_out, planning
from runs.chunks import work_chunk
from runs.models import CheckResult, Run, RunItem
from tests.cast import Cast
from tests.datasets_made import make_dataset
from tests.runs.engine import checked, ended

pytestmark = pytest.mark.django_db(transaction=True)


def started(cast: Cast, n: int = 4) -> Run:
    """A run over so many items whose chunks wait."""
    return planning.start_dataset(make_dataset(owner=cast.eva, items=checked(n)), by=cast.eva)


def test_chunks_that_end_at_once_leave_no_run_behind(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_out, "PLAIN", 2)
    run = started(cast)
    first, second = Job.all_rows.filter(kind="run_chunk").order_by("created_at")
    taken = take(first.pk)
    assert taken

    work_chunk(Turn(taken))  # through with its rows, and its job not ended yet
    run_job(second.pk)

    run.refresh_from_db()
    assert run.status == Run.Status.SUCCESS
    assert Job.all_rows.get(pk=first.pk).state == Job.State.RUNNING


def test_result_has_the_run_of_its_row(cast: Cast) -> None:
    run, other = ended(started(cast)), started(cast)
    result = CheckResult.all_rows.filter(run=run).first()
    assert result
    with pytest.raises(IntegrityError, match="result_of_a_row_of_its_run"), transaction.atomic():
        CheckResult.all_rows.filter(pk=result.pk).update(run=other)


def test_ids_of_rows_ascend_with_the_rows_and_are_uuids_of_version_7(cast: Cast) -> None:
    run = started(cast, 20)
    rows = list(RunItem.all_rows.filter(run=run).order_by("order_index"))
    assert [row.pk for row in rows] == sorted(row.pk for row in rows)
    assert {(row.pk.version, row.pk.variant) for row in rows} == {
        (7, "specified in RFC 4122"),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(DISTINCT right(id::text, 12)) FROM runs_runitem")
        assert cursor.fetchone() == (20,)
