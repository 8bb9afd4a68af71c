"""The inbox: what one was told, as a panel under the bell and as a page, and the way to it."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from evalplatform.notifications.models import Notification
from evalplatform.scoping.keyset import fetch_page
from evalplatform.scoping.views import ScopedPage

KEYS = ("created_at", "id")
PAGE = 50
IN_PANEL = 8


class InboxView(ScopedPage):
    """Everything one was told in this team, newest first; `?unread=1` what waits."""

    model = Notification
    template_name = "notifications/inbox.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        only_unread = self.request.GET.get("unread") == "1"
        rows = self.rows().unread() if only_unread else self.rows()
        token = self.request.GET.get("page", "")
        try:
            page = fetch_page(rows, KEYS, token, PAGE)
        except ValidationError:  # an old or broken link starts from the first page
            page = fetch_page(rows, KEYS, "", PAGE)
        narrowed = "unread=1&" if only_unread else ""
        return {
            "notifications": page.rows,
            "only_unread": only_unread,
            "until": newest_of(page.rows) if not page.newer else None,
            "newer_url": f"?{narrowed}page={page.newer}" if page.newer else "",
            "older_url": f"?{narrowed}page={page.older}" if page.older else "",
        }


class InboxPanelView(ScopedPage):
    """The newest few, what is unread first: the part of the page under the bell."""

    model = Notification
    template_name = "notifications/_panel.html"

    def context(self, **kwargs: Any) -> dict[str, Any]:
        shown = list(self.rows().unread()[:IN_PANEL])
        until = newest_of(shown)
        if len(shown) < IN_PANEL:
            shown += self.rows().exclude(read_at=None)[: IN_PANEL - len(shown)]
        return {"notifications": shown, "until": until}


class NotificationOpenView(ScopedPage):
    """Mark one read and go to what it is about; a link, so that it opens in a tab and in mails."""

    model = Notification
    http_method_names = ("get",)  # no HEAD: what scans links has not read them

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        notification = self.get_row(pk=kwargs["pk"])
        notification.mark_read(by=self.actor)
        inbox = reverse("notifications", args=[self.actor.team.slug])
        response = redirect(notification.url or f"{inbox}#n-{notification.pk}")
        response.headers["Cache-Control"] = "no-store"
        return response


class NotificationReadView(ScopedPage):
    """POST: mark one read without going anywhere; htmx gets its row back."""

    model = Notification
    http_method_names = ("post",)
    template_name = "notifications/_read.html"

    def post(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        self.get_row(pk=pk).mark_read(by=self.actor)
        if not request.htmx:  # type: ignore[attr-defined]
            return redirect("notifications", self.actor.team.slug)
        shown = self.get_context_data(notification=self.get_row(pk=pk))
        return self.render_to_response(shown)


class UntilForm(forms.Form):
    """Up to which moment: what came after the person looked stays unread."""

    until = forms.DateTimeField(required=False)


class ReadAllView(InboxPanelView):
    """POST: mark all read that were there when the person looked; htmx gets the panel back."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = UntilForm(request.POST)
        if not form.is_valid():
            return HttpResponseBadRequest("until: write a moment.", content_type="text/plain")
        rows = Notification.objects.editable_by(self.actor)
        until = form.cleaned_data["until"]
        (rows.filter(created_at__lte=until) if until else rows).mark_read()
        if not request.htmx:  # type: ignore[attr-defined]
            return redirect("notifications", self.actor.team.slug)
        return self.render_to_response(self.get_context_data(**self.context()))


def newest_of(notifications: list[Notification]) -> str | None:
    """Return the moment of the newest, as UntilForm reads it back."""
    return notifications[0].created_at.isoformat() if notifications else None
