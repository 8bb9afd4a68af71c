"""Application: the delivery: files that other tools load unchanged."""

from django.apps import AppConfig


class ExportsConfig(AppConfig):
    """Registers the app."""

    name = "exports"
