"""Application: the machine verdict; its models arrive with runs."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Registers the app and its jobs; refuses settings of the way out that cannot be used."""

    name = "runs"

    def ready(self) -> None:
        from datasets.populated import on_populated
        from evalplatform import home
        from runs import analysis, chunks, delta  # noqa: F401
        from runs.failed_runs import failed_runs
        from runs.outbound import allowing

        home.ask(failed_runs)
        on_populated(delta.start_for)
        allowing.allowed()
