"""Rules under a real beat and a real worker (F17): what should come comes, a failing rule stops."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from datasets.models import DatasetItem, DatasetVersion, PopulationRule, RulePoll, Session
from evalplatform.notifications.models import Notification
from tests.cast import make_cast
from tests.datasets_made import make_dataset
from tests.faults.workers import Worker, environment, wait_until
from tests.sessions import make_session

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]

EVERY_SECOND = {"EVALPLATFORM_RULE_POLL_SECONDS": "1"}


@contextmanager
def beat(folder: Path) -> Iterator[None]:
    """Run a beat of its own, impatiently."""
    command = [sys.executable, "-m", "celery", "-A", "evalplatform", "beat", "--loglevel=WARNING"]
    command += ["--schedule", str(folder / "schedule"), "--pidfile", ""]
    process = subprocess.Popen(command, env=environment() | EVERY_SECOND)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def test_a_failing_rule_is_disabled_and_told_of_while_the_others_go_on(tmp_path: Path) -> None:
    eva = make_cast().eva
    rules = {
        name: PopulationRule.create(
            make_dataset(owner=eva, level="session"), by=eva, name=name, quiet_minutes=5
        )
        for name in ("well", "failing")
    }
    hour, now = timedelta(hours=1), timezone.now()
    PopulationRule.all_rows.update(created_at=now - 2 * hour)
    PopulationRule.all_rows.filter(name="failing").update(filters={"nonsense": "x"})
    for _ in range(3):
        make_session(owner=eva)
    Session.all_rows.update(created_at=now - hour, updated_at=now - hour)
    busy = make_session(owner=eva)
    Session.all_rows.filter(pk=busy.pk).update(created_at=now, updated_at=now)
    make_session(owner=eva)  # before the rule
    well = RulePoll.all_rows.filter(rule=rules["well"])

    worker = Worker()
    worker.environment |= EVERY_SECOND

    with worker, beat(tmp_path):
        wait_until(lambda: not PopulationRule.all_rows.get(name="failing").is_enabled, seconds=120)
        seen = well.count()
        wait_until(lambda: well.count() > seen, seconds=60)

    failing = PopulationRule.all_rows.get(name="failing")
    assert failing.n_failures == 3
    assert RulePoll.all_rows.filter(rule=failing).exclude(error="").count() == 3
    told = Notification.all_rows.get()
    assert (told.user, told.kind, told.url) == (
        eva.user, "rule-disabled", failing.get_absolute_url()
    )  # fmt: skip
    first = well.earliest("id")
    assert (first.n_seen, first.n_added, first.n_waiting) == (4, 3, 1)
    assert not well.exclude(error="").exists()
    assert DatasetItem.all_rows.filter(dataset=rules["well"].dataset).count() == 3
    assert DatasetVersion.all_rows.filter(kind="rule").count() == 1
