"""Application: the machine verdict; its models arrive with runs."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Registers the app; refuses to start with settings of the way out that cannot be used."""

    name = "runs"

    def ready(self) -> None:
        from runs.outbound import allowing

        allowing.allowed()
