"""One import of items in a process of its own: `... dataset_import_once MEMBERSHIP FILE [again]`.

`again` goes into the newest dataset, which holds the items already, and ends after the dry run.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from time import perf_counter

import django

from benchmarks.export_once import peak_memory

FORMATS = {".csv": "dataset-csv", ".jsonl": "dataset-jsonl"}


def import_once(membership: str, name: str, again: str = "") -> dict[str, float]:
    """Check and commit the file, or check it against what is stored; seconds of each, peak MB."""
    from django.core.files import File

    from datasets.models import Dataset, DatasetImport
    from evalplatform.accounts.models import Membership
    from evalplatform.jobs.running import run_job

    actor, path = Membership.all_rows.get(pk=membership).act(via="command"), Path(name)
    newest = Dataset.objects.visible_to(actor).order_by("-created_at").first() if again else None
    with path.open("rb") as stream:
        row = DatasetImport.upload(
            File(stream, name=path.name),
            sha256=hashlib.file_digest(stream, "sha256").hexdigest(),
            format_slug=FORMATS[path.suffix],
            dataset=newest,
            new_name="" if again else "Bench",
            by=actor,
        )
    began = perf_counter()
    run_job(row.check_job_id)  # type: ignore[arg-type]
    check = perf_counter() - began
    row.refresh_from_db()
    assert row.state == "ready", (row.report["errors"], row.check_job and row.check_job.error)
    if again:
        assert row.n_changes == 0, row.report["items"]
        row.discard(by=actor)
        return {"seconds": 0, "check": check, "rss": peak_memory()}
    row.commit(by=actor)
    row.refresh_from_db()
    pressed = perf_counter()
    run_job(row.commit_job_id)  # type: ignore[arg-type]
    seconds = perf_counter() - pressed
    row = DatasetImport.all_rows.select_related("commit_job").get(pk=row.pk)
    assert row.state == "committed", (row.state, row.commit_job and row.commit_job.error)
    return {"seconds": seconds, "check": check, "rss": peak_memory()}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(import_once(*sys.argv[1:])))
