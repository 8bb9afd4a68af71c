"""Application: people and what they may do."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the app under the short label `accounts`, and what it asks of people on home."""

    name = "evalplatform.accounts"
    label = "accounts"
    verbose_name = "People"

    def ready(self) -> None:
        from evalplatform import home
        from evalplatform.accounts.expiring_keys import expiring_keys

        home.ask(expiring_keys)
