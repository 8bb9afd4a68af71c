"""What every test stands on: PostgreSQL and Redis of its own session, found before settings load.

pytest-django reads the settings as soon as it knows their name, so the name is given here, after
the servers run, and not in pyproject.toml. With -n each process has servers of its own: tests flush
Redis, count files and kill what they find.
"""

import os
import secrets

import django
import pytest

from tests.services import TestServices

pytest_plugins = ["tests.browser", "tests.fixtures"]

OURS = (
    "EVALPLATFORM_TEST_SERVERS"  # set by the session that began this one: its servers are its own
)
if os.environ.get(OURS):
    for name in os.environ[OURS].split():
        del os.environ[name]
given = set(os.environ)
_services = TestServices.start()
started = {"DATABASE_URL", "REDIS_URL", "EVALPLATFORM_HOME"} & set(os.environ) - given
os.environ[OURS] = " ".join(started)
os.environ["DJANGO_SETTINGS_MODULE"] = "evalplatform.settings"
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
os.environ.setdefault("EVALPLATFORM_PLAIN_STATIC", "1")
django.setup()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _services.stop()
