"""From auto-population to a delta run, end to end, under a real beat and a real worker."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from datasets.editing import edition
from datasets.formats.items import CheckRecord
from datasets.models import DatasetItem, PopulationRule, Session
from runs.models import Run, RunItem
from tests.cast import make_cast
from tests.datasets_made import make_dataset
from tests.faults.test_rule_beat import EVERY_SECOND, beat
from tests.faults.workers import Worker, wait_until
from tests.runs_made import make_config
from tests.sessions import make_session

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]

HOUR = timedelta(hours=1)


def arrived(n: int, owner: object) -> None:
    """Save so many sessions that came in an hour ago and have been quiet since."""
    new = [make_session(owner=owner).pk for _ in range(n)]  # type: ignore[arg-type]
    when = timezone.now() - HOUR
    Session.all_rows.filter(pk__in=new).update(created_at=when, updated_at=when)


def test_what_a_rule_brings_is_scored_alone_and_once(tmp_path: Path) -> None:
    eva = make_cast().eva
    dataset = make_dataset(owner=eva, level="session")
    with edition(dataset, by=eva) as changing:
        changing.set_global_checks([CheckRecord("includes_exactly", "Danube")])
    make_config(owner=eva, dataset=dataset, auto_run=True)
    PopulationRule.create(dataset, by=eva, name="All", quiet_minutes=5)
    PopulationRule.all_rows.update(created_at=timezone.now() - 2 * HOUR)
    deltas = Run.all_rows.filter(kind="delta")
    arrived(3, eva)
    worker = Worker()
    worker.environment |= EVERY_SECOND

    with worker, beat(tmp_path):
        wait_until(lambda: deltas.filter(status="success").count() == 1, seconds=90)
        arrived(2, eva)
        wait_until(lambda: deltas.filter(status="success").count() == 2, seconds=60)

    first, second = deltas.order_by("created_at")
    for run, n in ((first, 3), (second, 2)):
        new = DatasetItem.all_rows.filter(dataset=dataset, from_version=run.version)
        rows = RunItem.all_rows.filter(run=run)
        assert run.n_items == n
        assert set(rows.values_list("item_key", flat=True)) == set(
            new.values_list("key", flat=True)
        )
        assert set(rows.values_list("is_passed", "response")) == {(True, "The Danube.")}
    assert DatasetItem.all_rows.filter(dataset=dataset).count() == 5
