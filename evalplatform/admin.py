"""The admin site: the same people, rows and verbs as the pages, one team at a time."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from evalplatform.accounts.actors import actor_in_team, actor_last_seen
from evalplatform.scoping.admin import ScopedModelAdmin

# Django's own views that answer about rows or passwords without asking our rules.
NOT_OURS = {"password_change", "password_change_done", "view_on_site", "autocomplete"}


class TeamAdminSite(AdminSite):
    """Open to members; acts in the team last opened, which the header switches.

    Only ScopedModelAdmins are let in: what packages register for their own models is left out.
    """

    site_header = site_title = "evalplatform admin"
    index_title = "Everything of the team"
    site_url = "/"
    final_catch_all_view = False
    empty_value_display = "–"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._actions: dict[str, Any] = {}  # no delete_selected: nothing is deleted here

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        if admin_class is not None and issubclass(admin_class, ScopedModelAdmin):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Find the actor, anew at each request; without a living membership there is none."""
        actor = actor_last_seen(request)
        request.actor = actor  # type: ignore[attr-defined]
        return actor is not None

    def get_urls(self) -> list[Any]:
        own = [path("team/", self.admin_view(require_POST(self.switch_team)), name="team")]
        return own + [url for url in super().get_urls() if getattr(url, "name", "") not in NOT_OURS]

    def switch_team(self, request: HttpRequest) -> HttpResponse:
        """Open another of one's teams."""
        if actor_in_team(request, request.POST.get("team", "")) is None:
            raise Http404
        return redirect("admin:index")

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Send to the platform's one sign-in; a signed-in person without a team learns so there."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            return redirect("no-team")
        return redirect_to_login(
            request.GET.get(REDIRECT_FIELD_NAME, reverse("admin:index")), "account_login"
        )

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_logout")

    def get_log_entries(self, request: HttpRequest) -> Any:
        """Show none: what happened is in the audit log, which has its own rule."""
        return ()
