"""What every test stands on: PostgreSQL and Redis of its own session, found before settings load.

pytest-django reads the settings as soon as it knows their name, so the name is given here, after
the servers run, and not in pyproject.toml. With -n each process has servers of its own: tests flush
Redis, count files and kill what they find.
"""

import os
import secrets

import django
import pytest
from django.db import connection

from tests.services import TEMPLATE, TestServices

pytest_plugins = ["tests.browser", "tests.fixtures"]

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
def pytest_unconfigure() -> None:
    _services.stop()
