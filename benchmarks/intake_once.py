"""One import in a process of its own: `python -m benchmarks.intake_once MEMBERSHIP FILE`."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from time import perf_counter

import django

from benchmarks.export_once import peak_memory


def intake_once(membership: str, path: str, until: str = "commit") -> dict[str, float]:
    """Check and, unless told to stop there, commit the file; seconds of each and peak MB."""
    from django.core.files import File

    from datasets.models import SessionImport
    from evalplatform.accounts.models import Membership
    from evalplatform.jobs.running import run_job

    actor = Membership.all_rows.get(pk=membership).act(via="command")
    with Path(path).open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
        row = SessionImport.upload(
            File(stream, name="bench.jsonl"),
            sha256=sha256,
            format_slug="openai-chat",
            source_name="bench",
            by=actor,
        )
    began = perf_counter()
    run_job(row.check_job_id)  # type: ignore[arg-type]
    seen = perf_counter()
    row.refresh_from_db()
    if until == "check":
        assert row.n_changes == 0, row.report
        row.discard(by=actor)
        return {"seconds": 0, "check": seen - began, "rss": peak_memory()}
    row.commit(by=actor)
    row.refresh_from_db()
    pressed = perf_counter()
    run_job(row.commit_job_id)  # type: ignore[arg-type]
    seconds = perf_counter() - pressed
    row = SessionImport.all_rows.select_related("commit_job").get(pk=row.pk)
    assert row.state == "committed", (row.state, row.report["errors"], row.commit_job.error)  # type: ignore[union-attr]
    return {"seconds": seconds, "check": seen - began, "rss": peak_memory()}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(intake_once(*sys.argv[1:])))
