"""Application: people and what they may do."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the app under the short label `accounts`."""

    name = "evalplatform.accounts"
    label = "accounts"
    verbose_name = "People"
