"""What every test stands on: PostgreSQL and Redis of its own session, found before settings load.

pytest-django reads the settings as soon as it knows their name, so the name is given here, after
the servers run, and not in pyproject.toml.
"""

import os
import secrets

import django
import pytest

from tests.services import TestServices

pytest_plugins = ["tests.browser", "tests.fixtures"]

if "PYTEST_XDIST_WORKER" not in os.environ:  # those use the servers of the session that began them
    _services = TestServices.start()
os.environ["DJANGO_SETTINGS_MODULE"] = "evalplatform.settings"
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
os.environ.setdefault("EVALPLATFORM_PLAIN_STATIC", "1")
django.setup()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        _services.stop()
