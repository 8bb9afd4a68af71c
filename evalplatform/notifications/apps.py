"""Application: what the platform tells a person who was not there when it happened."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """Registers the app under the short label `notifications`."""

    name = "evalplatform.notifications"
    label = "notifications"

    def ready(self) -> None:
        """Register the work of this app's jobs."""
        from evalplatform.notifications import mailing  # noqa: F401
