"""Application: the evidence. Sessions and their messages, datasets and their items."""

from django.apps import AppConfig
from django.conf import settings


class DatasetsConfig(AppConfig):
    """Registers the app."""

    name = "datasets"
    verbose_name = "Evidence"

    def ready(self) -> None:
        """Register the works of this app's jobs, and hand the caps of archives to their reader."""
        from datasets import (  # noqa: F401
            cloning,
            dataset_importing,
            importing,
            item_searching,
            populating,
            searching,
        )
        from datasets.failing_rules import failing_rules
        from datasets.formats.zip_members import ZipCaps, configure
        from evalplatform import home

        configure(ZipCaps(**settings.ZIP_CAPS))
        home.ask(failing_rules)
