"""Single sign-on by setting: it signs in people who were invited, and makes nobody."""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect

from evalplatform.accounts.models import User
from evalplatform.accounts.models.user import normalised_email


class InvitationOnlySocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Connects a verified address to the user there is."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        if sociallogin.is_existing:
            return
        verified = [normalised_email(e.email) for e in sociallogin.email_addresses if e.verified]
        user = User.objects.filter(email__in=verified, is_active=True).first()
        if user is None:
            messages.error(request, "No invited person has this address: ask for an invitation.")
            raise ImmediateHttpResponse(redirect("account_login"))
        sociallogin.connect(request, user)
