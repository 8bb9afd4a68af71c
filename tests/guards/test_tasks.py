"""Guard: tasks carry at most one id, and every kind of job says which verb it asks for."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from evalplatform.accounts.models import ApiKey
from evalplatform.accounts.roles import Verb
from evalplatform.celery import app
from evalplatform.jobs.kinds import KINDS
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from tests.cast import Cast, make_key
from tests.guards.product import PACKAGES, Finding, hold
from tests.guards.world import make_export, make_import, make_job

# What each task calls; those without an id serve every team and show nobody anything.
TASKS = {
    "evalplatform.jobs.tasks.run": "run_job: takes the job, then acts as its member",
    "evalplatform.jobs.tasks.sweep": "sweep: frees expired leases, re-sends what waits",
    "evalplatform.accounts.tasks.prune_access_log": "forgets calls that are older than we keep",
    "evalplatform.notifications.tasks.prune_notifications": "forgets what was read long ago",
    "datasets.tasks.index_sessions": "index_what_waits: fills the text index",
    "datasets.tasks.poll_rules": "poll_due: asks for a job of each rule's owner; forgets old polls",
    "datasets.tasks.forget_imports": "forget_old_files: deletes files no import needs",
    "runs.tasks.coordinate": "coordinate: rouses runs that nobody works on; acts as who has each",
    "reviews.tasks.send_webhooks": "send_waiting: sends what waits to the addresses of its team",
    "reviews.tasks.forget_deliveries": "forget_old: deletes events that were sent long ago",
    "reviews.tasks.expire_slots": "expire: frees places whose lease is over; shows nobody anything",
    "exports.tasks.expire": "expire: deletes files whose time is over",
}
# The verb each kind of job asks its member for; None: serves the whole team and shows no row, or
# only what is addressed to that member.
KIND_VERBS: dict[str, Verb | None] = {
    "check_import": Verb.EDIT_EVIDENCE,
    "commit_import": Verb.EDIT_EVIDENCE,
    "check_dataset_import": Verb.EDIT_EVIDENCE,
    "commit_dataset_import": Verb.EDIT_EVIDENCE,
    "export": Verb.EXPORT,
    "index_sessions": None,
    "index_items": None,
    "mail_notification": None,
    "label": Verb.LABEL,
    "clone": Verb.EDIT_EVIDENCE,
    "poll_rule": Verb.EDIT_EVIDENCE,
    "run_chunk": Verb.RUN_PROMPTS,
    "analyse_run": Verb.RUN_PROMPTS,
    "queue_add": Verb.MANAGE_QUEUES,
    "queue_to_dataset": Verb.EDIT_EVIDENCE,
}


def task_findings(tasks: Iterable[tuple[str, Any]]) -> Iterator[Finding]:
    """Yield tasks that are not listed or carry more than an id, and listed ones that are gone."""
    names = set()
    for name, task in tasks:
        names.add(name)
        if name not in TASKS:
            yield Finding(name, "is not listed with what it calls")
        parameters = list(inspect.signature(task.run).parameters)
        if len(parameters) > 1 or any(not one.endswith("id") for one in parameters):
            yield Finding(name, f"carries {', '.join(parameters)}: send one id")
    yield from (Finding(name, "is listed and no task") for name in TASKS.keys() - names)


def our_tasks() -> list[tuple[str, Any]]:
    app.loader.import_default_modules()
    return [(name, task) for name, task in app.tasks.items() if name.split(".")[0] in PACKAGES]


def test_tasks_carry_one_id_and_are_listed() -> None:
    hold(task_findings(our_tasks()), {})


def test_every_kind_of_job_says_its_verb() -> None:
    our_tasks()
    kinds = {kind for kind, work in KINDS.items() if work.__module__.split(".")[0] in PACKAGES}

    assert kinds == set(KIND_VERBS)


@pytest.mark.parametrize("kind", [kind for kind, verb in KIND_VERBS.items() if verb])
def test_job_asks_for_its_verb_when_it_runs(cast: Cast, kind: str) -> None:
    our_tasks()
    make_key(cast.eva, scopes=["read"])  # sees, and may do nothing else
    reader = ApiKey.all_rows.get().act()
    rows = {"import": make_import(cast.eva, make_job(cast.eva))}
    rows["export"] = make_export(cast.eva, make_job(cast.eva))
    job = Job.enqueue(kind, {name: str(row.pk) for name, row in rows.items()}, by=reader)

    run_job(job.pk)

    job.refresh_from_db()
    assert (job.state, "may not" in job.error) == (Job.State.FAILED, True)


def test_guard_catches_an_unlisted_task_and_one_with_a_row_in_its_message() -> None:
    @app.task(name="datasets.tasks.planted", shared=False)  # type: ignore[untyped-decorator]
    def planted(session: dict[str, Any], slug: str) -> None:
        """Carries a row."""

    found = [str(f) for f in task_findings([("datasets.tasks.planted", planted)])]
    del app.tasks["datasets.tasks.planted"]

    assert found[:2] == [
        "datasets.tasks.planted: is not listed with what it calls",
        "datasets.tasks.planted: carries session, slug: send one id",
    ]
    assert "exports.tasks.expire: is listed and no task" in found
