"""One export in a process of its own: `python -m benchmarks.export_once MEMBERSHIP FORMAT`."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from time import perf_counter

import django


def export_once(membership: str, slug: str) -> dict[str, float]:
    """Ask for the file and build it here and now; returns seconds, peak MB and size in MB."""
    from evalplatform.accounts.models import Membership
    from evalplatform.jobs.running import run_job
    from exports import storing
    from exports.catalog import FORMATS
    from exports.formats.options import ExportOptions
    from exports.models import Export
    from exports.selection import Selection

    actor = Membership.all_rows.get(pk=membership).act(via="command")
    export, _ = Export.request(FORMATS[slug], ExportOptions(), Selection(), by=actor)
    began = perf_counter()
    run_job(export.job_id)
    seconds = perf_counter() - began
    export.refresh_from_db()
    assert export.sha256, export.job.error
    storing.remove(str(export.file))
    return {"seconds": seconds, "rss": peak_memory(), "size": (export.n_bytes or 0) / 1e6}


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
