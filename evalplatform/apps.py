"""Application: what every other app stands on."""

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured


class EvalplatformConfig(AppConfig):
    """Registers the checks of the installation itself."""

    name = "evalplatform"

    def ready(self) -> None:
        from evalplatform import celery  # noqa: F401 - tasks find their application from here on

        register(secret_key_is_safe)


def secret_key_is_safe(**_options: object) -> list[CheckMessage]:
    """Refuse to start with a missing or known key."""
    from django.conf import settings

    from evalplatform import env

    try:
        env.refuse_unsafe_key(settings.SECRET_KEY_TEXT)
    except ImproperlyConfigured as error:
        return [Error(str(error), id="evalplatform.E001")]
    return []
