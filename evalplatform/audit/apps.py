"""Application: who changed what, for ever."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Registers the app under the short label `audit`."""

    name = "evalplatform.audit"
    label = "audit"
