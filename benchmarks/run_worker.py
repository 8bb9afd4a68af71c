"""A worker of runs for `benchmarks.run_checks`: takes ready chunks until its input closes.

Prints "ready" when Django has loaded, and its peak memory in MB when it ends.
"""

from __future__ import annotations

import os
import select
import sys
import time

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalplatform.settings")

import django

django.setup()

from benchmarks.export_once import peak_memory  # noqa: E402
from evalplatform.jobs.models import Job  # noqa: E402
from evalplatform.jobs.running import run_job  # noqa: E402


def main() -> None:
    """Work until nobody is there to work for."""
    print("ready", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        ready = Job.all_rows.filter(state=Job.State.READY, kind="run_chunk").order_by("created_at")
        jobs = list(ready.values_list("pk", flat=True)[:4])
        for pk in jobs:
            run_job(pk)  # does nothing when another worker was faster
        if not jobs:
            time.sleep(0.02)
    print(peak_memory(), flush=True)


if __name__ == "__main__":
    main()
