"""The inbox: what one was told, and the way to what it is about."""

from __future__ import annotations

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from evalplatform.accounts.roles import Verb
from evalplatform.notifications.models import Notification
from evalplatform.scoping.views import ScopedView


class NotificationOpenView(ScopedView):
    """Mark one read and go to what it is about; a link, so that it opens in a tab and in mails."""

    model = Notification
    verb = Verb.SEE
    http_method_names = ("get",)  # no HEAD: what scans links has not read them

    def get(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
        notification = self.get_row(pk=pk)
        notification.mark_read(by=self.actor)
        response = redirect(notification.url or self.actor.team)
        response.headers["Cache-Control"] = "no-store"
        return response
