"""Application: work that outlives a request."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Registers the app under the short label `jobs`, and what it tells people on home."""

    name = "evalplatform.jobs"
    label = "jobs"

    def ready(self) -> None:
        from evalplatform import home
        from evalplatform.jobs.failed import failed_jobs

        home.ask(failed_jobs)
