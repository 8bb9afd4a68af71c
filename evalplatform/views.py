"""The pages of nobody's app: the front door, home and help."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.generic import TemplateView

from evalplatform.accounts.actors import actor_last_seen
from evalplatform.scoping.views import ScopedPage


def front(request: HttpRequest) -> HttpResponseBase:
    """Send people to their team, strangers to sign in."""
    if not request.user.is_authenticated:
        return redirect("account_login")
    actor = actor_last_seen(request)
    return redirect(actor.team.get_absolute_url() if actor else "no-team")


class NoTeamView(LoginRequiredMixin, TemplateView):
    """Tells a person without a team what to do."""

    template_name = "accounts/no_team.html"


class HomeView(ScopedPage):
    """The first page of a team."""

    template_name = "home.html"


class HelpView(ScopedPage):
    """How the platform works, in its users' terms."""

    template_name = "help.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {}
