"""The pages of nobody's app: the front door, home, help and the API's documentation."""

from __future__ import annotations

from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.generic import TemplateView
from drf_spectacular.views import SpectacularSwaggerSplitView

from evalplatform import home
from evalplatform.accounts.actors import actor_last_seen
from evalplatform.accounts.roles import ROLE_SAYS
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

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return home.context_of(self.actor)


# Swagger UI writes style attributes and data: icons of its own; scripts stay our files only.
API_DOCS_CSP = {"style-src": [SELF, UNSAFE_INLINE], "img-src": [SELF, "data:"]}


@method_decorator(csp_update(API_DOCS_CSP), name="dispatch")
class ApiDocsView(SpectacularSwaggerSplitView):
    """The API's documentation, to be read and tried out."""

    url_name = "api-schema"
    http_method_names = ["get", "head"]


class HelpView(ScopedPage):
    """How the platform works, in its users' terms."""

    template_name = "help.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        return {"roles": ROLE_SAYS}
