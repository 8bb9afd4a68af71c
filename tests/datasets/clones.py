"""Conversations for tests of cloning, and the running of a clone to its end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from datasets.clone_writing import Wanted
from datasets.cloning import request_clone
from datasets.models import Dataset, Message, Session
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor
from tests.sessions import BEGIN, make_session


def make_conversation(*said: dict[str, Any], owner: Actor, **fields: Any) -> Session:
    """Save a session whose messages are given as fields; one a minute from BEGIN."""
    session = make_session(owner=owner, messages=(), **({"started_at": BEGIN} | fields))
    Message.all_rows.bulk_create(
        Message(session=session, position=n, **({"created_at": at(n)} | each))
        for n, each in enumerate(said)
    )
    return session


def at(minutes: int) -> Any:
    return BEGIN + timedelta(minutes=minutes)


def user(content: str, **fields: Any) -> dict[str, Any]:
    return {"role": "user", "content": content, **fields}


def assistant(content: str, **fields: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": content, **fields}


def clone_into(
    dataset: Dataset, *, by: Actor, wanted: Wanted | None = None, **lookup: Any
) -> dict[str, Any]:
    """Clone the actor's visible sessions (narrowed by `lookup`) and return the job's result."""
    rows = Session.objects.visible_to(by).filter(**lookup)
    job = request_clone(dataset, rows, wanted=wanted, by=by)
    run_job(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    dataset.refresh_from_db()
    assert job.result is not None
    return job.result
