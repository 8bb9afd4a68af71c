"""One export in a process of its own: `... export_once MEMBERSHIP FORMAT [ROW [OPTIONS]]`."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import django

if TYPE_CHECKING:
    from evalplatform.scoping.actor import Actor
    from exports.models import Export


def export_once(membership: str, slug: str, pk: str = "", options: str = "{}") -> dict[str, float]:
    """Ask for the file and build it here and now; returns seconds, peak MB and size in MB."""
    from evalplatform.accounts.models import Membership
    from evalplatform.jobs.running import run_job
    from exports import storing

    actor = Membership.all_rows.get(pk=membership).act(via="command")
    export = asked(slug, pk, json.loads(options), actor)
    began = perf_counter()
    run_job(export.job_id)
    seconds = perf_counter() - began
    export.refresh_from_db()
    assert export.sha256, export.job.error
    storing.remove(str(export.file))
    return {"seconds": seconds, "rss": peak_memory(), "size": (export.n_bytes or 0) / 1e6}


def asked(slug: str, pk: str, options: dict[str, object], actor: Actor) -> Export:
    """The export of the dataset or the run that is named, else of all sessions."""
    from datasets.models import Dataset
    from exports.catalog import FORMATS
    from exports.formats.options import ExportOptions
    from exports.item_catalog import ITEM_FORMATS, ItemOptions
    from exports.models import Export
    from exports.review_catalog import REVIEW_FORMATS, ReviewOptions
    from exports.run_catalog import RUN_FORMATS, RunOptions
    from exports.selection import Selection
    from runs.models import Run

    if slug in REVIEW_FORMATS:
        run = Run.objects.visible_to(actor).get(pk=pk)
        chosen = ReviewOptions.parse(options)
        return Export.request_reviews(REVIEW_FORMATS[slug], chosen, run=run, by=actor)[0]
    if slug in RUN_FORMATS:
        run = Run.objects.visible_to(actor).get(pk=pk)
        told = RunOptions.parse(options)
        return Export.request_run(RUN_FORMATS[slug], told, run, by=actor)[0]
    if pk:
        row = Dataset.objects.visible_to(actor).get(pk=pk)
        return Export.request_dataset(ITEM_FORMATS[slug], ItemOptions(), row, by=actor)[0]
    return Export.request(FORMATS[slug], ExportOptions(), Selection(), by=actor)[0]


def peak_memory() -> float:
    """Return this program's peak in MB; Linux counts its parent's before exec in ru_maxrss."""
    status = Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        return int(lines["VmHWM"].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    django.setup()
    print(json.dumps(export_once(*sys.argv[1:])))
