"""The WSGI application that the web server loads."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from evalplatform import env
from evalplatform.content_types import make_plain
from evalplatform.settling import settle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalplatform.settings")
env.refuse_unsafe_key(settings.SECRET_KEY_TEXT)
_django = get_wsgi_application()
settle()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer one request, once its Content-Type is one that Django can read."""
    make_plain(environ)
    return _django(environ, start_response)
