"""Application: the evidence. Sessions and their messages; datasets in step 2."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Registers the app."""

    name = "datasets"
    verbose_name = "Sessions"

    def ready(self) -> None:
        """Register the works of this app's jobs."""
        from datasets import importing, searching  # noqa: F401
