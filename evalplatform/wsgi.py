"""The WSGI application that the web server loads."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from evalplatform import env

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "evalplatform.settings")
env.refuse_unsafe_key(settings.SECRET_KEY_TEXT)
application = get_wsgi_application()
