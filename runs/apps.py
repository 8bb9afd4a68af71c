"""Application: the machine verdict; its models arrive with runs."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Registers the app."""

    name = "runs"
