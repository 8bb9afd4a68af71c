"""F7, F8: Redis is away, restarted, killed, flushed; people notice nothing, no job is lost."""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from exports.models import Export
from tests.cast import make_cast
from tests.faults.brokers import Broker
from tests.faults.exports import ask, assert_whole, empty_folder, make_sessions, state_of
from tests.faults.workers import Worker, run_code, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.slow]

PRESS = """
import json, time
from django.conf import settings
settings.ALLOWED_HOSTS.append("testserver")
from django.test import Client
from evalplatform.accounts.models import User
client = Client()
eva = User.objects.get(email="eva@example.org")
client.force_login(eva, backend=settings.AUTHENTICATION_BACKENDS[0])
client.get("/t/lighthouse/exports/")  # a web process is warm: it has its templates and routes
form = {"format": "openai", "turn_mode": "per_turn", "scope": "all", "token": "0" * 32}
began = time.perf_counter()
response = client.post("/t/lighthouse/exports/", form)
seconds = time.perf_counter() - began
print(json.dumps([response.status_code, seconds, response.headers.get("Location")]))
"""
SWEEP = """
import time
from evalplatform.jobs.sweeping import sweep
from evalplatform.jobs.models import Job
deadline = time.monotonic() + 120
while Job.all_rows.filter(state__in=Job.OPEN).exists() and time.monotonic() < deadline:
    sweep()
    time.sleep(0.5)
"""


def sweep_until_done(broker: Broker) -> None:
    done = run_code(SWEEP, redis_url=broker.url)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def broker() -> Iterator[Broker]:
    with tempfile.TemporaryDirectory(prefix="evp-r") as folder:  # a short path: it names a socket
        held = Broker(Path(folder))
        yield held
        held.kill()
    empty_folder()


def test_pressing_export_while_redis_is_away_answers_at_once_and_the_job_waits(
    broker: Broker,
) -> None:
    cast = make_cast()

    pressed = run_code(PRESS, redis_url=broker.url)

    assert pressed.returncode == 0, pressed.stderr
    status, seconds, location = json.loads(pressed.stdout.splitlines()[-1])
    assert status == 302
    assert seconds < 5  # a client that tries again keeps trying for minutes
    export = Export.all_rows.select_related("job").get()
    assert location == export.get_absolute_url()
    assert (export.exported_by, export.job.state) == (cast.eva.user, "ready")
    broker.start()
    with Worker(redis_url=broker.url):
        sweep_until_done(broker)
        wait_until(lambda: state_of(export) == "done")


@pytest.mark.parametrize("fault", ["stop", "kill", "flush"])
def test_no_export_is_lost_when_redis_restarts_or_forgets(broker: Broker, fault: str) -> None:
    actor = make_sessions(n_messages=20_000)
    broker.start()
    exports = []
    with Worker(redis_url=broker.url):
        sweeper = threading.Thread(target=sweep_until_done, args=[broker])
        exports = [ask(actor) for _ in range(6)]
        sweeper.start()
        wait_until(lambda: any(state_of(export) != "ready" for export in exports))
        if fault == "flush":
            broker.client().flushall()
        else:
            getattr(broker, fault)()
            broker.start()
        wait_until(lambda: all(state_of(export) == "done" for export in exports), seconds=120)
        sweeper.join()

    for export in exports:
        assert_whole(export, actor)
