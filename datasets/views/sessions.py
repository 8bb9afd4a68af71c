"""The list of sessions, narrowed by its address."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from datasets.choices import choices_of
from datasets.filters import SessionFilter, filter_sessions
from datasets.listing import listed, rows_of
from datasets.models import Session
from evalplatform.scoping.keyset import Page, fetch_page, total_of
from evalplatform.scoping.patience import TooBroadError, patience
from evalplatform.scoping.views import ScopedPage

PAGE = 50
PAGE_KEYS = ("started_at", "id")


class SessionListView(ScopedPage):
    """Sessions newest first; filters, page and text are all in the address."""

    model = Session
    verb = "see"
    template_name = "datasets/sessions.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().get(request, *args, **kwargs)
        except TooBroadError:
            found = filter_sessions(self.actor, request.GET)
            context = self.get_context_data(**self.about(found), is_too_broad=True)
            return self.render_to_response(context, status=503)

    def context(self, **kwargs: Any) -> dict[str, Any]:
        found = filter_sessions(self.actor, self.request.GET)
        errors = dict(found.errors)
        with patience():
            try:
                token = self.request.GET.get("page", "")
                page = fetch_page(found.qs, PAGE_KEYS, token, PAGE, listed)
            except ValidationError as error:
                errors["page"], page = error.messages, Page([], "", "")
            total, is_more = total_of(page, found.qs)
        return self.about(found) | {
            "sessions": rows_of(page.rows, self.actor.team.slug),
            "newer_url": self._page_url(found, page.newer),
            "older_url": self._page_url(found, page.older),
            "n_matching": f"{total:,}{'+' if is_more else ''}",
            "n_total": total,
            "errors": errors,
            "is_first_page": not token,
        }

    def about(self, found: SessionFilter) -> dict[str, Any]:
        """Return what the filter bar shows."""
        url = reverse("sessions", args=[self.actor.team.slug])
        return {
            "filter": found,
            "query": found.query(),
            "chips": found.chips(url),
            "clear_url": url,
            "may_label": self.actor.may("label"),
            "may_upload": self.actor.may("edit_evidence"),
        }

    def _page_url(self, found: SessionFilter, token: str) -> str:
        return f"?{found.query()}&page={token}".replace("?&", "?") if token else ""


class SessionChoicesView(ScopedPage):
    """The choices of the filter panel, fetched when it is opened; from visible rows only."""

    model = Session
    verb = "see"
    template_name = "datasets/_session_choices.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return super().get(request, *args, **kwargs)
        except TooBroadError:
            return self.render_to_response(self.get_context_data(groups=None))

    def context(self, **kwargs: Any) -> dict[str, Any]:
        with patience():
            return {"groups": choices_of(self.actor, self.request.GET)}
