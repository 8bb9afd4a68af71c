"""One's own page: name, address, ways to sign in, and what one's programs called."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.accounts.actors import actor_last_seen
from evalplatform.accounts.forms import ProfileForm
from evalplatform.accounts.models import AccessLogEntry
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.views import ScopedPage

CALLS_SHOWN = 50


class ProfileView(ScopedPage):
    """One's own name and last calls in this team; POST changes the name."""

    model = AccessLogEntry
    verb = Verb.SEE
    template_name = "accounts/profile.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        own = self.rows().filter(user=self.actor.user).select_related("key").order_by("-id")
        return {
            "form": ProfileForm(initial={"name": self.actor.user.name}),
            "calls": own[:CALLS_SHOWN],
            "calls_shown": CALLS_SHOWN,
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        form = ProfileForm(request.POST)
        user = self.actor.user
        form.attempt(lambda: user.rename(form.cleaned_data["name"], by=self.actor))
        if form.errors:
            page = self.get_context_data(**self.context() | {"form": form})
            return self.render_to_response(page, status=422)
        messages.success(request, "Your name is saved.")
        return redirect("profile", self.actor.team.slug)


@login_required
def own_profile(request: HttpRequest) -> HttpResponseBase:
    """Stand in for allauth's page of addresses: an address is given by an invitation and stays."""
    actor = actor_last_seen(request)
    return redirect("profile", actor.team.slug) if actor else redirect("no-team")
