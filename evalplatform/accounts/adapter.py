"""allauth's questions about our sign-in: nobody signs up but through an invitation."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse

from evalplatform.accounts.actors import actor_last_seen


class InvitationOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No open sign-up; after sign-in one lands in the team last opened."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        actor = actor_last_seen(request)
        return actor.team.get_absolute_url() if actor else reverse("no-team")

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """Users have no username."""
