"""Application: the machine verdict; its models arrive with runs."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Registers the app and its jobs; refuses settings of the way out that cannot be used."""

    name = "runs"

    def ready(self) -> None:
        from runs import analysis, chunks  # noqa: F401
        from runs.outbound import allowing

        allowing.allowed()
