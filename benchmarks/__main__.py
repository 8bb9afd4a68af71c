"""`make bench`: every benchmark in one run, as ratios to what PostgreSQL itself needs.

`--smoke` runs each at a small size, to see that it works and not how fast. Run it through
`make bench`, which starts the servers it measures against.
"""

from __future__ import annotations

import argparse
import importlib
import os
import platform
from collections.abc import Callable

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalplatform.settings")
os.environ.setdefault("SECRET_KEY", "a key for measuring only, never for serving: 7c1f")
os.environ.setdefault("EVALPLATFORM_PLAIN_STATIC", "1")
os.environ.setdefault("LOG_LEVEL", "ERROR")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost")

BENCHMARKS = (
    *("agreement", "agreement_db", "claims", "clone", "dataset_export", "dataset_import"),
    *("dataset_lists", "export", "intake", "lists", "review_export", "run_checks"),
    *("run_export", "run_pages"),
)


def main() -> None:
    """Migrate an empty database, run what was asked for, print the lines."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", default=BENCHMARKS, help=", ".join(BENCHMARKS))
    parser.add_argument("--smoke", action="store_true", help="small sizes: does it work?")
    arguments = parser.parse_args()
    prepare()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {server_version()}")
    for name in arguments.names:
        run: Callable[[bool], list[str]] = importlib.import_module(f"benchmarks.{name}").run
        print(f"\n{name}")
        for line in run(arguments.smoke):
            print(f"  {line}", flush=True)


def prepare() -> None:
    """Load Django and bring the empty database up to date."""
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


def server_version() -> str:
    """Return what PostgreSQL calls itself."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return f"PostgreSQL {cursor.fetchone()[0]}"


if __name__ == "__main__":
    main()
