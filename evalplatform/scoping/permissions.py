"""The one permission of the API: the view names the verb of each action."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from evalplatform.accounts.authentication import REFUSED
from evalplatform.scoping.actor import Actor


class VerbPermission(BasePermission):
    """Asks the view which verb this action or method needs; no entry is a refusal."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, Actor):
            raise NotAuthenticated(REFUSED)
        verbs: dict[str, str] = getattr(view, "verbs", {})
        method = "get" if request.method == "HEAD" else (request.method or "").lower()
        verb = verbs.get(getattr(view, "action", None) or method)
        if verb is None:
            view.http_method_not_allowed(request)
        if verb is None or not request.auth.may(verb):
            raise PermissionDenied("Your role or key may not do this.")
        return True
