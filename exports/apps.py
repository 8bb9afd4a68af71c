"""Application: the delivery: files that other tools load unchanged."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Registers the app, and the work of its jobs."""

    name = "exports"

    def ready(self) -> None:
        from exports import building  # noqa: F401
