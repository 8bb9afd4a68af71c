"""A team's settings: its name, and its end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect

from evalplatform.accounts.forms import TeamDeleteForm, TeamNameForm
from evalplatform.accounts.models import Team
from evalplatform.accounts.roles import Verb
from evalplatform.scoping.views import ScopedPage


class TeamSettingsView(ScopedPage):
    """The team's name; owners see its deletion too. POST renames."""

    model = Team
    verb = Verb.MANAGE_MEMBERS
    template_name = "accounts/team_settings.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        team = self.actor.team
        return {
            "form": TeamNameForm(initial={"name": team.name}),
            "delete_form": TeamDeleteForm(team=team),
            "may_delete": self.actor.may(Verb.DELETE_TEAM),
        }

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        team = self.get_row(pk=self.actor.team.pk)
        form = TeamNameForm(request.POST)
        form.attempt(lambda: team.rename(form.cleaned_data["name"], by=self.actor))
        if form.errors:
            return self.again(form=form)
        messages.success(request, f"The team is called {team.name}.")
        return redirect("team-settings", team.slug)

    def again(self, **shown: Any) -> HttpResponse:
        """Show the page with a form that was refused."""
        page = self.get_context_data(**self.context() | shown)
        return self.render_to_response(page, status=422)


class TeamDeleteView(TeamSettingsView):
    """POST: close the team for everybody."""

    verb = Verb.DELETE_TEAM
    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        team = self.get_row(pk=self.actor.team.pk)
        form = TeamDeleteForm(request.POST, team=team)
        form.attempt(lambda: team.delete_by(self.actor))
        if form.errors:
            return self.again(delete_form=form)
        messages.success(request, f"{team.name} is deleted.")
        return redirect("front")
