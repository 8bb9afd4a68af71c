"""Application: the evidence. Sessions and their messages, datasets and their items."""

from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    """Registers the app."""

    name = "datasets"
    verbose_name = "Evidence"

    def ready(self) -> None:
        """Register the works of this app's jobs."""
        from datasets import dataset_importing, importing, item_searching, searching  # noqa: F401
