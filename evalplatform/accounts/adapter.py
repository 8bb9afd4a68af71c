"""allauth's questions about our sign-in: nobody signs up but through an invitation."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from evalplatform.accounts import known_browsers
from evalplatform.accounts.actors import actor_last_seen, address_of
from evalplatform.accounts.models.user import normalised_email

APP = "allauth.account"


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No open sign-up; after sign-in one lands in the team last opened.

    Guesses are counted so that a stranger who uses up the account's allowance does not lock out
    its owner: a browser that signed in to the account before has an allowance of its own.
    """

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        actor = actor_last_seen(request)
        return actor.team.get_absolute_url() if actor else reverse("no-team")

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Users have no username."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the caller's address; those who come over a unix socket share one name."""
        return address_of(request) or "unix"

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """Sign in with the one spelling of an address, whatever way it was typed."""
        if email := credentials.get("email"):
            credentials["email"] = normalised_email(email)
        return super().authenticate(request, **credentials)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count this attempt; successful ones are given back by allauth's rollback."""
        usage: list[Any] = []
        for action, key in self._allowances(request, credentials.get("email", "")):
            used = ratelimit.consume(request, app=APP, action=action, key=key)
            if not used:
                raise self.validation_error("too_many_login_attempts")
            usage += used.usage
        self._login_failed_rl_usage = ratelimit.RateLimitUsage(usage=usage)

    def _allowances(self, request: HttpRequest, email: str) -> list[tuple[str, str]]:
        if browser := known_browsers.browser_of(request, email):
            return [("login_known_browser", f"{email}:{browser}")]
        return [
            ("login_failed", f"{email}:{self.get_client_ip(request)}"),
            ("login_unknown_browser", email),
        ]

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Let this browser be known from now on."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        known_browsers.remember(request, response, user.email)
        return response
