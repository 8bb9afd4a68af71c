"""Files of conversations and their imports, as tests need them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.core.files.base import ContentFile
from django.test import TestCase

from datasets.models import SessionImport
from evalplatform.jobs.models import Job
from evalplatform.jobs.running import run_job
from evalplatform.scoping.actor import Actor


def chat_line(number: int, *texts: str, **fields: Any) -> str:
    """One line of a chat file; without texts a question and its answer."""
    roles = ("user", "assistant")
    messages = [
        {"role": roles[place % 2], "content": text}
        for place, text in enumerate(texts or (f"Question {number}", f"Answer {number}"))
    ]
    return json.dumps({"id": f"chat-{number}", "messages": messages} | fields)


def chat_file(n: int = 3) -> bytes:
    return "\n".join(chat_line(number) for number in range(1, n + 1)).encode()


def uploaded(
    data: bytes, by: Actor, *, format_slug: str = "openai-chat", name: str = "chats.jsonl"
) -> SessionImport:
    """An import of this file, not yet checked."""
    return SessionImport.upload(
        ContentFile(data, name=name),
        sha256=hashlib.sha256(data).hexdigest(),
        format_slug=format_slug,
        source_name="",
        by=by,
    )


def checked(data: bytes, by: Actor, **options: Any) -> SessionImport:
    """An import whose dry run is over."""
    row = uploaded(data, by, **options)
    assert row.check_job is not None
    return after(row, row.check_job)


def committed(row: SessionImport, by: Actor) -> SessionImport:
    """The import after somebody pressed save and the worker was there."""
    row.commit(by=by)
    row.refresh_from_db()
    assert row.commit_job is not None
    return after(row, row.commit_job)


def after(row: SessionImport, job: Job) -> SessionImport:
    with TestCase.captureOnCommitCallbacks(execute=True):
        run_job(job.pk)
    return SessionImport.all_rows.select_related("check_job", "commit_job").get(pk=row.pk)
