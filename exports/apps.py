"""Application: the delivery: files that other tools load unchanged."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Registers the app, the work of its jobs and its part of home."""

    name = "exports"

    def ready(self) -> None:
        from evalplatform import home
        from exports import building  # noqa: F401
        from exports.recent import recent_exports

        home.show(recent_exports)
