"""The base of every page: it knows its actor and its verb before it does anything."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import models
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.generic import View
from django.views.generic.base import ContextMixin, TemplateResponseMixin

from evalplatform.accounts.actors import actor_in_team
from evalplatform.scoping.actor import Actor
from evalplatform.scoping.managers import get_visible


class ScopedView(ContextMixin, View):
    """A page under /t/<slug>/: signed in, member of the team, holding `verb`.

    Subclasses set `verb` (what the page as a whole needs) and usually `model`; rows come from
    `self.rows()` and `self.get_row(pk)`. A `queryset` attribute is refused at import.
    """

    verb: str
    model: type[models.Model]
    actor: Actor

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "queryset" in cls.__dict__:
            raise ImproperlyConfigured(
                f"{cls.__name__}: set `model` and narrow rows(), no queryset."
            )
        if not getattr(cls, "verb", None):
            raise ImproperlyConfigured(f"{cls.__name__} does not say which `verb` it needs.")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        actor = actor_in_team(request, kwargs.pop("slug"))
        if actor is None:
            raise Http404
        self.actor = actor
        request.actor = actor  # type: ignore[attr-defined]
        if not actor.may(self.verb):
            raise PermissionDenied("Your role does not reach this page.")
        return super().dispatch(request, *args, **kwargs)

    def rows(self) -> Any:
        """Return the rows of the page's model that its actor may see."""
        return self.model.objects.visible_to(self.actor)  # type: ignore[attr-defined]

    def get_row(self, **lookup: Any) -> Any:
        """Return one visible row or 404."""
        return get_visible(self.model, self.actor, **lookup)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(actor=self.actor, **kwargs)


class ScopedPage(TemplateResponseMixin, ScopedView):
    """A scoped page with a template; `context()` gives what it shows."""

    verb = "see"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        return self.render_to_response(self.get_context_data(**self.context(**kwargs)))

    def context(self, **kwargs: Any) -> dict[str, Any]:
        """Return the page's own context; URL arguments come as keywords."""
        return {}
