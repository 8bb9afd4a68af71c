"""Application: work that outlives a request."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """Registers the app under the short label `jobs`."""

    name = "evalplatform.jobs"
    label = "jobs"
