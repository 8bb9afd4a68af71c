"""What every test stands on: PostgreSQL and Redis of its own session, found before settings load.

pytest-django reads the settings as soon as it knows their name, so the name is given here, after
the servers run, and not in pyproject.toml. With -n each process has servers of its own: tests flush
Redis, count files and kill what they find.
"""

import os
import secrets
from pathlib import Path

import django
import pytest
from django.db import connection

from tests.services import TEMPLATE, TestServices

pytest_plugins = ["tests.browser", "tests.fixtures"]
LONG = ("faults", "slow", "browser")

given = set(os.environ)
_services = TestServices.start()
os.environ["DJANGO_SETTINGS_MODULE"] = "evalplatform.settings"
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
os.environ.setdefault("EVALPLATFORM_PLAIN_STATIC", "1")
django.setup()
if _services.running.servers.postgres is not None:
    connection.settings_dict["TEST"]["TEMPLATE"] = TEMPLATE


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Hand nothing of ours on to the processes of -n: each finds this file, and starts its own."""
    if getattr(config.option, "numprocesses", None):
        for name in set(os.environ) - given:
            del os.environ[name]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With -n, begin with the files that take longest: none is left alone at the end."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        marks: dict[Path, set[str]] = {}
        for item in items:
            marks.setdefault(item.path, set()).update(mark.name for mark in item.iter_markers())
        items.sort(key=lambda item: [name not in marks[item.path] for name in LONG])


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _services.stop()
